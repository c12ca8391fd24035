package hnsw

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// pendings are the ids that searches measure one by one, because Add has not
// linked them yet.
type pendings struct {
	list atomic.Pointer[[]uint32] // readers see a prefix of an array that only grows

	mu   sync.Mutex          // guards changes of list, and what follows
	done int                 // ids of list that need no scan any more
	busy map[uint32]struct{} // ids that an Add is linking
}

// Pend makes id, whose row is in the space, visible to searches at once, at the
// price of a distance in each of them until Add links it. So writes can be
// acknowledged, and a snapshot that is behind the data opened, without waiting
// for the graph. It returns ErrID or ErrExists, naming the id.
func (g *Graph) Pend(id uint32) error {
	if id > MaxID {
		return fmt.Errorf("%w: %d, want at most %d", ErrID, id, MaxID)
	}
	g.freeze.RLock()
	defer g.freeze.RUnlock()
	w := g.enter()
	defer g.leave(w)
	s := g.reserve(id, 0)
	g.pend.mu.Lock()
	defer g.pend.mu.Unlock()
	if err := g.claim(s, id); err != nil {
		return err
	}
	mark(s.pending, id)
	list := append(g.pend.ids(), id)
	g.pend.list.Store(&list)
	return nil
}

// Pending returns the number of ids that wait for Add.
func (g *Graph) Pending() int {
	g.pend.mu.Lock()
	defer g.pend.mu.Unlock()
	return len(g.pend.ids()) - g.pend.done
}

// NextPending appends up to n ids that wait for Add to dst, oldest first. A
// deleted id waits for Repair instead. So a worker that links what waits is
//
//	for ids := g.NextPending(nil, 64); len(ids) > 0; ids = g.NextPending(ids[:0], 64) {
//		for _, id := range ids {
//			err := g.Add(id) // ErrExists if it was deleted meanwhile
//		}
//	}
func (g *Graph) NextPending(dst []uint32, n int) []uint32 {
	s := g.slabs.Load()
	for _, id := range g.pend.ids() {
		if n <= 0 {
			break
		}
		if has(s.pending, id) && !has(s.dead, id) {
			dst = append(dst, id)
			n--
		}
	}
	return dst
}

func (p *pendings) ids() []uint32 {
	if l := p.list.Load(); l != nil {
		return *l
	}
	return nil
}

// take claims a waiting id for the Add that calls, and reports whether it could.
func (p *pendings) take(s *slabs, id uint32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, taken := p.busy[id]; taken || has(s.dead, id) || !has(s.pending, id) {
		return false
	}
	if p.busy == nil {
		p.busy = make(map[uint32]struct{})
	}
	p.busy[id] = struct{}{}
	return true
}

// settle notes that id is linked and needs no scan any more. The list is
// rewritten when half of it is done.
func (p *pendings) settle(s *slabs, id uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, id)
	unmark(s.pending, id)
	if p.done++; p.done*2 >= len(p.ids()) {
		p.compact(s)
	}
}

// compact drops what needs no scan. The caller holds mu.
func (p *pendings) compact(s *slabs) {
	var ids []uint32
	for _, id := range p.ids() {
		if has(s.pending, id) {
			ids = append(ids, id)
		}
	}
	p.list.Store(&ids)
	p.done = 0
}

// scanPending ranks the ids that wait into the beam of the k nearest.
func (g *Graph) scanPending(w *scratch, s *slabs, q []byte, k int) {
	n := 0
	for _, id := range g.pend.ids() {
		if int(id) >= s.cap() || !has(s.pending, id) || w.skip.blocks(id) {
			continue
		}
		w.ids[n] = id
		if n++; n == flatBatch {
			g.measure(w, q, n, k)
			n = 0
		}
	}
	g.measure(w, q, n, k)
}
