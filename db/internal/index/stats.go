package index

import (
	"os"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// Stats is the size of an index by part.
type Stats struct {
	Dead         int     // nodes that wait for a repair
	Oversampling float64 // candidates per result that searches take

	// Bytes in memory. Rows is mapped: page cache that the system takes back when
	// it needs it.
	Graph, Codes, Nodes, Metadata, Lexical, Rows int64

	// Bytes on disk.
	RowsFile, Snapshot int64
}

// Stats measures the index.
func (x *Index) Stats() (Stats, error) {
	if err := x.gate.Enter(); err != nil {
		return Stats{}, err
	}
	defer x.gate.Leave()
	s := Stats{
		Dead: x.graph.Dead(), Oversampling: x.oversampling(),
		Graph: x.graph.Bytes(), Codes: x.codes.bytes(), Nodes: x.nodes.bytes(),
		Metadata: x.attrs.Bytes(), Lexical: x.lexical.Bytes(), Rows: x.rows.Bytes(),
		RowsFile: disk.Allocated(x.path(rowsExt)),
	}
	if fi, err := os.Stat(x.path(snapshotExt)); err == nil {
		s.Snapshot = fi.Size()
	}
	return s, nil
}
