package eval

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// A Part is one of several parts of a set's queries, so that what is tuned on one of
// them can be measured on another. The zero value is all of them.
type Part struct{ Number, Of int }

// ParsePart reads a part such as 1/2.
func ParsePart(text string) (p Part, err error) {
	if n, err := fmt.Sscanf(text, "%d/%d", &p.Number, &p.Of); err != nil || n != 2 || p.Number < 1 || p.Number > p.Of || text != p.String() {
		return Part{}, fmt.Errorf("part %q: want a number and of how many, such as 1/2", text)
	}
	return p, nil
}

func (p Part) String() string { return fmt.Sprintf("%d/%d", p.Number, p.Of) }

// Sample returns the set with those of its queries that are in the part and, of these,
// at most n, in the set's order; n 0 means all. Which they are depends on their ids, the
// name of the set and the seed alone. All documents are kept.
func (s *Set) Sample(p Part, n int, seed uint64) *Set {
	kept := slices.Clone(s.Queries)
	if p.Of > 1 {
		kept = slices.DeleteFunc(kept, func(q Query) bool {
			return s.chance(q.ID, "part", 0)%uint64(p.Of) != uint64(p.Number-1)
		})
	}
	if n > 0 && len(kept) > n {
		order := make(map[string]uint64, len(kept))
		place := make(map[string]int, len(kept))
		for i, q := range kept {
			order[q.ID], place[q.ID] = s.chance(q.ID, "sample", seed), i
		}
		slices.SortFunc(kept, func(a, b Query) int {
			return cmp.Or(cmp.Compare(order[a.ID], order[b.ID]), cmp.Compare(a.ID, b.ID))
		})
		kept = kept[:n]
		slices.SortFunc(kept, func(a, b Query) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	}
	out := *s
	out.Queries = kept
	return &out
}

// chance is a number that depends on a query, on what it is for, and on the seed.
func (s *Set) chance(query, purpose string, seed uint64) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\t%s\t%s\t%d", s.Name, query, purpose, seed)
	v := h.Sum64()
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	return v ^ v>>33
}
