// Package attr answers filters: it keeps the metadata of every node in columns
// and turns a filter expression into the set of nodes that meet it.
//
// A column holds a number for each node: the position of the node's value in the
// column's dictionary, or zero if the field is missing. A condition is evaluated
// once for each distinct value, and one pass over the numbers then collects the
// nodes. So the cost is reading four bytes per node, whatever the operator, and
// the semantics of comparisons stay in package filter.
//
//	nodes        0   1   2   3              dictionary of "lang"
//	"lang"     ┌───┬───┬───┬───┐            1 → "ko"
//	           │ 1 │ 2 │ 1 │ 0 │            2 → "en"
//	           └───┴───┴───┴───┘
//
// The column of a field that few nodes have is a map. A value goes with the last
// node that has it, and a column with its last value.
//
// Columns are derived from the document records, and never the only copy.
package attr

import (
	"sync"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Index holds the columns of one collection. Methods may be called concurrently.
type Index struct {
	mu      sync.RWMutex // guards the fields below
	columns map[string]*column
	nodes   uint32   // above every node
	inUse   []uint64 // a bit for each node that has a field
}

// New returns an empty index.
func New() *Index { return &Index{columns: make(map[string]*column)} }

// Set replaces the metadata of a node. Values have the types of the store.
func (x *Index) Set(node uint32, metadata map[string]any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.nodes = max(x.nodes, node+1)
	if x.used(node) {
		for name, c := range x.columns {
			if _, ok := metadata[name]; !ok {
				x.unset(node, name, c)
			}
		}
	}
	for name, v := range metadata {
		c := x.columns[name]
		if c == nil {
			c = newColumn()
			x.columns[name] = c
		}
		c.set(node, c.position(v), x.nodes)
	}
	x.use(node, len(metadata) > 0)
}

// Clear takes the metadata of a dead node away. Values and fields that no other
// node has are gone then.
func (x *Index) Clear(node uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.used(node) {
		return
	}
	for name, c := range x.columns {
		x.unset(node, name, c)
	}
	x.use(node, false)
}

func (x *Index) unset(node uint32, name string, c *column) {
	if c.get(node) == 0 {
		return
	}
	if c.set(node, 0, x.nodes); c.count == 0 {
		delete(x.columns, name)
	}
}

// used reports whether a node has any field.
func (x *Index) used(node uint32) bool {
	i := int(node / 64)
	return i < len(x.inUse) && x.inUse[i]>>(node%64)&1 != 0
}

func (x *Index) use(node uint32, has bool) {
	for int(node/64) >= len(x.inUse) {
		x.inUse = append(x.inUse, 0)
	}
	x.inUse[node/64] &^= 1 << (node % 64)
	if has {
		x.inUse[node/64] |= 1 << (node % 64)
	}
}

// Fields returns the number of fields, and how many of names are not among them.
func (x *Index) Fields(names map[string]struct{}) (fields, unknown int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for name := range names {
		if x.columns[name] == nil {
			unknown++
		}
	}
	return len(x.columns), unknown
}

// Bytes estimates the memory used by the columns.
func (x *Index) Bytes() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var n int64
	for _, c := range x.columns {
		n += c.bytes()
	}
	return n + int64(8*cap(x.inUse))
}

// Select returns the nodes below n that meet the filter, as a bit for each node.
// The filter also decides on nodes without any metadata. The caller knows which
// nodes are live.
func (x *Index) Select(e filter.Expr, n uint32) []uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := selection{x: x, n: n, words: int(n+63) / 64}
	out := s.eval(e)
	if r := n % 64; r != 0 {
		out[len(out)-1] &= 1<<r - 1
	}
	return out
}

// Values appends the values of a field of nodes to dst, nil for a missing field.
func (x *Index) Values(dst []any, field string, nodes []uint32) []any {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.columns[field]
	for _, node := range nodes {
		var v any
		if c != nil {
			if p := c.get(node); p != 0 {
				v = c.dict[p-1]
			}
		}
		dst = append(dst, v)
	}
	return dst
}

// Having returns the nodes below n whose field has one of values, as a bit for each
// node. It is Select for equality, without evaluating a filter for every distinct
// value. It returns nil if none of the values is in the dictionary.
func (x *Index) Having(field string, n uint32, values ...any) []uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.columns[field]
	if c == nil {
		return nil
	}
	var meets []bool
	for _, v := range values {
		if p, ok := c.lookup[string(store.AppendValue(nil, v))]; ok {
			if meets == nil {
				meets = make([]bool, len(c.dict)+1)
			}
			meets[p] = true
		}
	}
	if meets == nil {
		return nil
	}
	out := make([]uint64, int(n+63)/64)
	for node, p := range c.each(n) {
		if meets[p] {
			out[node/64] |= 1 << (node % 64)
		}
	}
	return out
}

type selection struct {
	x     *Index
	n     uint32
	words int
}

func (s *selection) eval(e filter.Expr) []uint64 {
	switch e.Kind() {
	case filter.KindAll:
		return s.constant(true)
	case filter.KindNone:
		return s.constant(false)
	case filter.KindNot:
		out := s.eval(e.Args()[0])
		for i := range out {
			out[i] = ^out[i]
		}
		return out
	case filter.KindAnd, filter.KindOr:
		args := e.Args()
		out := s.eval(args[0])
		for _, a := range args[1:] {
			b := s.eval(a)
			for i := range out {
				if e.Kind() == filter.KindAnd {
					out[i] &= b[i]
				} else {
					out[i] |= b[i]
				}
			}
		}
		return out
	default:
		return s.condition(e)
	}
}

func (s *selection) constant(all bool) []uint64 {
	out := make([]uint64, s.words)
	if all {
		for i := range out {
			out[i] = ^uint64(0)
		}
	}
	return out
}

func (s *selection) condition(e filter.Expr) []uint64 {
	missing := e.Match(func(string) (any, bool) { return nil, false })
	out := s.constant(missing)
	c := s.x.columns[e.Condition().Field]
	if c == nil {
		return out
	}
	meets := make([]bool, len(c.dict)+1)
	meets[0] = missing
	differs := false
	for i, v := range c.dict {
		if v == nil {
			continue
		}
		meets[i+1] = e.Match(func(string) (any, bool) { return v, true })
		differs = differs || meets[i+1] != missing
	}
	if !differs {
		return out
	}
	for node, p := range c.sparse {
		if node < s.n && meets[p] != missing {
			out[node/64] ^= 1 << (node % 64)
		}
	}
	for base := 0; base < min(int(s.n), len(c.dense)); base += 64 {
		var word uint64
		for i, p := range c.dense[base:min(base+64, len(c.dense))] {
			if meets[p] {
				word |= 1 << i
			}
		}
		if rest := len(c.dense) - base; missing && rest < 64 {
			word |= ^uint64(0) << rest
		}
		out[base/64] = word
	}
	return out
}
