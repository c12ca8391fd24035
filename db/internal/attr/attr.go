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
// Columns are derived from the document records, and never the only copy. Names and
// strings that differ only by Unicode normalisation are one: a column has the composed
// name.
package attr

import (
	"sync"

	"github.com/fronyai/frony-db/internal/nfc"
)

// SourceColumn is the column of sources beside those of the metadata: no field can have
// its name.
const SourceColumn = "\x00source"

// IDColumn is the column of the ids that are not composed (NFC), which few are: the
// store finds an id by its bytes.
const IDColumn = "\x00id"

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
	metadata = composed(metadata)
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
			c = newColumn(name)
			x.columns[name] = c
		}
		c.set(node, c.position(v), x.nodes)
	}
	x.use(node, len(metadata) > 0)
}

// composed is metadata with composed names.
func composed(metadata map[string]any) map[string]any {
	for name := range metadata {
		if nfc.Compose(name) == name {
			continue
		}
		out := make(map[string]any, len(metadata))
		for name, v := range metadata {
			if c := nfc.Compose(name); c == name || out[c] == nil {
				out[c] = v
			}
		}
		return out
	}
	return metadata
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

// Has reports whether any node has a field.
func (x *Index) Has(field string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.columns[field] != nil
}

// Fields returns the number of fields, and how many of names are not among them.
func (x *Index) Fields(names map[string]struct{}) (fields, unknown int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for name := range names {
		if x.columns[nfc.Compose(name)] == nil {
			unknown++
		}
	}
	fields = len(x.columns)
	for _, own := range []string{SourceColumn, IDColumn} {
		if x.columns[own] != nil {
			fields--
		}
	}
	return fields, unknown
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
