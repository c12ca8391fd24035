package db

import (
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/embedder"
)

// Stats describes an open collection.
type Stats struct {
	Name      string `json:"name"`
	Documents int    `json:"documents"`
	Dead      int    `json:"dead"`   // deleted nodes that await repair
	Fields    int    `json:"fields"` // names in the documents' metadata
	Dims      int    `json:"dims"`
	HeadDims  int    `json:"head_dims"`
	Codes     Codes  `json:"codes"` // HeadCodes or FullCodes
	// CodesMeasured is what Codes were chosen by, if they were: see CollectionOptions.Codes.
	CodesMeasured *CodesMeasured `json:"codes_measured,omitempty"`
	Model         *embedder.Spec `json:"model,omitempty"`
	Created       time.Time      `json:"created"`
	// Oversampling is the number of candidates per result in a search, set or
	// calibrated.
	Oversampling float64     `json:"oversampling"`
	Graph        GraphStats  `json:"graph"`
	Memory       MemoryStats `json:"memory_bytes"`
	Disk         DiskStats   `json:"disk_bytes"`
}

// CodesMeasured compares the kinds of codes for the graph. What searches cost is taken as
// the bytes of a code times the candidates, which are 64 at least.
type CodesMeasured struct {
	Documents int      `json:"documents"` // of the collection then
	Questions int      `json:"questions"` // that were asked
	Head      CodeCost `json:"head"`
	Full      CodeCost `json:"full"`
}

// CodeCost is what codes of one kind cost.
type CodeCost struct {
	Bytes int `json:"bytes"` // of a code
	// Candidates is how many of some 20,000 documents the codes must leave so that the ten
	// nearest are among them for a Recall of 0.99, by the hardest kind of questions.
	Candidates int `json:"candidates"`
}

func codesOf(s *index.Stats) Codes {
	if s.Full {
		return FullCodes
	}
	return HeadCodes
}

func measuredOf(c *index.Choice) *CodesMeasured {
	if c == nil {
		return nil
	}
	return &CodesMeasured{c.Documents, c.Questions, CodeCost(c.Head), CodeCost(c.Full)}
}

// GraphStats says how far the graph of a collection is: see CollectionOptions.Graph.
type GraphStats struct {
	State     GraphState `json:"state"`
	Documents int        `json:"documents"` // that the graph has
}

// GraphState says whether there is a graph. Without one that is ready, searches scan.
type GraphState string

// The states.
const (
	GraphNone     GraphState = GraphState(index.GraphNone)
	GraphBuilding GraphState = GraphState(index.GraphBuilding) // in the background, with pauses while the database is closed
	GraphReady    GraphState = GraphState(index.GraphReady)
)

// MemoryStats is the memory of a collection by part, in bytes.
type MemoryStats struct {
	Graph    int64 `json:"graph"`    // links
	Codes    int64 `json:"codes"`    // with the sketches
	Nodes    int64 `json:"nodes"`    // births and deaths
	Metadata int64 `json:"metadata"` // columns for filters
	Lexical  int64 `json:"lexical"`  // lexical index
	// Rows is the memory-mapped file of full vectors, in the page cache. The system
	// reclaims it when memory is short.
	Rows int64 `json:"rows_mapped"`
}

// DiskStats is the space on disk by part, in bytes.
type DiskStats struct {
	Store    int64 `json:"store"`    // Badger, of all collections together
	Rows     int64 `json:"rows"`     // full vectors, derived
	Snapshot int64 `json:"snapshot"` // graph and codes, derived
}

// Stats returns the collection's statistics. It returns ErrClosed after Close.
func (c *Collection) Stats() (s Stats, err error) {
	err = c.do("stats", c.Name(), func(v *version) error {
		size, err := v.Stats()
		if err != nil {
			return err
		}
		info, _ := c.db.st.Lookup(c.Name())
		set := v.Settings()
		s = Stats{
			Name: c.Name(), Documents: int(c.db.st.State(v.ID()).Live), Dead: size.Dead, Fields: size.Fields,
			Dims: set.Dims, HeadDims: set.HeadDims, Codes: codesOf(&size), CodesMeasured: measuredOf(size.Choice), Model: set.Spec, Created: info.Created,
			Oversampling: size.Oversampling, Graph: GraphStats{GraphState(size.State), size.Linked},
			Memory: MemoryStats{
				Graph: size.Graph, Codes: size.Codes, Nodes: size.Nodes,
				Metadata: size.Metadata, Lexical: size.Lexical, Rows: size.Rows,
			},
			Disk: DiskStats{Store: c.db.st.DiskBytes(), Rows: size.RowsFile, Snapshot: size.Snapshot},
		}
		return nil
	})
	return s, err
}
