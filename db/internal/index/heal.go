package index

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// relinkFrom is the number of nodes up to which Heal links single nodes again.
// Beyond it, and a fifth of the collection, it rebuilds everything.
const relinkFrom = 1000

// Heal repairs what an examination found, and returns a description of the repair.
// Writes wait for it. Searches wait only while everything is rebuilt.
func (x *Index) Heal(ctx context.Context, e *Examination) (string, error) {
	var did []string
	switch {
	case mendable(e.stored) > 0 || e.whole || len(e.relink) > max(relinkFrom, e.Documents/5):
		keys, err := x.renew(ctx)
		if err != nil {
			return "", err
		}
		if keys > 0 {
			did = append(did, fmt.Sprintf("repaired %d keys", keys))
		}
		did = append(did, "rebuilt the index from the store")
	case len(e.relink) > 0:
		n, err := x.linkAgain(ctx, e.relink)
		if err != nil {
			return "", err
		}
		did = append(did, fmt.Sprintf("relinked %d documents", n))
	}
	// The healed state must last: not even a cancelled context stops the snapshot.
	if err := x.Save(context.WithoutCancel(ctx)); err != nil {
		return "", err
	}
	return strings.Join(did, ", "), nil
}

// linkAgain makes the derived parts of nodes anew. Writes wait. Searches go on
// and find the nodes all the while.
func (x *Index) linkAgain(ctx context.Context, nodes []uint32) (int, error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	freed, n, err := x.relinkNodes(ctx, nodes)
	if len(freed) > 0 {
		x.epochs.After(func() { x.reclaim(freed) })
	}
	if g := x.graph.asked(); g != nil {
		x.seedMissed(g, slices.Values(nodes))
	}
	return n, err
}

// detachedNodes are the nodes that a repair may have taken out of the graph.
func (x *Index) detachedNodes() []uint32 {
	if nodes := x.detached.Load(); nodes != nil {
		return *nodes
	}
	return nil
}

// relinkNodes takes nodes out of the graph and links them again. It publishes the
// nodes to searches first, and waits until earlier searches have ended. A search
// that begins after the last node is linked finds all of them in the graph.
func (x *Index) relinkNodes(ctx context.Context, nodes []uint32) (freed []uint32, n int, err error) {
	x.saving.Lock()
	defer x.saving.Unlock()
	nodes = x.withCopies(nodes)
	x.detached.Store(&nodes)
	defer x.detached.Store(nil)
	told := make(chan struct{})
	x.epochs.After(func() { close(told) })
	select {
	case <-told:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	x.linking.Lock()
	defer x.linking.Unlock()
	mine, err := x.detach(nodes)
	if err != nil {
		return nil, 0, err
	}
	for _, node := range x.graph.repair() {
		if _, ok := mine[node]; !ok {
			freed = append(freed, node)
		}
	}
	// From here on it is not cancelled: a node that is not linked yet is missing.
	for node, vec := range mine {
		if err := x.relinkOne(x.graph.made.Load(), stored{node, quant.Bytes(vec)}, vec); err != nil {
			return freed, n, fmt.Errorf("link node %d again: %w", node, err)
		}
		n++
	}
	x.saved.Store(0) // the sequence number is the same, and the graph is not
	return freed, n, nil
}

// withCopies adds the copies of nodes, which the graph reaches through one of
// them.
func (x *Index) withCopies(nodes []uint32) []uint32 {
	all := hnsw.NewBitset(int(x.bound()))
	var twins []uint32
	for _, node := range nodes {
		all.Set(node)
		if g := x.graph.made.Load(); g == nil {
			continue
		} else if twins = g.Twins(twins[:0], node); len(twins) > 1 {
			for _, twin := range twins {
				all.Set(twin)
			}
		}
	}
	return slices.Collect(all.All())
}

// detach takes those of nodes that live and have a sound vector out of the graph,
// and returns their vectors.
func (x *Index) detach(nodes []uint32) (map[uint32][]float32, error) {
	r := x.read()
	defer r.end()
	mine := make(map[uint32][]float32)
	for _, node := range nodes {
		vec, ok, err := r.Vector(node)
		if err != nil {
			return nil, err
		}
		// It may have been deleted since it was examined.
		if ok && x.sound(vec) && x.nodes.visible(node, r.seq) {
			mine[node] = vec
			x.graph.delete(node)
		}
	}
	return mine, nil
}

// renew repairs the keys of the store, rebuilds everything derived, and returns how
// many keys it changed. Nothing else runs on the index meanwhile; operations that
// arrive wait. It examines the store again: a document may have been written since,
// under an id that led to no node.
func (x *Index) renew(ctx context.Context) (keys int, err error) {
	if err := x.gate.Pause(ctx); err != nil {
		return 0, err
	}
	defer x.gate.Resume()
	x.halting.Add(1)
	defer x.halting.Add(-1)
	x.settle()
	if keys, err = MendStore(x.st, x.id, x.set.Dims); err != nil {
		return 0, err
	}
	if keys > 0 {
		x.followAll()
	}
	v := x.st.View(nil)
	defer v.Close()
	now := x.st.State(x.id)
	linked := x.set.eager() || x.graph.made.Load() != nil
	// The old graph is gone: from here on it is not cancelled.
	if err := x.rebuild(context.WithoutCancel(ctx), v, now, linked); err != nil {
		return keys, err
	}
	x.visible = newVisible(mark{now.Seq, v.TS()})
	x.saved.Store(0)
	var dead []uint32
	for node, err := range v.Dead(x.id) {
		if err != nil {
			return keys, err
		}
		dead = append(dead, node)
	}
	x.reclaim(dead)
	return keys, nil
}

// storeFaults compares the keys of one version with each other.
func storeFaults(st *store.Store, id uint32, dims int) (faults []store.Fault, err error) {
	v := st.View(nil)
	defer v.Close()
	err = v.Check(id, dims, func(f store.Fault) { faults = append(faults, f) })
	return faults, err
}

// MendStore makes the keys of one version consistent, as far as it can, and returns
// how many it changed. A repair may uncover another fault: removing a document that
// another with the same id has replaced leaves its vector.
func MendStore(st *store.Store, id uint32, dims int) (keys int, err error) {
	for range 8 { // more than there are layers of faults
		faults, err := storeFaults(st, id, dims)
		n := mendable(faults)
		if err != nil || n == 0 {
			return keys, err
		}
		if err := st.Mend(id, faults); err != nil {
			return keys, err
		}
		keys += n
	}
	return keys, nil
}

// mendable returns how many of the faults Mend can repair.
func mendable(faults []store.Fault) (n int) {
	for _, f := range faults {
		if f.Mendable() {
			n++
		}
	}
	return n
}
