package index

import (
	"context"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/internal/nfc"
)

// rankPerSource finds the best K nodes of which no more than PerSource have the
// same source.
//
// A pass gathers the best nodes. Sources that have all the results that they may
// have are excluded, and the next pass gathers the best of the rest, four times as
// many: they lie farther away, where the heads order less well. Nodes that a pass
// has not found rank behind all that it has found, so the first K are right as soon
// as there are K.
func (s *search) rankPerSource(ctx context.Context) ([]scored, error) {
	found := make(map[uint32]bool)
	var all []scored
	for k := s.q.K + s.q.K/s.q.PerSource; ; k *= 4 {
		k = max(1, min(k, int(s.x.bound())))
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
		if s.q.hybrid() && len(s.q.Parts) == 0 {
			s.fuse(all) // by one scale for all passes
		}
		order(all)
		best, full := s.capSources(s.near(all))
		if len(best) >= s.q.K || len(top) < k || s.beyond {
			return best[:min(len(best), s.q.K)], nil
		}
		s.exclude(full)
	}
}

// capSources keeps the best PerSource nodes of each source, and returns the
// sources that have as many.
func (s *search) capSources(all []scored) (best []scored, full []string) {
	nodes := make([]uint32, len(all))
	for i, a := range all {
		nodes[i] = a.node
	}
	count := make(map[string]int)
	for i, v := range s.x.attrs.Values(nil, attr.SourceColumn, nodes) {
		if name, ok := v.(string); ok {
			source := nfc.Compose(name)
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

// exclude removes the nodes of sources from what the search may return.
func (s *search) exclude(sources []string) {
	n := s.x.bound()
	if s.allowed == nil {
		s.allowed = allBits(n)
	}
	for i, w := range s.x.attrs.Having(attr.SourceColumn, n, sources...) {
		if i < len(s.allowed) {
			s.allowed[i] &^= w
		}
	}
}
