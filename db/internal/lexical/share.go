package lexical

import (
	"iter"
	"math"
	"sync/atomic"

	"github.com/fronyai/frony-db/internal/parallel"
)

// Below shareFrom postings, waking a worker costs more than it saves. These are
// variables for tests.
var (
	shareFrom    = 1 << 16
	shareWindows = uint32(8) // that a worker takes at a time
)

// common is what the workers of one search share.
type common struct {
	floor atomic.Uint64 // bits of the highest of their floors, below which nothing can enter the result
}

// workers returns how many of the cores the search is worth.
func (s *search) workers(cores int) int {
	postings := 0
	for i := range s.cursors {
		postings += int(s.cursors[i].n)
	}
	return min(cores, postings/shareFrom)
}

// share spreads the search over several workers, of which s is the first. Each
// takes a few windows at a time, because some take longer than others, and keeps
// its own best hits.
func (x *Index) share(s *search, workers int) {
	s.common = new(common)
	all := make([]*search, workers)
	all[0] = s
	for i := range all[1:] {
		w := x.searches.Get().(*search)
		w.join(s)
		all[i+1] = w
	}
	step := uint64(shareWindows) * window
	parts := (uint64(s.view.next) + step - 1) / step
	parallel.Run(workers, int(parts), func(worker int, items iter.Seq[int]) {
		for i := range items {
			lo := uint64(i) * step
			all[worker].run(uint32(lo), uint32(min(lo+step, uint64(s.view.next))))
		}
	})
	for _, w := range all[1:] {
		for _, h := range w.top.hits {
			if s.top.wants(h.Node, h.Score) {
				s.top.push(h)
			}
		}
		w.release()
		x.searches.Put(w)
	}
}

// join makes s a worker of the search that first began.
func (s *search) join(first *search) {
	s.view, s.bm, s.allow, s.sees, s.common = first.view, first.bm, first.allow, first.sees, first.common
	s.cursors = append(s.cursors[:0], first.cursors...)
	s.top.reset(first.top.k)
	s.least = first.least
}

// floor returns the score below which no document can enter the result any more.
func (s *search) floor() float64 {
	own := max(s.least, s.top.floor())
	if s.common == nil {
		return own
	}
	for {
		bits := s.common.floor.Load() // the bits of numbers that are not negative are in the same order
		if best := math.Float64frombits(bits); best >= own {
			return best
		}
		if s.common.floor.CompareAndSwap(bits, math.Float64bits(own)) {
			return own
		}
	}
}
