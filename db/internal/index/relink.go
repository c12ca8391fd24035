package index

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
)

const (
	relinkBatch    = 256  // vectors that a worker takes at once
	relinkProgress = 2000 // nodes from which on progress is told
)

// relink encodes vectors from the store, writes their rows and adds them to the
// graph, if writers do, on all cores: those of the nodes in only, or of all that live if it is
// nil. It sets documents without a sound vector aside.
func (x *Index) relink(ctx context.Context, v *store.View, now store.State, only map[uint32]bool) error {
	wanted := func(node uint32) bool { return (only == nil || only[node]) && x.nodes.visible(node, now.Seq) }
	l := &linker{x: x, work: make(chan []stored, 4), total: int(now.Live)}
	if only != nil {
		l.total = len(only)
	}
	for range runtime.GOMAXPROCS(0) {
		l.workers.Go(l.run)
	}
	var batch []stored
	err := v.Vectors(x.id, 0, now.Next, func(node uint32, vec []byte) error {
		if !wanted(node) {
			return nil
		}
		batch = append(batch, stored{node, slices.Clone(vec)})
		if len(batch) == relinkBatch {
			l.work <- batch
			batch = nil
		}
		return ctx.Err()
	})
	if len(batch) > 0 {
		l.work <- batch
	}
	close(l.work)
	l.workers.Wait()
	if err := errors.Join(err, l.failed); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	for node := range now.Next {
		if wanted(node) && !x.members.has(node) {
			x.setAside(v, node)
		}
	}
	return nil
}

// stored is a node with its vector as the store keeps it.
type stored struct {
	node uint32
	vec  []byte
}

// linker links stored vectors with several workers.
type linker struct {
	x       *Index
	work    chan []stored
	workers sync.WaitGroup
	total   int

	mu     sync.Mutex // guards the fields below, and serialises progress
	failed error
	done   int
}

func (l *linker) run() {
	var vec []float32
	for batch := range l.work {
		var err error
		for _, s := range batch {
			vec = store.DecodeVector(vec[:0], s.vec)
			if err = l.x.relinkOne(l.x.graph.written(), s, vec); err != nil {
				break
			}
		}
		l.mu.Lock()
		l.failed = errors.Join(l.failed, err)
		l.done += len(batch)
		if l.total >= relinkProgress {
			l.x.opts.Progress("rebuild", l.done, l.total)
		}
		l.mu.Unlock()
	}
}

// relinkOne makes the derived parts of a node, unless its vector is not sound, and adds
// it to a graph, unless that is nil.
func (x *Index) relinkOne(g *hnsw.Graph, s stored, vec []float32) error {
	if !x.sound(vec) {
		return nil
	}
	x.codes.put(s.node, vec)
	if err := x.rows.Put(s.node, s.vec); err != nil {
		x.log.Warn("vector row not cached", "err", err)
	}
	x.members.add(s.node)
	if g == nil {
		return nil
	}
	return g.Add(s.node)
}
