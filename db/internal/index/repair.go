package index

import (
	"errors"

	"github.com/fronyai/frony-db/db/internal/store"
)

// A repair is due when repairShare of the nodes are dead, and never for
// fewer than repairFrom.
const (
	repairFrom  = 1000
	repairShare = 10 // of the live nodes: one in
)

// bury takes nodes that no reader can see any more out of the graph, and starts
// a repair when enough have gathered.
func (x *Index) bury(dead []uint32) {
	x.linking.RLock()    // else a snapshot would lack what it says is live
	var unknown []uint32 // to the graph
	for _, node := range dead {
		if !x.graph.knows(node) { // asked first: a repair beside this frees what is deleted
			unknown = append(unknown, node)
		}
		x.forget(node)
	}
	x.members.bury(unknown)
	x.linking.RUnlock()
	x.saved.Store(0) // the newest snapshot still holds what they were
	if n := x.dead(); n >= repairFrom && n >= x.members.count()/repairShare {
		x.repairSoon()
	}
}

// dead is how many dead nodes wait for a repair.
func (x *Index) dead() int { return x.graph.dead() + x.members.buried() }

// repairSoon repairs the graph in the background, one repair at a time.
func (x *Index) repairSoon() {
	if !x.repairing.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.repairing.Store(false)
		x.repair()
	})
}

// Repair relinks the neighbours of deleted nodes at once, and returns how many
// nodes were dead before.
func (x *Index) Repair() (dead int, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	dead = x.dead()
	x.repair()
	return dead, nil
}

// repair relinks the neighbours of deleted nodes and frees their numbers.
func (x *Index) repair() {
	x.saving.Lock()
	freed := append(x.members.exhume(), x.graph.repair()...)
	if len(freed) > 0 {
		x.saved.Store(0) // the newest snapshot has nodes that are gone
	}
	x.saving.Unlock()
	if len(freed) > 0 {
		x.epochs.After(func() { x.reclaim(freed) })
	}
}

// reclaim frees the numbers of nodes that nothing points at any more, and
// overwrites what is left of their vectors.
func (x *Index) reclaim(freed []uint32) {
	for _, node := range freed {
		x.nodes.clear(node)
		x.codes.wipe(node)
		if err := x.rows.Drop(node); err != nil {
			x.log.Warn("vector row not dropped", "err", err)
		}
	}
	if err := x.st.Reclaim(x.id, freed); err != nil && !errors.Is(err, store.ErrClosed) {
		x.log.Warn("node numbers not reclaimed; the next opening does it", "nodes", len(freed), "err", err)
	}
}
