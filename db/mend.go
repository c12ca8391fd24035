package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// mend does what the examination asks for, and says what that was.
func (c *Collection) mend(ctx context.Context, x *examination) (string, error) {
	var did []string
	switch {
	case mendable(x.stored) > 0 || x.whole || len(x.relink) > max(1000, x.Documents/5):
		keys, err := c.renew(ctx)
		if err != nil {
			return "", err
		}
		if keys > 0 {
			did = append(did, fmt.Sprintf("put %d keys in order", keys))
		}
		did = append(did, "rebuilt the index from the store")
	case len(x.relink) > 0:
		n, err := c.linkAgain(ctx, x.relink)
		if err != nil {
			return "", err
		}
		did = append(did, fmt.Sprintf("linked %d documents again", n))
	}
	if err := c.inside(c.save); err != nil {
		return "", err
	}
	return strings.Join(did, ", "), nil
}

// linkAgain makes the derived parts of nodes anew. Writes wait; searches go on
// and find the nodes all the while.
func (c *Collection) linkAgain(ctx context.Context, nodes []uint32) (int, error) {
	if err := c.enter(); err != nil {
		return 0, err
	}
	defer c.leave()
	freed, n, err := c.relinkNodes(ctx, nodes)
	if len(freed) > 0 {
		c.grace.after(func() { c.reclaim(freed) })
	}
	return n, err
}

// apart are the nodes that a repair may have out of the graph.
func (c *Collection) apart() []uint32 {
	if nodes := c.relinking.Load(); nodes != nil {
		return *nodes
	}
	return nil
}

// relinkNodes tells the searches of the nodes before it takes them out of the
// graph. Those that began before they were told must have ended by then, and
// who is told after the last one is linked finds them all in the graph.
func (c *Collection) relinkNodes(ctx context.Context, nodes []uint32) (freed []uint32, n int, err error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.relinking.Store(&nodes)
	defer c.relinking.Store(nil)
	told := make(chan struct{})
	c.grace.after(func() { close(told) })
	select {
	case <-told:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	c.linking.Lock()
	defer c.linking.Unlock()
	v, m := c.view()
	defer v.Close()
	mine := make(map[uint32][]float32)
	for _, node := range nodes {
		vec, ok, err := v.Vector(nil, c.id, node)
		if err != nil {
			return nil, 0, err
		}
		// It may have been deleted since it was looked at.
		if ok && c.sound(vec) && c.nodes.visible(node, m.seq) {
			mine[node] = vec
			c.graph.Delete(node)
		}
	}
	for _, node := range c.graph.Repair(hnsw.RepairOptions{}) {
		if _, ok := mine[node]; !ok {
			freed = append(freed, node)
		}
	}
	// From here on it is not cancelled: what is not linked yet is missing.
	for node, vec := range mine {
		c.codes.put(node, vec)
		if err := c.rows.Put(node, quant.Bytes(vec)); err != nil {
			c.log.Warn("vector row not cached", "err", err)
		}
		if err := c.graph.Add(node); err != nil {
			return freed, n, fmt.Errorf("link node %d again: %w", node, err)
		}
		n++
	}
	c.saved.Store(0) // the sequence number is the same, and the graph is not
	return freed, n, nil
}

// renew mends the store and makes everything derived anew, and returns how many
// keys it has put in order. Nothing else runs on the collection meanwhile; what
// comes waits. What was wrong with the store before is looked for again: a
// document may have been written since, under an id that led nowhere.
func (c *Collection) renew(ctx context.Context) (keys int, err error) {
	if err := c.gate.pause(ctx); err != nil {
		return 0, err
	}
	defer c.gate.resume()
	c.settle()
	if keys, err = mendStore(c.db.st, c.id, c.set.Dims); err != nil {
		return 0, err
	}
	if keys > 0 {
		c.followAll()
	}
	v := c.db.st.View(nil)
	defer v.Close()
	now := c.db.st.State(c.id)
	// Not to be cancelled: the old graph is gone.
	if err := c.rebuild(context.WithoutCancel(ctx), v, now); err != nil {
		return keys, err
	}
	c.visible = newVisible(mark{now.Seq, v.TS()})
	c.saved.Store(0)
	var dead []uint32
	for node, err := range v.Dead(c.id) {
		if err != nil {
			return keys, err
		}
		dead = append(dead, node)
	}
	c.reclaim(dead)
	return keys, nil
}

// storeFaults compares the keys of one version of a collection with each other.
func storeFaults(st *store.Store, cid uint32, dims int) (faults []store.Fault, err error) {
	v := st.View(nil)
	defer v.Close()
	err = v.Check(cid, dims, func(f store.Fault) { faults = append(faults, f) })
	return faults, err
}

// mendStore makes the keys of one version of a collection fit together, as far as
// it can, and returns how many it has put in order. What is taken away may have
// hidden something else: a document that another of the same id has taken the
// place of leaves its vector.
func mendStore(st *store.Store, cid uint32, dims int) (keys int, err error) {
	for range 8 { // more than there is to uncover
		faults, err := storeFaults(st, cid, dims)
		n := mendable(faults)
		if err != nil || n == 0 {
			return keys, err
		}
		if err := st.Mend(cid, faults); err != nil {
			return keys, err
		}
		keys += n
	}
	return keys, nil
}

// mendable is how many of the faults Mend can do something about.
func mendable(faults []store.Fault) (n int) {
	for _, f := range faults {
		if f.Mendable() {
			n++
		}
	}
	return n
}
