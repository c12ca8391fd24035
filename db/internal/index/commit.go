package index

import (
	"slices"

	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/parallel"
)

// commit writes a batch to the store, links it into the derived state, and
// returns when searches see it. The caller is inside the gate.
func (x *Index) commit(puts []Put, b *store.Batch) (*store.Committed, error) {
	if hasSource(puts) {
		x.filing.RLock()
		defer x.filing.RUnlock()
	}
	return x.commitFiling(puts, b)
}

// commitFiling is commit for a caller that holds filing.
func (x *Index) commitFiling(puts []Put, b *store.Batch) (*store.Committed, error) {
	if err := x.commits.Enter(); err != nil {
		return nil, err
	}
	defer x.commits.Leave()
	if !b.Exact {
		if err := x.respelt(puts, b); err != nil {
			return nil, err
		}
	}
	b.Collection, b.Puts = x.id, make([]store.Put, len(puts))
	parallel.Each(len(puts), 64, func(i int) { b.Puts[i] = puts[i].encode() })
	done, err := x.st.Commit(b)
	if err != nil {
		return nil, err
	}
	x.link(puts, done)
	x.follow(b, done)
	return done, nil
}

// link brings a committed batch into the derived state. It cannot fail: a part
// that goes wrong is logged, and Examine finds it later.
func (x *Index) link(puts []Put, done *store.Committed) {
	if done.Kept != nil {
		puts = x.change(puts, done)
	}
	x.linking.RLock()
	if err := x.rows.PutAll(done.Born, func(i int) []byte { return puts[i].vector }); err != nil {
		// The store has the vectors: searches read them there.
		x.log.Warn("vector rows not cached", "err", err)
	}
	// Everything that searches read must be complete before the graph returns a
	// node.
	terms := make([]lexical.Terms, len(done.Born))
	parallel.Each(len(done.Born), 8, func(i int) {
		x.codes.put(done.Born[i], puts[i].Vector)
		terms[i] = x.lexical.Analyze(words(&puts[i].Record))
	})
	x.lexical.AddAll(done.Born, terms)
	for i, node := range done.Born {
		rec := &puts[i].Record
		x.attrs.Set(node, columns(rec))
		x.expiry.set(node, rec.Expires)
		x.nodes.bear(node, done.Seq)
	}
	if g := x.graph.written(); g != nil {
		parallel.Each(len(done.Born), 8, func(i int) {
			node := done.Born[i]
			if err := g.Add(node); err != nil {
				x.log.Error("node could not be linked; doctor repairs it", "node", node, "err", err)
			}
		})
	}
	x.members.add(done.Born...) // after the graph: see builder.add
	for _, node := range done.Dead {
		x.nodes.kill(node, done.Seq)
	}
	x.linking.RUnlock()
	x.visible.publish(done.Seq, group{done.Last, done.TS})
	done.Release()
	if done.Kept != nil {
		x.epochs.After(func() { x.past.forget(done.Seq) })
	}
	if slices.ContainsFunc(puts, func(p Put) bool { return !p.Expires.IsZero() }) {
		x.sweepLater(sweepDelay)
	}
	x.seedSoon()
	x.snapshotSoon(len(done.Born) + len(done.Kept) + len(done.Dead))
	if len(done.Dead) > 0 {
		x.epochs.After(func() { x.bury(done.Dead) })
	}
}
