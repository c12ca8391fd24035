package attr

import (
	"slices"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// A Group is what some documents have in common: a value of a field. Values that filters
// take for equal are one, and a list is one as a whole. The zero Group is no value.
type Group struct {
	Key   string // equal for equal groups
	entry any
}

// Groups appends the groups of nodes by a field to dst.
func (x *Index) Groups(dst []Group, field string, nodes []uint32, former func() Former) []Group {
	x.mu.RLock()
	defer x.mu.RUnlock()
	was := former()
	column := columnOf(field)
	c := x.columns[column]
	for _, node := range nodes {
		var entry any
		if _, ok := was[node]; ok {
			entry = was.entry(node, column)
		} else if c != nil {
			if p := c.get(node); p != 0 {
				entry = c.dict[p-1]
			}
		}
		dst = append(dst, groupOf(entry))
	}
	return dst
}

func groupOf(entry any) Group {
	if entry == nil {
		return Group{}
	}
	var buf [64]byte
	return Group{string(groupKey(buf[:0], entry)), entry}
}

func groupKey(dst []byte, entry any) []byte {
	if v := valueOf(entry); v.Type() != 0 {
		return v.AppendKey(dst)
	}
	return store.AppendValue(append(dst, 0xff), raw(entry)) // no key of a Value begins so
}

// InGroups returns the nodes below n that are in one of groups by a field, as a bit for
// each node.
func (x *Index) InGroups(field string, n uint32, groups []Group, former func() Former) []uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := make([]uint64, int(n+63)/64)
	column := columnOf(field)
	if c := x.columns[column]; c != nil {
		var positions []uint32
		for _, g := range groups {
			if v := valueOf(g.entry); v.Type() != 0 {
				positions = c.find(positions, v)
			} else if p, ok := c.lookup[string(store.AppendValue(nil, raw(g.entry)))]; ok {
				positions = append(positions, p)
			}
		}
		slices.Sort(positions)
		c.collect(out, n, slices.Compact(positions))
	}
	was := former()
	for node := range was {
		if node >= n {
			continue
		}
		g := groupOf(was.entry(node, column))
		out[node/64] &^= 1 << (node % 64)
		if slices.ContainsFunc(groups, func(h Group) bool { return g.Key != "" && g.Key == h.Key }) {
			out[node/64] |= 1 << (node % 64)
		}
	}
	return out
}

// Value is the value, or zero where there is none, or a list.
func (g Group) Value() filter.Value {
	if g.entry == nil {
		return filter.Value{}
	}
	return valueOf(g.entry)
}
