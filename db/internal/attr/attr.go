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
// Columns are derived from the document records, and never the only copy.
package attr

import (
	"sync"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Index holds the columns of one collection. Methods may be called concurrently.
type Index struct {
	mu      sync.RWMutex // guards columns
	columns map[string]*column
}

type column struct {
	nodes     []uint32 // position in dict + 1, by node; missing nodes at the end lack the field
	dict      []any
	lookup    map[string]uint32 // encoded value → position + 1
	compactAt int               // size of dict at which unused values are removed
}

// compactFrom is the smallest dictionary that is worth compacting.
const compactFrom = 1024

// New returns an empty index.
func New() *Index { return &Index{columns: make(map[string]*column)} }

// Set replaces the metadata of a node. Values have the types of the store.
func (x *Index) Set(node uint32, metadata map[string]any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for name, c := range x.columns {
		if _, ok := metadata[name]; !ok {
			c.set(node, 0)
		}
	}
	for name, v := range metadata {
		c := x.columns[name]
		if c == nil {
			c = &column{lookup: make(map[string]uint32)}
			x.columns[name] = c
		}
		c.set(node, c.position(v))
	}
}

func (c *column) set(node, position uint32) {
	if int(node) >= len(c.nodes) {
		if position == 0 {
			return
		}
		c.nodes = append(c.nodes, make([]uint32, int(node)+1-len(c.nodes))...)
	}
	c.nodes[node] = position
}

// position returns the position of a value in the dictionary + 1, adding it if
// necessary.
func (c *column) position(v any) uint32 {
	key := string(store.AppendValue(nil, v))
	p, ok := c.lookup[key]
	if !ok {
		if len(c.dict) >= max(compactFrom, c.compactAt) {
			c.compact()
		}
		c.dict = append(c.dict, v)
		p = uint32(len(c.dict))
		c.lookup[key] = p
	}
	return p
}

// compact removes the values that no node has from the dictionary, which a field
// that changes with every write, such as a time, would otherwise fill. It runs
// only when the dictionary has doubled.
func (c *column) compact() {
	moved := make([]uint32, len(c.dict)+1) // old position + 1 → new position + 1
	var dict []any
	for i, p := range c.nodes {
		if p != 0 && moved[p] == 0 {
			dict = append(dict, c.dict[p-1])
			moved[p] = uint32(len(dict))
		}
		c.nodes[i] = moved[p]
	}
	for key, p := range c.lookup {
		if c.lookup[key] = moved[p]; moved[p] == 0 {
			delete(c.lookup, key)
		}
	}
	c.dict, c.compactAt = dict, 2*len(dict)
}

// Bytes estimates the memory used by the columns.
func (x *Index) Bytes() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var n int64
	for _, c := range x.columns {
		n += int64(4 * cap(c.nodes))
		for key := range c.lookup {
			n += int64(2*len(key)) + 64
		}
	}
	return n
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
		if c != nil && int(node) < len(c.nodes) && c.nodes[node] != 0 {
			v = c.dict[c.nodes[node]-1]
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
	for node, p := range c.nodes[:min(int(n), len(c.nodes))] {
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
		meets[i+1] = e.Match(func(string) (any, bool) { return v, true })
		differs = differs || meets[i+1] != missing
	}
	if !differs {
		return out
	}
	for base := 0; base < min(int(s.n), len(c.nodes)); base += 64 {
		var word uint64
		for i, p := range c.nodes[base:min(base+64, len(c.nodes))] {
			if meets[p] {
				word |= 1 << i
			}
		}
		if rest := len(c.nodes) - base; missing && rest < 64 {
			word |= ^uint64(0) << rest
		}
		out[base/64] = word
	}
	return out
}
