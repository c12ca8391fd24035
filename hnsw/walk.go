package hnsw

import (
	"math"
	"sync/atomic"

	"github.com/fronyai/frony-db/hnsw/internal/prefetch"
)

// start resets the beam to the node id.
func (g *Graph) start(w *scratch, q []byte, id uint32) {
	w.ids[0] = id
	g.space.Distances(q, w.ids[:1], w.dist[:1])
	w.evals++
	w.beam = append(w.beam[:0], pack(w.dist[0], id))
}

// descend greedily moves the beam's only node nearer to q, on the levels from top
// down to, but not including, level to.
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

// effort limits a walk.
type effort struct {
	ef     int     // the largest number of returnable nodes in the beam
	k      int     // of an insert: the stop factor applies to the distance of the k-th node
	stop   float32 // of an insert: the stop factor 1 + γ; 0 to continue until the beam is expanded
	trial  int     // distances after which to decide whether to continue
	budget int     // distances after which to give up
	share  float64 // of all nodes, those that may be returned
}

// walk is the best-first search of one level. It expands the nearest unexpanded
// nodes of the beam, two at a time, until the beam holds ef returnable nodes and
// all of it is expanded, or until the nearest unexpanded node is further than the
// stop factor, 1 + γ, times the distance of the k-th (the distance-adaptive stop
// of arXiv 2505.15636). The beam is sorted. It also contains nodes that w.skip
// blocks: the walk leads through them, but they do not count.
//
// It reports false if it gave up.
//
// Memory is the bottleneck, so walk works one step ahead: while the rows of one
// step are measured, those of the next are being fetched, and a list is fetched
// when its node enters the beam.
func (g *Graph) walk(w *scratch, s *slabs, q []byte, level int, f effort) bool {
	g.begin(w, f)
	defer w.forget()
	filtered := !w.skip.idle()
	limit := w.limit(f)
	for cur, ahead := 0, 0; ; {
		n := ahead // gathered in the previous step
		w.ids, w.next = w.next, w.ids
		ahead = 0
		for range 2 { // fewer, longer steps
			for cur < len(w.beam) && w.beam[cur]&expanded != 0 {
				cur++
			}
			if cur == len(w.beam) || distance(w.beam[cur]) > limit {
				break
			}
			w.beam[cur] |= expanded
			ahead = g.gather(w, s, g.list(s, entryID(w.beam[cur]), level), ahead)
		}
		w.undo = append(w.undo, w.next[:ahead]...)
		g.space.Prefetch(w.next[:ahead])
		if n == 0 {
			if ahead == 0 && (cur == len(w.beam) || distance(w.beam[cur]) > limit) {
				return true
			}
			continue
		}
		g.space.Distances(q, w.ids[:n], w.dist[:n])
		if w.evals += n; w.evals > f.budget {
			return false
		}
		if w.evals > f.trial && !w.resume(&f) {
			return false
		}
		bound := w.bound(f, limit)
		for i, d := range w.dist[:n] {
			if d >= bound {
				continue
			}
			e := pack(d, w.ids[i])
			if filtered && w.skip.blocks(w.ids[i]) {
				e |= blocked
			} else {
				w.live++
			}
			if level == 0 {
				prefetch.List(&g.links0(s, w.ids[i])[0])
			}
			cur = min(cur, w.insert(e))
			if w.live >= f.ef {
				w.trim(f.ef)
				bound = min(bound, distance(w.beam[len(w.beam)-1]))
			}
		}
		limit = w.limit(f)
	}
}

// begin prepares the nodes that a walk begins with.
func (g *Graph) begin(w *scratch, f effort) {
	w.live = 0
	for i, e := range w.beam {
		id := entryID(e)
		w.visited[id>>6] |= 1 << (id & 63)
		w.undo = append(w.undo, id)
		e = pack(distance(e), id)
		if w.skip.blocks(id) {
			e |= blocked
		} else {
			w.live++
		}
		w.beam[i] = e
	}
	if w.live >= f.ef { // blocked nodes at the end too, as in the walk
		w.trim(f.ef)
	}
}

// gather appends the unvisited nodes of a list to the first n of w.next, marks
// them visited, and returns the new n.
func (g *Graph) gather(w *scratch, s *slabs, list []uint32, n int) int {
	nodes, visited, ids := s.cap(), w.visited, w.next
	for i := range list {
		x := atomic.LoadUint32(&list[i])
		if x == 0 {
			break
		}
		id := nodeOf(x)
		if int(id) >= nodes {
			continue // newer than this walk
		}
		seen := visited[id>>6]
		visited[id>>6] = seen | 1<<(id&63)
		ids[n] = id
		n += int(^seen >> (id & 63) & 1) // no branch: it would be unpredictable
	}
	return n
}

// limit returns the distance beyond which nodes are not expanded.
func (w *scratch) limit(f effort) uint32 {
	if f.stop == 0 || w.live < f.k {
		return math.MaxUint32
	}
	at := f.k - 1
	if w.live < len(w.beam) { // the k-th among those that are not blocked
		at = -1
		for n := f.k; n > 0; n-- {
			for at++; w.beam[at]&blocked != 0; at++ {
			}
		}
	}
	return uint32(min(float64(f.stop)*float64(distance(w.beam[at])), math.MaxUint32))
}

// bound returns the distance at which nodes no longer enter the beam.
func (w *scratch) bound(f effort, limit uint32) uint32 {
	if w.live >= f.ef {
		return min(limit, distance(w.beam[len(w.beam)-1]))
	}
	if limit < math.MaxUint32 {
		return limit + 1
	}
	return limit
}

// trim drops everything beyond the ef-th returnable node, which exists.
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
