package db

import "context"

// rankPerSource finds the best K nodes of which no more than PerSource have the
// same source.
//
// A pass gathers the best nodes. If those of a few sources fill it, these sources
// have all the results that they can have: they are taken out, and the next pass
// gathers the best of what is left, four times as many: they lie farther off, where
// heads say less. Whatever a pass has not found ranks behind all that it has, so
// that the first K are the right ones as soon as there are K.
func (s *searching) rankPerSource(ctx context.Context) ([]scored, error) {
	found := make(map[uint32]bool)
	var all []scored
	for k := s.q.K + s.q.K/s.q.PerSource; ; k *= 4 {
		k = max(1, min(k, int(s.c.bound())))
		top, err := s.gather(ctx, k)
		if err != nil {
			return nil, err
		}
		for _, t := range top {
			if !found[t.node] {
				found[t.node] = true
				all = append(all, t)
			}
		}
		s.order(all)
		best, full := s.capSources(all)
		if len(best) >= s.q.K || len(top) < k {
			return best[:min(len(best), s.q.K)], nil
		}
		s.exclude(full)
	}
}

// capSources leaves out what is beyond PerSource of a source, and names the
// sources that have so many.
func (s *searching) capSources(all []scored) (best []scored, full []any) {
	nodes := make([]uint32, len(all))
	for i, a := range all {
		nodes[i] = a.node
	}
	count := make(map[any]int)
	for i, source := range s.c.attrs.Values(nil, sourceColumn, nodes) {
		if source != nil {
			if count[source]++; count[source] == s.q.PerSource {
				full = append(full, source)
			}
			if count[source] > s.q.PerSource {
				continue
			}
		}
		best = append(best, all[i])
	}
	return best, full
}

// exclude takes the nodes of sources out of what may be returned.
func (s *searching) exclude(sources []any) {
	n := s.c.bound()
	if s.allowed == nil {
		s.allowed = allBits(n)
	}
	for i, w := range s.c.attrs.Having(sourceColumn, n, sources...) {
		if i < len(s.allowed) {
			s.allowed[i] &^= w
		}
	}
}
