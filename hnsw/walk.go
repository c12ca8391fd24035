package hnsw

import "sync/atomic"

// start resets the beam to one node.
func (g *Graph) start(w *scratch, q []byte, id uint32) {
	w.ids[0] = id
	g.space.Distances(q, w.ids[:1], w.dist[:1])
	w.evals++
	w.beam = append(w.beam[:0], pack(w.dist[0], id))
}

// descend moves the beam's one node greedily nearer to q, on the levels from
// top down to, but not including, level to.
func (g *Graph) descend(w *scratch, s *slabs, q []byte, top, to int) {
	best := w.beam[0]
	for level := top; level > to; level-- {
		for moved := true; moved; {
			moved = false
			n := 0
			list := g.list(s, entryID(best), level)
			for i := range list {
				x := atomic.LoadUint32(&list[i])
				if x == 0 {
					break
				}
				if id := nodeOf(x); int(id) < s.cap() {
					w.ids[n] = id
					n++
				}
			}
			g.space.Distances(q, w.ids[:n], w.dist[:n])
			w.evals += n
			for i, d := range w.dist[:n] {
				if d < distance(best) {
					best, moved = pack(d, w.ids[i]), true
				}
			}
		}
	}
	w.beam = append(w.beam[:0], best)
}

// walk is the best-first search of one level: it expands the nearest node of
// the beam that is not expanded yet, until the beam holds ef returnable nodes
// and all within are expanded. The beam is sorted; nodes that w.skip blocks are
// in it to be walked through, but do not count.
//
// It reports false when it gave up after budget distances.
func (g *Graph) walk(w *scratch, s *slabs, q []byte, level, ef, budget int) bool {
	filtered := !w.skip.idle()
	w.live = 0
	for i, e := range w.beam {
		id := entryID(e)
		w.visited[id>>6] |= 1 << (id & 63)
		w.undo = append(w.undo, id)
		e = pack(distance(e), id)
		if filtered && w.skip.blocks(id) {
			e |= blocked
		} else {
			w.live++
		}
		w.beam[i] = e
	}
	defer w.forget()
	nodes := s.cap()
	for cur := 0; cur < len(w.beam); {
		if w.beam[cur]&expanded != 0 {
			cur++
			continue
		}
		w.beam[cur] |= expanded
		list := g.list(s, entryID(w.beam[cur]), level)
		cur++
		n := 0
		for i := range list {
			x := atomic.LoadUint32(&list[i])
			if x == 0 {
				break
			}
			id := nodeOf(x)
			if int(id) >= nodes {
				continue // newer than this walk
			}
			seen := w.visited[id>>6]
			w.visited[id>>6] = seen | 1<<(id&63)
			w.ids[n] = id
			n += int(^seen >> (id & 63) & 1)
		}
		if n == 0 {
			continue
		}
		w.undo = append(w.undo, w.ids[:n]...)
		g.space.Distances(q, w.ids[:n], w.dist[:n])
		w.evals += n
		if w.evals > budget {
			return false
		}
		bound := ^uint32(0)
		if beamFull(w.live, ef) {
			bound = distance(w.beam[len(w.beam)-1])
		}
		for i, d := range w.dist[:n] {
			if d >= bound && beamFull(w.live, ef) {
				continue
			}
			e := pack(d, w.ids[i])
			if filtered && w.skip.blocks(w.ids[i]) {
				e |= blocked
			} else {
				w.live++
			}
			cur = min(cur, w.insert(e))
			if beamFull(w.live, ef) {
				w.trim(ef)
				bound = distance(w.beam[len(w.beam)-1])
			}
		}
	}
	return true
}

// trim drops what lies beyond the ef-th returnable node, which exists.
func (w *scratch) trim(ef int) {
	for {
		last := w.beam[len(w.beam)-1]
		switch {
		case last&blocked != 0:
		case w.live > ef:
			w.live--
		default:
			return
		}
		w.beam = w.beam[:len(w.beam)-1]
	}
}
