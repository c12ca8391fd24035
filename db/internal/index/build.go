package index

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fronyai/frony-db/hnsw"
)

// A collection is searched by scans at first, and most never need a graph: to build it
// takes more time than all else of an import. It is built in the background when it can
// be of use: when the sketches have outgrown what a scan reads in a fraction of a
// millisecond, and as many questions have been received as the plan wants before it
// trusts a graph. Or when it is asked for: by a query with an EfSearch or Oversampling of
// its own, or by the collection's settings, which have the first document begin with it.
//
// Until it is whole no search asks it. Writers do not wait for it either: they leave
// their nodes to the builder, which goes over all nodes until few are missing. Then
// writers add what they write, and a last pass finds what was written before. Nodes
// that die meanwhile are not added, or are deleted like those of a whole graph: a
// builder is a reader, so that no node is buried under its hands.
const (
	buildPasses  = 3    // while writers go on without the graph
	buildFew     = 1000 // missing nodes that need no further pass
	buildPortion = 16   // nodes that a worker adds before writers, snapshots and searches have a turn
	buildWait    = 10   // milliseconds that searches may keep the first worker from a portion
)

// buildFrom is the size of the sketches in bytes from which on a graph may be of use. A
// scan of so much takes a quarter of a millisecond where it stays in the processor's
// cache, and up to a whole one where it does not; docs/decisions/0180-deferred-graph.md.
// Tests lower it.
var buildFrom = 16 << 20

// GraphAlways is the setting of a collection that has a graph from its first document on.
const GraphAlways = "always"

// eager reports whether the collection has its graph from the first document on.
func (s *Settings) eager() bool {
	return s.Graph == GraphAlways || s.EfSearch > 0 || s.Oversampling > 0
}

// worthGraph reports whether it is time for the graph.
func (x *Index) worthGraph() bool {
	if x.set.eager() || x.graph.made.Load() != nil {
		return true
	}
	table := x.codes.sketches.Load()
	return table.Len()*table.CodeSize() >= buildFrom && x.questions.received() >= questionsMost
}

// buildSoon builds the graph in the background if it is time.
func (x *Index) buildSoon() {
	if !x.graph.whole.Load() && x.worthGraph() {
		x.buildNow()
	}
}

// buildNow builds the graph in the background.
func (x *Index) buildNow() {
	if x.opts.ReadOnly || x.recoding.Load() || !x.building.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.building.Store(false)
		if err := x.build(); err != nil {
			x.log.Warn("the graph could not be built or saved; the next opening goes on", "err", err)
		}
	})
}

// build builds the graph, or what is missing of it. It ends early if the index is about
// to be closed or rebuilt.
func (x *Index) build() error {
	if x.graph.whole.Load() {
		return nil
	}
	start := time.Now()
	g := x.graph.made.Load()
	if g == nil {
		if x.chooseCodes(context.Background()) {
			x.recodeSoon()
			return nil
		}
		var err error
		if g, err = x.newLinks(x.codes); err != nil {
			return err
		}
		x.graph.made.Store(g)
	}
	x.log.Debug("building the graph", "documents", x.members.count(), "linked", g.Len())
	was := g.Len()
	for pass := 0; pass < buildPasses && !x.graph.fed.Load(); pass++ {
		if !x.addMissing(g) {
			x.unsaved(g.Len() - was)
			return nil
		}
		if x.members.count()-g.Len() <= buildFew {
			break
		}
	}
	x.linking.Lock() // a batch is written with the graph, or before it
	x.graph.fed.Store(true)
	x.linking.Unlock()
	if !x.addMissing(g) {
		x.unsaved(g.Len() - was)
		return nil
	}
	n := g.Len()
	x.seedIslands(g, n)
	x.islands.Store(int64(n))
	x.forgetBeams()
	x.graph.whole.Store(true)
	x.log.Info("graph built", "documents", n, "took", time.Since(start))
	x.saved.Store(0)
	return x.save()
}

// halted reports whether background work shall end.
func (x *Index) halted() bool { return x.stopping.Load() || x.halting.Load() > 0 }

// unsaved has Close save a graph that is not whole, if so many new nodes are worth it.
func (x *Index) unsaved(nodes int) {
	if nodes >= saveFrom {
		x.saved.Store(0)
	}
}

// addMissing adds the members that are not in the graph, on the cores that searches
// leave. It is false if it was halted before it was through.
func (x *Index) addMissing(g *hnsw.Graph) bool {
	b := &builder{x: x, g: g}
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() { b.run(w, workers) })
	}
	all.Wait()
	return !b.halted.Load()
}

// builder adds nodes to a graph with several workers.
type builder struct {
	x    *Index
	g    *hnsw.Graph
	next atomic.Uint32 // node that no worker has taken yet

	halted atomic.Bool // before all workers were through

	mu   sync.Mutex // guards told, and serialises progress
	told int        // nodes when progress was told
}

// run is one of several workers: each leaves its core to a search that wants it, the last
// one first. The first one waits only so long, so that the graph is built under lasting
// load, too.
func (b *builder) run(worker, workers int) {
	for b.next.Load() < b.x.bound() {
		for i := 0; int(b.x.opts.Searching.Load()) >= workers-worker && (worker > 0 || i < buildWait); i++ {
			if b.x.halted() || b.next.Load() >= b.x.bound() {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if b.x.halted() {
			b.halted.Store(true)
			return
		}
		first := b.next.Add(buildPortion) - buildPortion
		if first >= b.x.bound() {
			return
		}
		b.add(first, min(first+buildPortion, b.x.bound()))
		b.tell()
	}
}

// add adds those of the nodes from first to before end that are missing.
func (b *builder) add(first, end uint32) {
	x := b.x
	x.linking.RLock()
	defer x.linking.RUnlock()
	defer x.epochs.Enter().Leave()
	seq := x.visible.now.Load().seq
	for node := first; node < end; node++ {
		// What has died by now may be buried. What is not born yet is a member only
		// when its batch is linked, and it is added if that was done without the graph.
		if !x.members.has(node) || x.nodes.dead(node, seq) || b.g.Has(node) {
			continue
		}
		if err := b.g.Add(node); err != nil {
			x.log.Error("node could not be linked; doctor repairs it", "node", node, "err", err)
		}
	}
}

// tell tells of progress.
func (b *builder) tell() {
	n, total := b.g.Len(), b.x.members.count()
	b.mu.Lock()
	defer b.mu.Unlock()
	if total >= relinkProgress && (n-b.told >= total/100 || n >= total && b.told < total) {
		b.told = n
		b.x.opts.Progress("graph", min(n, total), total)
	}
}
