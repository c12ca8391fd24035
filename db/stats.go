package db

import (
	"os"
	"time"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/embedder"
)

// Stats describes an open collection.
type Stats struct {
	Name      string         `json:"name"`
	Documents int            `json:"documents"`
	Dead      int            `json:"dead"` // deleted nodes that wait for repair
	Dims      int            `json:"dims"`
	HeadDims  int            `json:"head_dims"`
	Model     *embedder.Spec `json:"model,omitempty"`
	Created   time.Time      `json:"created"`
	// Oversampling is the number of candidates per result that searches take,
	// given or calibrated.
	Oversampling float64     `json:"oversampling"`
	Memory       MemoryStats `json:"memory_bytes"`
	Disk         DiskStats   `json:"disk_bytes"`
}

// MemoryStats is the memory of a collection by part, in bytes.
type MemoryStats struct {
	Graph    int64 `json:"graph"`    // links
	Codes    int64 `json:"codes"`    // int8, heads and tails
	Nodes    int64 `json:"nodes"`    // births and deaths
	Metadata int64 `json:"metadata"` // columns for filters
	Lexical  int64 `json:"lexical"`  // lexical index
	// Rows is the mapped file of full vectors: page cache that the system
	// takes back when it needs it.
	Rows int64 `json:"rows_mapped"`
}

// DiskStats is the space on disk by part, in bytes.
type DiskStats struct {
	Store    int64 `json:"store"`    // Badger, of all collections together
	Rows     int64 `json:"rows"`     // full vectors, derived
	Snapshot int64 `json:"snapshot"` // graph and codes, derived
}

// Stats measures the collection.
func (c *Collection) Stats() (Stats, error) {
	if err := c.enter(); err != nil {
		return Stats{}, wrap("stats", c.name, err)
	}
	defer c.leave()
	info, _ := c.db.st.Lookup(c.name)
	s := Stats{
		Name: c.name, Documents: int(c.db.st.State(c.id).Live), Dead: c.graph.Dead(),
		Dims: c.set.Dims, HeadDims: c.set.HeadDims, Model: c.set.Spec, Created: info.Created,
		Oversampling: c.oversampling(),
		Memory: MemoryStats{
			Graph: c.graph.Bytes(), Codes: c.codes.bytes(), Nodes: c.nodes.bytes(),
			Metadata: c.attrs.Bytes(), Lexical: c.words.Bytes(), Rows: c.rows.Bytes(),
		},
		Disk: DiskStats{
			Store: c.db.st.DiskBytes(),
			Rows:  disk.Allocated(c.derivedPath("rows")),
		},
	}
	if fi, err := os.Stat(c.derivedPath("snapshot")); err == nil {
		s.Disk.Snapshot = fi.Size()
	}
	return s, nil
}
