package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
)

func (a *app) stats() *cobra.Command {
	return &cobra.Command{
		Use:     "stats",
		Short:   "Describe a collection: documents, dims, and bytes in memory and on disk",
		Example: `  frony-db stats -c notes`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var s db.Stats
			err := a.withCollection(c.Context(), false, func(col collection) (err error) {
				s, err = col.Stats(c.Context())
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(s)
			}
			return a.printStats(s)
		},
	}
}

// graphText says how far the graph is, of a collection with so many documents.
func graphText(g db.GraphStats, documents int) string {
	switch g.State {
	case db.GraphNone:
		return "none; searches scan"
	case db.GraphBuilding:
		return fmt.Sprintf("%d of %d documents; searches scan until it is complete", g.Documents, documents)
	case db.GraphReady:
		return "ready"
	}
	return "" // of another engine
}

func (a *app) printStats(s db.Stats) error {
	model := "none (precomputed embeddings)"
	if s.Model != nil {
		model = s.Model.Model
	}
	t := term.Table{Columns: []term.Column{{Title: s.Name, Flex: true}, {Title: "", Flex: true}}}
	row := func(name, value string) { t.Rows = append(t.Rows, []string{name, value}) }
	row("documents", strconv.Itoa(s.Documents))
	row("deleted, not yet reclaimed", strconv.Itoa(s.Dead))
	if s.Codes == db.FullCodes {
		row("dims", fmt.Sprintf("%d, four bits of each in memory", s.Dims))
	} else {
		row("dims", fmt.Sprintf("%d, graph over the first %d", s.Dims, s.HeadDims))
	}
	if m := s.CodesMeasured; m != nil {
		row("codes, measured", fmt.Sprintf("head %d × %d bytes, four bits of each %d × %d bytes",
			m.Head.Candidates, m.Head.Bytes, m.Full.Candidates, m.Full.Bytes))
	}
	row("model", model)
	row("created", s.Created.Local().Format(time.DateTime))
	row("metadata fields", strconv.Itoa(s.Fields))
	if text := graphText(s.Graph, s.Documents); text != "" {
		row("graph", text)
	}
	row("memory: graph links", term.Bytes(s.Memory.Graph))
	row("memory: codes", term.Bytes(s.Memory.Codes))
	row("memory: nodes", term.Bytes(s.Memory.Nodes))
	row("memory: metadata", term.Bytes(s.Memory.Metadata))
	row("memory: lexical index", term.Bytes(s.Memory.Lexical))
	row("page cache: full vectors", term.Bytes(s.Memory.Rows))
	row("disk: store (all collections)", term.Bytes(s.Disk.Store))
	row("disk: full vectors", term.Bytes(s.Disk.Rows))
	row("disk: snapshot", term.Bytes(s.Disk.Snapshot))
	return t.Write(a.out)
}
