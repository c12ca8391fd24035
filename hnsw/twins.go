package hnsw

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Nodes with equal rows are twins. Linked like others, copies would fill each
// other's lists: all are at distance 0, so none leads away from the rest, and no
// walk leads to them. So only the first of them, the leader, has links. The
// others stand in its group, and a search that meets the leader returns them too.
//
// A twin's level-0 list holds one word, that of its leader. A leader that is
// deleted while a twin lives is hidden: searches don't return it, and it goes on
// leading walks to its twins. Its id is free when the last twin is gone.
type twins struct {
	mu     sync.Mutex // guards the groups' changes, and deletes
	groups sync.Map   // leader's id → *group
}

// group is the twins of a leader, without the leader. Readers load the list
// without a lock. It grows by appending, and Repair replaces it.
type group struct {
	members atomic.Pointer[[]uint32]
	live    int // members that are not deleted; guarded by twins.mu
}

// list returns the members, which must not be changed.
func (gr *group) list() []uint32 {
	if m := gr.members.Load(); m != nil {
		return *m
	}
	return nil
}

// groupOf returns the group of a leader, or nil.
func (g *Graph) groupOf(s *slabs, id uint32) *group {
	if !has(s.grouped, id) {
		return nil
	}
	gr, _ := g.twins.groups.Load(id)
	of, _ := gr.(*group)
	return of
}

// leaderOf returns the leader of a twin.
func (g *Graph) leaderOf(s *slabs, id uint32) uint32 {
	return nodeOf(atomic.LoadUint32(&g.links0(s, id)[0]))
}

// leaderAmong returns the word of a node whose row equals that of id, among the
// nearest of candidates sorted by distance, or 0.
func (g *Graph) leaderAmong(id uint32, cands []uint64) uint32 {
	for _, e := range cands {
		if distance(e) != distance(cands[0]) {
			break
		}
		if g.space.Equal(id, entryID(e)) {
			return word(entryID(e))
		}
	}
	return 0
}

// join makes id a twin of leader. It reports false if the leader was deleted in
// the meantime.
func (g *Graph) join(s *slabs, leader, id uint32) bool {
	g.twins.mu.Lock()
	defer g.twins.mu.Unlock()
	if has(s.dead, leader) {
		return false
	}
	if has(s.dead, id) {
		return true // deleted before it was linked: nothing leads to it
	}
	v, _ := g.twins.groups.LoadOrStore(leader, new(group))
	gr := v.(*group)
	storeList(g.links0(s, id), []uint32{word(leader)})
	mark(s.twin, id)
	list := append(gr.list(), id) // beyond the length that readers see
	gr.members.Store(&list)
	gr.live++
	mark(s.grouped, leader)
	return true
}

// revive makes a hidden leader visible again: it is added with the row that it
// had. It reports whether id was hidden.
func (g *Graph) revive(s *slabs, id uint32) bool {
	if !has(s.hidden, id) {
		return false
	}
	g.twins.mu.Lock()
	defer g.twins.mu.Unlock()
	gr := g.groupOf(s, id)
	if gr == nil || !has(s.hidden, id) || !g.space.Equal(id, gr.list()[0]) {
		return false
	}
	unmark(s.hidden, id)
	g.live.Add(1)
	return true
}

// Delete hides id from searches that begin after it returns, and reports whether
// id was live. The node stays in the graph, and its row must stay in the space,
// until Repair returns the id.
func (g *Graph) Delete(id uint32) bool {
	g.freeze.RLock()
	defer g.freeze.RUnlock()
	g.twins.mu.Lock()
	defer g.twins.mu.Unlock()
	s := g.slabs.Load()
	if !g.has(s, id) {
		return false
	}
	g.live.Add(-1)
	if gr := g.groupOf(s, id); gr != nil && gr.live > 0 {
		mark(s.hidden, id)
		return true
	}
	g.bury(s, id)
	if has(s.twin, id) {
		leader := g.leaderOf(s, id)
		gr := g.groupOf(s, leader)
		if gr.live--; gr.live == 0 && unmark(s.hidden, leader) {
			g.bury(s, leader)
		}
	}
	return true
}

// bury marks a node as deleted.
func (g *Graph) bury(s *slabs, id uint32) {
	mark(s.dead, id)
	g.dead.Add(1)
}

// has reports whether id is live.
func (g *Graph) has(s *slabs, id uint32) bool {
	return has(s.present, id) && !has(s.dead, id) && !has(s.hidden, id)
}

// goneNow returns the nodes that are deleted. A leader among them has no twins
// but those among them.
func (g *Graph) goneNow() *Bitset {
	g.twins.mu.Lock()
	defer g.twins.mu.Unlock()
	gone := new(Bitset)
	for id := range marked(g.slabs.Load().dead) {
		gone.Set(id)
	}
	return gone
}

// leaveGroups takes nodes that are gone out of their groups.
func (g *Graph) leaveGroups(s *slabs, gone *Bitset) {
	g.twins.mu.Lock()
	defer g.twins.mu.Unlock()
	left := make(map[uint32]*group)
	for id := range gone.All() {
		if has(s.twin, id) {
			leader := g.leaderOf(s, id)
			left[leader] = g.groupOf(s, leader)
		}
	}
	for leader, gr := range left {
		list := slices.DeleteFunc(slices.Clone(gr.list()), gone.Has)
		gr.members.Store(&list)
		if len(list) == 0 {
			unmark(s.grouped, leader)
			g.twins.groups.Delete(leader)
		}
	}
}

// allowedTwin reports whether a search may return a leader or one of its twins.
func (f *filter) allowedTwin(leader uint32) bool {
	for id := range f.g.returnable(f.s, leader, f.allow) {
		_ = id
		return true
	}
	return false
}

// returnable yields the leader and its twins, as far as they are live and
// allowed.
func (g *Graph) returnable(s *slabs, leader uint32, allow *Bitset) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		ok := func(id uint32) bool { return allow == nil || allow.Has(id) }
		if !has(s.hidden, leader) && !has(s.dead, leader) && ok(leader) && !yield(leader) {
			return
		}
		gr := g.groupOf(s, leader)
		if gr == nil {
			return
		}
		for _, id := range gr.list() {
			// A twin may be newer than s, which then knows nothing of it.
			if int(id) < s.cap() && !has(s.dead, id) && ok(id) && !yield(id) {
				return
			}
		}
	}
}

// IsTwin reports whether searches reach id through another node with an equal
// row.
func (g *Graph) IsTwin(id uint32) bool { return has(g.slabs.Load().twin, id) }

// Twins appends to dst all nodes whose rows equal that of id, as the graph knows
// them, and that are live: id itself too.
func (g *Graph) Twins(dst []uint32, id uint32) []uint32 {
	s := g.slabs.Load()
	if !has(s.present, id) {
		return dst
	}
	leader := id
	if has(s.twin, id) {
		leader = g.leaderOf(s, id)
	}
	for id := range g.returnable(s, leader, nil) {
		dst = append(dst, id)
	}
	return dst
}
