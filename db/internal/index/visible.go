package index

import (
	"sync"
	"sync/atomic"
)

// mark is the newest visible batch, and the timestamp of the store at which it
// and all before it are written.
type mark struct{ seq, ts uint64 }

// visible advances the mark in the order of the sequence numbers, although
// batches are linked into the graph in parallel. Batches committed in one
// transaction share a timestamp, so they become visible together: a view of the
// store cannot tell them apart.
type visible struct {
	now atomic.Pointer[mark]

	mu     sync.Mutex // guards the fields below
	cond   sync.Cond
	linked uint64           // all batches up to this one are linked
	done   map[uint64]group // linked batches after it
}

// group is the transaction of a batch: its newest batch and its timestamp.
type group struct{ last, ts uint64 }

func newVisible(m mark) *visible {
	v := &visible{linked: m.seq, done: make(map[uint64]group)}
	v.cond.L = &v.mu
	v.now.Store(&m)
	return v
}

// await returns when all batches up to seq are linked.
func (v *visible) await(seq uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.linked < seq {
		v.cond.Wait()
	}
}

// publish notes that batch seq of group g is linked, and returns when it is
// visible.
func (v *visible) publish(seq uint64, g group) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done[seq] = g
	for {
		g, ok := v.done[v.linked+1]
		if !ok {
			break
		}
		v.linked++
		delete(v.done, v.linked)
		if v.linked == g.last {
			v.now.Store(&mark{v.linked, g.ts})
		}
	}
	v.cond.Broadcast()
	for v.now.Load().seq < seq {
		v.cond.Wait()
	}
}
