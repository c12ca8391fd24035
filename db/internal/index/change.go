package index

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// A document whose metadata alone has changed keeps its node, and its columns change in
// their place, which nodes and their births and deaths know nothing of. So that a reader
// that began before sees the old metadata, or none of a batch's changes, the former
// columns are kept until the last such reader has ended.

// past is the former columns of nodes.
type past struct {
	n atomic.Int64 // of the list; searches ask for it first

	mu   sync.Mutex // guards list
	list []change   // in the order of the batches
}

type change struct {
	node    uint32
	seq     uint64 // of the batch that changed it
	id      string
	columns map[string]any // before
}

func (c *past) add(all []change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, all...)
	c.n.Store(int64(len(c.list)))
}

// forget drops the changes of a batch.
func (c *past) forget(seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = slices.DeleteFunc(c.list, func(ch change) bool { return ch.seq == seq })
	c.n.Store(int64(len(c.list)))
}

// since returns the changes of batches after seq, the newest first.
func (c *past) since(seq uint64) []change {
	if c.n.Load() == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []change
	for i := len(c.list) - 1; i >= 0 && c.list[i].seq > seq; i-- {
		list = append(list, c.list[i])
	}
	return list
}

// change changes the columns of the nodes that a batch keeps, and leaves in done and in
// the puts that it returns the others. Batches do so in their order: two may change one
// document, and one may follow the batch that has created it.
func (x *Index) change(puts []Put, done *store.Committed) []Put {
	x.visible.await(done.Seq - 1)
	x.linking.RLock()
	defer x.linking.RUnlock()
	var kept []change
	var others []Put
	var born []uint32
	for i, node := range done.Born {
		if !done.Kept[i] {
			born, others = append(born, node), append(others, puts[i])
			continue
		}
		kept = append(kept, change{node: node, seq: done.Seq, id: puts[i].ID, columns: x.attrs.Columns(node)})
	}
	x.past.add(kept) // before the columns change: see meeting
	for i, node := range done.Born {
		if done.Kept[i] {
			x.attrs.Set(node, columns(&puts[i].Record))
		}
	}
	done.Born = born
	return others
}

// former is what the nodes whose columns have changed had when the reader began.
func (r *Reader) former() attr.Former {
	var was attr.Former
	for _, c := range r.x.past.since(r.seq) { // the newest first: the oldest stays
		if was == nil {
			was = make(attr.Former)
		}
		was[c.node] = c.columns
	}
	return was
}

// restore makes a set of nodes that meet a filter what it was when the reader began.
func (r *Reader) restore(where filter.Expr, nodes bits) error {
	for _, c := range r.x.past.since(r.seq) {
		meets, err := r.x.meets(where, c.id, c.columns)
		if err != nil {
			return err
		}
		if int(c.node/64) >= len(nodes) {
			continue
		}
		nodes[c.node/64] &^= 1 << (c.node % 64)
		if meets {
			nodes[c.node/64] |= 1 << (c.node % 64)
		}
	}
	return nil
}

// meets reports whether a document with an id and columns meets a filter.
func (x *Index) meets(where filter.Expr, id string, columns map[string]any) (bool, error) {
	one := attr.New()
	one.Set(0, columns)
	if x.attrs.Has("id") { // which decides what the name means
		one.Set(1, map[string]any{"id": ""})
	}
	found, err := one.Select(where, 1, func(e filter.Expr) ([]uint64, error) {
		if e.Match(func(string) (any, bool) { return filter.Text(nfc.Compose(id)), true }) {
			return []uint64{1}, nil
		}
		return []uint64{0}, nil
	})
	return err == nil && found[0]&1 != 0, err
}
