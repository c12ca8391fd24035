package opensearch

import (
	"context"
	"sync"
	"time"
)

// seen is what this process has seen of a collection. Nothing depends on its being up to
// date.
type seen struct {
	mu     sync.Mutex
	open   int64           // the transaction that ran
	since  time.Time       // when it was first seen
	names  map[string]bool // fields that there are
	counts *counts
}

// overdue reports whether a transaction has been running for so long that its process
// must have ended.
func (c *Collection) overdue(s *state) bool {
	c.seen.mu.Lock()
	defer c.seen.mu.Unlock()
	if s.Open == nil {
		return false
	}
	if c.seen.open != s.Open.N {
		c.seen.open, c.seen.since = s.Open.N, time.Now()
	}
	return time.Since(c.seen.since) > (patience+1)*c.d.client.set.timeout
}

// await waits for the transaction that runs, and ends it if it is overdue.
func (c *Collection) await(ctx context.Context, s *state, attempt int) error {
	if c.overdue(s) {
		return c.abort(ctx, s.Open.N)
	}
	return backoff(ctx, min(attempt, 4))
}

// version is a state of a collection's documents.
type version struct {
	token     string
	documents int
	length    uint64
	sum       float64
}

// counts are how many documents have terms, as far as this process has asked, in one
// version of the collection.
type counts struct {
	version version
	mu      sync.Mutex // guards of
	of      map[uint64]uint32
}

// mostKept is how many terms' counts are kept.
const mostKept = 1 << 20

// countsAt returns the counts of a version.
func (s *seen) countsAt(v version) *counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil || s.counts.version != v {
		s.counts = &counts{version: v, of: map[uint64]uint32{}}
	}
	return s.counts
}

// get returns those of the terms that some documents have, and the terms that were not
// counted yet.
func (c *counts) get(keys []uint64) (found map[uint64]uint32, missing []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found = make(map[uint64]uint32, len(keys))
	for _, key := range keys {
		n, ok := c.of[key]
		if !ok {
			missing = append(missing, key)
		} else if n > 0 {
			found[key] = n
		}
	}
	return found, missing
}

// put adds the counts of terms.
func (c *counts) put(keys []uint64, n map[uint64]uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) > mostKept {
		clear(c.of)
	}
	for _, key := range keys {
		c.of[key] = n[key]
	}
}
