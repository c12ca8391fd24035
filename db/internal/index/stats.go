package index

import (
	"os"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// Stats is the size of an index by part.
type Stats struct {
	Dead         int     // nodes that wait for a repair
	Fields       int     // names in the metadata of documents
	Oversampling float64 // candidates per result that searches take
	Full         bool    // the codes are of four bits of all dimensions
	Choice       *Choice // nil: nothing was measured
	State        GraphState
	Linked       int // documents that the graph has

	// Bytes in memory. Rows is mapped: page cache that the system takes back when
	// it needs it.
	Graph, Codes, Nodes, Metadata, Lexical, Rows int64

	// Bytes on disk.
	RowsFile, Snapshot int64
}

// fields is the number of names in the metadata of documents.
func (x *Index) fields() int {
	n, _ := x.attrs.Fields(nil)
	return n
}

// NewFields returns how many names of metadata there are, and how many of names
// are new.
func (x *Index) NewFields(names map[string]struct{}) (fields, unknown int, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, 0, err
	}
	defer x.gate.Leave()
	fields, unknown = x.attrs.Fields(names)
	return fields, unknown, nil
}

// Stats measures the index.
func (x *Index) Stats() (Stats, error) {
	if err := x.gate.Enter(); err != nil {
		return Stats{}, err
	}
	defer x.gate.Leave()
	s := Stats{
		Dead: x.dead(), Fields: x.fields(), Oversampling: x.oversampling(),
		Full: x.full.Load(), Choice: x.choice.Load(), State: x.graph.state(), Linked: x.graph.linked(), Graph: x.graph.bytes(), Codes: x.codes.bytes(), Nodes: x.nodes.bytes(),
		Metadata: x.attrs.Bytes(), Lexical: x.lexical.Bytes(), Rows: x.rows.Bytes(),
		RowsFile: disk.Allocated(x.path(rowsExt)),
	}
	if fi, err := os.Stat(x.path(snapshotExt)); err == nil {
		s.Snapshot = fi.Size()
	}
	return s, nil
}
