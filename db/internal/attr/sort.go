package attr

import (
	"cmp"
	mathbits "math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
)

// A Key is a field to sort by.
type Key struct {
	Field      string
	Descending bool
}

// MaxKeys is the number of fields that one can sort by.
const MaxKeys = 2

// SortBytes is how much of a string is compared: a cursor has to hold it.
const SortBytes = 256

// SortText is the part of a string that is compared.
func SortText(s string) string {
	if len(s) <= SortBytes {
		return s
	}
	n := SortBytes
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Sort returns nodes, which are a bit each, in the order of their values, in groups of
// equal ones: as many groups as hold n nodes, all if n is 0. Values of different types are
// ordered as the types are. A missing value comes last in both directions, and so does a
// list, which has no order.
//
// If from is not nil, it has the values of a document, nil for none, behind which the
// groups begin; same are the nodes with these values.
func (x *Index) Sort(keys []Key, nodes []uint64, from []any, n int, former func() Former) (same []uint32, groups [][]uint32) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	o := x.orderBy(keys, from, former())
	top := first[item]{n: n, order: o.compare}
	o.each(nodes, func(it item) {
		if from != nil {
			switch c := o.versus(it); {
			case c < 0:
				return
			case c == 0:
				same = append(same, it.node)
				return
			}
		}
		top.add(it)
	})
	slices.Sort(same)
	list := append(top.sorted(), top.ties...)
	for i := 0; i < len(list); {
		var group []uint32
		j := i
		for ; j < len(list) && o.compare(list[i], list[j]) == 0; j++ {
			group = append(group, list[j].node)
		}
		slices.Sort(group)
		groups, i = append(groups, group), j
	}
	return same, groups
}

// item is a node and the positions of its values, 0 for what comes last. Positions beyond a
// dictionary are those of former values.
type item struct {
	node uint32
	at   [MaxKeys]uint32
}

// order compares nodes.
type order struct {
	keys    []Key
	columns []*column // without a dictionary: no node has the field
	names   []string
	from    []any // entries
	was     Former
	former  []any // entries
}

func (x *Index) orderBy(keys []Key, from []any, was Former) *order {
	o := &order{keys: keys, was: was}
	for i, k := range keys {
		column := columnOf(k.Field)
		c := x.columns[column]
		if c == nil {
			c = newColumn(column)
		}
		o.columns, o.names = append(o.columns, c), append(o.names, column)
		if from == nil {
			continue
		}
		var e any
		if from[i] != nil {
			if e = entryOf(from[i], column == SourceColumn); !ordered(e) {
				e = nil
			}
		}
		o.from = append(o.from, e)
	}
	return o
}

// each calls f with nodes. It visits them in leaps: nodes are often in the order of a
// field, and would all be kept for a moment if they came in the reverse of the order.
func (o *order) each(nodes []uint64, f func(item)) {
	step := 1
	for _, p := range []int{7919, 104729, 1299709} { // primes
		if len(nodes)%p != 0 && p%max(1, len(nodes)) != 0 {
			step = p % len(nodes)
			break
		}
	}
	for i, at := 0, 0; i < len(nodes); i, at = i+1, (at+step)%len(nodes) {
		for w := nodes[at]; w != 0; w &= w - 1 {
			f(o.item(uint32(at*64 + mathbits.TrailingZeros64(w))))
		}
	}
}

func (o *order) item(node uint32) item {
	it := item{node: node}
	if _, ok := o.was[node]; ok {
		for i, name := range o.names {
			if e := o.was.entry(node, name); ordered(e) {
				o.former = append(o.former, e)
				it.at[i] = uint32(len(o.columns[i].dict) + len(o.former))
			}
		}
		return it
	}
	for i, c := range o.columns {
		p := c.get(node)
		if p != 0 && c.kinds[kindStrings]+c.kinds[kindNumbers]+c.kinds[0] > 0 && !ordered(c.dict[p-1]) {
			p = 0
		}
		it.at[i] = p
	}
	return it
}

// entry is what is at a position of a field, or nil.
func (o *order) entry(i int, p uint32) any {
	dict := o.columns[i].dict
	switch {
	case p == 0:
		return nil
	case int(p) <= len(dict):
		return dict[p-1]
	}
	return o.former[int(p)-len(dict)-1]
}

// ordered reports whether an entry has an order.
func ordered(entry any) bool {
	if entry == nil {
		return false
	}
	k := kindOf(entry)
	return k != 0 && k != kindStrings && k != kindNumbers
}

// compare is negative if a comes before b.
func (o *order) compare(a, b item) int {
	for i := range o.columns {
		if p, q := a.at[i], b.at[i]; p != q {
			if d := o.keys[i].compare(o.entry(i, p), o.entry(i, q)); d != 0 {
				return d
			}
		}
	}
	return 0
}

// versus is negative if a comes before the values in from.
func (o *order) versus(a item) int {
	for i := range o.columns {
		if d := o.keys[i].compare(o.entry(i, a.at[i]), o.from[i]); d != 0 {
			return d
		}
	}
	return 0
}

// compare compares entries, of which nil is none.
func (k *Key) compare(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return +1
	case b == nil:
		return -1
	case k.Descending:
		return orderEntries(b, a)
	}
	return orderEntries(a, b)
}

func orderEntries(a, b any) int {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case filter.Text:
		if y, ok := b.(filter.Text); ok {
			return orderTexts(string(x), string(y))
		}
	case *odd:
		if y, ok := b.(*odd); ok && x.time != 0 && y.time != 0 {
			return orderWhole(a, b)
		}
	}
	if v, w := kindOf(a), kindOf(b); v != kind(filter.TypeString) || w != kind(filter.TypeString) {
		return orderWhole(a, b)
	}
	v, _ := filter.ValueOf(compared(a))
	w, _ := filter.ValueOf(compared(b))
	return orderTexts(v.Text(), w.Text())
}

// orderWhole is a total order of entries that are no lists: by type, then within the type.
func orderWhole(a, b any) int {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case filter.Text:
		if y, ok := b.(filter.Text); ok {
			return strings.Compare(string(x), string(y))
		}
	case *odd:
		if y, ok := b.(*odd); ok {
			if x.time != y.time && x.time != 0 && y.time != 0 {
				return cmp.Compare(x.time, y.time)
			}
			return strings.Compare(x.key, y.key) // keys are in the order of values
		}
	}
	v, _ := filter.ValueOf(compared(a))
	w, _ := filter.ValueOf(compared(b))
	if c, ok := v.Compare(w); ok {
		return c
	}
	return cmp.Compare(v.Type(), w.Type())
}

func orderTexts(a, b string) int { return strings.Compare(SortText(a), SortText(b)) }
