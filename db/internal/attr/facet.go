package attr

import (
	"cmp"
	mathbits "math/bits"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/internal/nfc"
)

// A Facet is what a field holds in some documents. Values that filters take for equal are
// one: 1 and 1.0, one instant in two forms, two spellings of 메. A list counts once for
// each of its elements that differ.
type Facet struct {
	Documents int             // that have the field
	Kinds     [len(Kinds)]int // of these, by the kind of their value
	Distinct  int             // values that begin with the prefix
	Values    []FacetValue    // the most frequent of these, and of equal ones the least first
	Numbers   [2]filter.Value // the least and the greatest, or zero
	Times     [2]filter.Value // the first and the last, or zero
}

// A FacetValue is a value and the number of documents that have it.
type FacetValue struct {
	Value     filter.Value
	Documents int
}

// facet counts.
type facet struct {
	Facet
	prefix         filter.Expr
	top            first[counted]
	equals         map[string]*counted // values that have several forms
	numbers, times [2]any              // bounds
}

// counted is an entry and the number of documents that have it.
type counted struct {
	entry any
	n     int
}

func (a counted) order(b counted) int {
	if a.n != b.n {
		return cmp.Compare(b.n, a.n)
	}
	return orderWhole(a.entry, b.entry)
}

func valueOf(entry any) filter.Value {
	v, _ := filter.ValueOf(compared(entry)) // what cannot be compared equals nothing
	return v
}

// Kinds names what a value may be, by its kind.
var Kinds = [kinds]string{
	filter.TypeBool: "boolean", filter.TypeNumber: "number", filter.TypeTime: "time", filter.TypeString: "string",
	kindStrings: "list of strings", kindNumbers: "list of numbers",
}

// Facet counts the values of a field in nodes, which are a bit each: the top most
// frequent that begin with a prefix, without regard to case.
func (x *Index) Facet(field string, nodes []uint64, top int, prefix string, former func() Former) *Facet {
	return x.column(columnOf(field), nodes, top, prefix, former)
}

// Facets is Facet for every field, by name, without the columns that are no metadata. It
// takes the lock for one column at a time: all of a large index take long.
func (x *Index) Facets(nodes []uint64, top int, former func() Former) map[string]*Facet {
	out := make(map[string]*Facet)
	for name := range x.names(former) {
		if f := x.column(name, nodes, top, "", former); f.Documents > 0 {
			out[name] = f
		}
	}
	return out
}

// names are the fields that there are, and were.
func (x *Index) names(former func() Former) map[string]bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	names := make(map[string]bool, len(x.columns))
	for name := range x.columns {
		names[name] = true
	}
	for _, columns := range former() {
		for name := range columns {
			names[nfc.Compose(name)] = true
		}
	}
	delete(names, SourceColumn)
	delete(names, IDColumn)
	return names
}

func (x *Index) column(name string, nodes []uint64, top int, prefix string, former func() Former) *Facet {
	x.mu.RLock()
	defer x.mu.RUnlock()
	was := former()
	rest, changed := was.take(nodes)
	return x.facet(name, rest, was.entries(changed, name), top, prefix)
}

// columnOf is the name of the column of a field.
func columnOf(field string) string {
	if field == filter.FieldSource {
		return SourceColumn
	}
	return nfc.Compose(field)
}

// facet counts what a column holds in nodes, and other entries.
func (x *Index) facet(column string, nodes []uint64, others []any, top int, prefix string) *Facet {
	f := facet{top: first[counted]{n: top, order: counted.order}}
	if prefix != "" {
		f.prefix = filter.ILike("x", filter.Escape(prefix)+"%")
	}
	c := x.columns[column]
	if c == nil {
		c = newColumn(column)
	}
	f.count(c, c.tally(nodes), others)
	for _, v := range f.top.sorted() {
		f.Values = append(f.Values, FacetValue{valueOf(v.entry), v.n})
	}
	for i := range 2 {
		f.Numbers[i], f.Times[i] = valueOf(f.numbers[i]), valueOf(f.times[i])
	}
	return &f.Facet
}

// tally counts the nodes by the position of their value.
func (c *column) tally(nodes []uint64) []uint32 {
	counts := make([]uint32, len(c.dict)+1)
	if c.sparse != nil {
		for node, p := range c.sparse {
			if i := int(node / 64); i < len(nodes) && nodes[i]>>(node%64)&1 != 0 {
				counts[p]++
			}
		}
		return counts
	}
	for i, w := range nodes[:min(len(nodes), (len(c.dense)+63)/64)] {
		part := c.dense[i*64 : min(i*64+64, len(c.dense))]
		for ; w != 0; w &= w - 1 {
			if j := mathbits.TrailingZeros64(w); j < len(part) {
				counts[part[j]]++
			}
		}
	}
	return counts
}

// count adds the values of a column, which so many documents have, and other entries.
func (f *facet) count(c *column, counts []uint32, others []any) {
	ints, floats := false, false
	for i, e := range c.dict {
		if counts[i+1] == 0 {
			continue
		}
		f.Documents += int(counts[i+1])
		f.Kinds[kindOf(e)] += int(counts[i+1])
		switch e.(type) {
		case int64:
			ints = true
		case float64:
			floats = true
		}
	}
	for _, e := range others {
		f.Documents++
		f.Kinds[kindOf(e)]++
	}
	several := f.Kinds[kindStrings]+f.Kinds[kindNumbers] > 0 || len(others) > 0 // values may have equals anywhere
	for i, e := range c.dict {
		n := int(counts[i+1])
		if n == 0 {
			continue
		}
		several := several
		switch e := e.(type) {
		case *odd:
			several = several || e.shared || e.time == 0 // another spelling may be no odd one
		case filter.Text:
			several = several || len(c.equal) > 0
		case int64:
			several = several || floats
		case float64:
			several = several || ints || e == 0 // which has two signs
		}
		if several {
			f.addAll(e, n)
		} else {
			f.keep(counted{e, n})
		}
	}
	for _, e := range others {
		f.addAll(e, 1)
	}
	for _, v := range f.equals {
		f.keep(*v)
	}
}

// addAll counts a value that others may equal, or the elements of a list.
func (f *facet) addAll(entry any, n int) {
	switch e := entry.(type) {
	case []string:
		elements(f, e, n)
	case []int64:
		elements(f, e, n)
	case []float64:
		elements(f, e, n)
	default:
		f.add(entry, n)
	}
}

// elements counts each of the elements that differ once.
func elements[T any](f *facet, list []T, n int) {
	seen := make(map[string]bool, len(list))
	var buf []byte
	for _, x := range list {
		var e any = x
		if s, ok := e.(string); ok {
			e = filter.Text(nfc.Compose(s)) // CONTAINS takes none for a time
		}
		if buf = valueOf(e).AppendKey(buf[:0]); !seen[string(buf)] {
			seen[string(buf)] = true
			f.add(e, n)
		}
	}
}

// add counts a value that others may equal.
func (f *facet) add(entry any, n int) {
	var buf [64]byte
	v := valueOf(entry)
	key := v.AppendKey(buf[:0])
	if known := f.equals[string(key)]; known != nil {
		known.n += n
		if v.Text() < valueOf(known.entry).Text() { // the same form whatever the order
			known.entry = entry
		}
		return
	}
	if f.equals == nil {
		f.equals = make(map[string]*counted)
	}
	f.equals[string(key)] = &counted{entry, n}
}

// keep counts a value that no other equals.
func (f *facet) keep(v counted) {
	switch kindOf(v.entry) {
	case kind(filter.TypeNumber):
		widen(&f.numbers, v.entry)
	case kind(filter.TypeTime):
		widen(&f.times, v.entry)
	case 0:
		return // what cannot be compared equals nothing
	default:
	}
	if f.prefix.Kind() == filter.KindCondition && !f.prefix.Match(func(string) (any, bool) { return compared(v.entry), true }) {
		return
	}
	f.Distinct++
	f.top.add(v)
}

// widen makes bounds hold an entry.
func widen(bounds *[2]any, entry any) {
	if bounds[0] == nil || orderWhole(entry, bounds[0]) < 0 {
		bounds[0] = entry
	}
	if bounds[1] == nil || orderWhole(entry, bounds[1]) > 0 {
		bounds[1] = entry
	}
}
