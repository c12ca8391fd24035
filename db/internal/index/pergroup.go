package index

import (
	"context"

	"github.com/fronyai/frony-db/db/internal/attr"
)

// rankPerGroup finds the best K nodes of which no more than PerGroup have the same value
// of the field GroupBy.
//
// A pass gathers the best nodes. Groups that have all the results that they may
// have are excluded, and the next pass gathers the best of the rest, four times as
// many: they lie farther away, where the heads order less well. Nodes that a pass
// has not found rank behind all that it has found, so the first K are right as soon
// as there are K.
func (s *search) rankPerGroup(ctx context.Context) ([]scored, error) {
	found := make(map[uint32]bool)
	var all []scored
	for k := s.q.K + s.q.K/s.q.PerGroup; ; k *= 4 {
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
		order(all)
		best, full := s.capGroups(s.near(all))
		if len(best) >= s.q.K || len(top) < k || s.beyond && !s.dropped {
			return best[:min(len(best), s.q.K)], nil
		}
		s.exclude(full)
	}
}

// capGroups keeps the best PerGroup nodes of each group, and returns the groups that have
// as many. A node without the field is a group of its own.
func (s *search) capGroups(all []scored) (best []scored, full []attr.Group) {
	nodes := nodesOf(all)
	count := make(map[string]int)
	for i, g := range s.x.attrs.Groups(make([]attr.Group, 0, len(nodes)), s.q.GroupBy, nodes, s.former) {
		if g.Key != "" {
			if count[g.Key]++; count[g.Key] == s.q.PerGroup {
				full = append(full, g)
			}
			if count[g.Key] > s.q.PerGroup {
				continue
			}
		}
		best = append(best, all[i])
	}
	return best, full
}

// exclude removes the nodes of groups from what the search may return.
func (s *search) exclude(groups []attr.Group) {
	n := s.x.bound()
	if s.allowed == nil {
		s.allowed = allBits(n)
	}
	for i, w := range s.x.attrs.InGroups(s.q.GroupBy, n, groups, s.former) {
		if i < len(s.allowed) {
			s.allowed[i] &^= w
		}
	}
}
