package lexical

import (
	"math"
	"sync"
	"sync/atomic"
)

// Below shareFrom postings a worker, waking it costs more than it saves.
// Variables, for tests.
var (
	shareFrom    = 1 << 16
	shareWindows = uint32(8) // that a worker takes at a time
)

// common is what the workers of one search have in common.
type common struct {
	next  atomic.Uint32 // the first slot that nobody has taken
	floor atomic.Uint64 // bits of the highest of their floors, below which nothing can enter the result
}

// workers is how many of the cores the search is worth.
func (s *search) workers(cores int) int {
	postings := 0
	for i := range s.cursors {
		postings += int(s.cursors[i].n)
	}
	return min(cores, postings/shareFrom)
}

// share has several workers search, of which this one is the first. Each takes
// some windows at a time, for not all are as fast, and keeps the best of its own.
func (x *Index) share(s *search, workers int) {
	s.common = new(common)
	all := make([]*search, workers)
	all[0] = s
	var wg sync.WaitGroup
	for i := range all[1:] {
		w := x.searches.Get().(*search)
		w.join(s)
		all[i+1] = w
		wg.Go(w.work)
	}
	s.work()
	wg.Wait()
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

// join makes s a worker of the search that first has begun.
func (s *search) join(first *search) {
	s.view, s.bm, s.allow, s.sees, s.common = first.view, first.bm, first.allow, first.sees, first.common
	s.cursors = append(s.cursors[:0], first.cursors...)
	s.top.reset(first.top.k)
}

func (s *search) work() {
	for {
		end := s.common.next.Add(shareWindows * window)
		lo := end - shareWindows*window
		if lo >= s.view.next || end < lo {
			return
		}
		s.run(lo, min(end, s.view.next))
	}
}

// floor is the score below which no document can enter the result any more.
func (s *search) floor() float64 {
	own := s.top.floor()
	if s.common == nil {
		return own
	}
	for {
		bits := s.common.floor.Load() // of numbers that are not negative the bits are in the same order
		if best := math.Float64frombits(bits); best >= own {
			return best
		}
		if s.common.floor.CompareAndSwap(bits, math.Float64bits(own)) {
			return own
		}
	}
}
