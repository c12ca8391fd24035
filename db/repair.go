package db

import (
	"errors"

	"github.com/fronyai/frony-db/hnsw"
)

// bury takes nodes that no search can see any more out of the graph, and
// starts a repair when enough have gathered.
func (c *Collection) bury(dead []uint32) {
	c.linking.RLock() // a snapshot would miss what it says is live
	for _, node := range dead {
		c.graph.Delete(node)
		c.words.Remove(node)
		c.expiry.forget(node)
	}
	c.linking.RUnlock()
	if n := c.graph.Dead(); n >= 1000 && n >= c.graph.Len()/10 {
		c.repairSoon()
	}
}

// repairSoon repairs the graph in the background, one repair at a time.
func (c *Collection) repairSoon() {
	if !c.repairing.CompareAndSwap(false, true) {
		return
	}
	c.background.Go(func() {
		defer c.repairing.Store(false)
		c.repair()
	})
}

// repair relinks the neighbours of deleted nodes and gives their numbers back.
func (c *Collection) repair() {
	c.saving.Lock()
	freed := c.graph.Repair(hnsw.RepairOptions{})
	if len(freed) > 0 {
		c.saved.Store(0) // the newest snapshot has nodes that are gone
	}
	c.saving.Unlock()
	if len(freed) == 0 {
		return
	}
	c.grace.after(func() { c.reclaim(freed) })
}

// reclaim gives numbers of nodes back that nothing points at any more.
func (c *Collection) reclaim(freed []uint32) {
	if err := c.db.st.Reclaim(c.id, freed); err != nil && !errors.Is(err, ErrClosed) {
		c.log.Warn("node numbers not reclaimed; the next opening does it", "nodes", len(freed), "err", err)
	}
}
