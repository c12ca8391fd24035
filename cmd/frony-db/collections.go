package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

func (a *app) collections() *cobra.Command {
	c := &cobra.Command{
		Use:   "collections",
		Short: "List the collections",
		Example: `  frony-db collections
  frony-db collections --json | jq -r '.collections[].name'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list := []db.CollectionInfo{}
			err := a.withDatabase(func(d database) error {
				for info, err := range d.Collections(c.Context()) {
					if err != nil {
						return err
					}
					list = append(list, info)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(api.Collections{Collections: list})
			}
			return a.printCollections(list)
		},
	}
	c.AddCommand(a.drop())
	return c
}

func (a *app) printCollections(list []db.CollectionInfo) error {
	t := term.Table{Columns: []term.Column{
		{Title: "collection", Flex: true},
		{Title: "documents", Right: true},
		{Title: "dims", Right: true},
		{Title: "model", Flex: true},
		{Title: "created"},
	}}
	for _, i := range list {
		model := modelShort(i.Model)
		switch r := i.Reembedding; {
		case r == nil:
		case r.Switched:
			model += ", was " + modelShort(r.Other.Model)
		default:
			model += " → " + modelShort(r.Other.Model)
		}
		t.Rows = append(t.Rows, []string{
			i.Name, strconv.Itoa(i.Documents), fmt.Sprintf("%d/%d", i.HeadDims, i.Dims), model,
			i.Created.Local().Format(time.DateTime),
		})
	}
	return t.Write(a.out)
}

func modelShort(s *embedder.Spec) string {
	if s == nil {
		return "none"
	}
	return s.Model
}

func (a *app) drop() *cobra.Command {
	return &cobra.Command{
		Use:     "drop NAME",
		Short:   "Delete a collection with all its documents",
		Example: `  frony-db collections drop notes`,
		Args:    one("the name of a collection"),

		ValidArgsFunction: a.completeCollection,
		RunE: func(c *cobra.Command, args []string) error {
			err := a.withDatabase(func(d database) error { return d.Drop(c.Context(), args[0]) })
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(api.Dropped{Dropped: args[0]})
			}
			fmt.Fprintf(a.out, "dropped %s\n", args[0])
			return nil
		},
	}
}

func (a *app) stats() *cobra.Command {
	return &cobra.Command{
		Use:     "stats",
		Short:   "Describe a collection: documents, dims, bytes on disk and in memory by part",
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

func (a *app) printStats(s db.Stats) error {
	model := "none, embeddings are given"
	if s.Model != nil {
		model = s.Model.Model
	}
	t := term.Table{Columns: []term.Column{{Title: s.Name, Flex: true}, {Title: "", Flex: true}}}
	row := func(name, value string) { t.Rows = append(t.Rows, []string{name, value}) }
	row("documents", strconv.Itoa(s.Documents))
	row("deleted, waiting for repair", strconv.Itoa(s.Dead))
	row("dims", fmt.Sprintf("%d, graph over the first %d", s.Dims, s.HeadDims))
	row("model", model)
	row("created", s.Created.Local().Format(time.DateTime))
	row("memory: graph links", term.Bytes(s.Memory.Graph))
	row("memory: codes", term.Bytes(s.Memory.Codes))
	row("memory: nodes", term.Bytes(s.Memory.Nodes))
	row("memory: metadata", term.Bytes(s.Memory.Metadata))
	row("memory: words", term.Bytes(s.Memory.Lexical))
	row("page cache: full vectors", term.Bytes(s.Memory.Rows))
	row("disk: store (all collections)", term.Bytes(s.Disk.Store))
	row("disk: full vectors", term.Bytes(s.Disk.Rows))
	row("disk: snapshot", term.Bytes(s.Disk.Snapshot))
	return t.Write(a.out)
}
