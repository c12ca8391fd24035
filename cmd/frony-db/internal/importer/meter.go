package importer

import (
	"context"
	"sync"
	"time"

	"github.com/fronyai/frony-db/embedder"
)

// meter measures how long an embedder is busy: the time in which at least one call
// runs.
type meter struct {
	embedder.Embedder // nil until the collection is open

	mu     sync.Mutex // guards what follows
	active int
	since  time.Time
	total  time.Duration
}

// Unwrap returns the measured embedder, for [embedder.Counter].
func (m *meter) Unwrap() embedder.Embedder { return m.Embedder }

func (m *meter) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	m.mu.Lock()
	if m.active++; m.active == 1 {
		m.since = time.Now()
	}
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.active--; m.active == 0 {
			m.total += time.Since(m.since)
		}
	}()
	return m.Embedder.EmbedPassages(ctx, texts)
}

// share is the fraction of a duration that the embedder was busy.
func (m *meter) share(of time.Duration) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	busy := m.total
	if m.active > 0 {
		busy += time.Since(m.since)
	}
	if of <= 0 {
		return 0
	}
	return min(1, float64(busy)/float64(of))
}
