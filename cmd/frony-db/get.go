package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
)

func (a *app) get() *cobra.Command {
	var embedding bool
	c := &cobra.Command{
		Use:   "get ID...",
		Short: "Print documents by their ids",
		Example: `  frony-db get doc-1 doc-2
  frony-db get doc-1 --embedding --json`,
		Args: some("the id of a document"),
		RunE: func(c *cobra.Command, ids []string) error {
			fields := db.FieldsDefault
			if embedding {
				fields |= db.FieldEmbedding
			}
			var docs []db.Document
			err := a.withCollection(c.Context(), false, func(col collection) (err error) {
				docs, err = col.GetFields(c.Context(), fields, ids...)
				return err
			})
			if err != nil && !errors.Is(err, db.ErrNotFound) {
				return err
			}
			return errors.Join(a.printDocuments(ids, docs), err)
		},
	}
	c.Flags().BoolVar(&embedding, "embedding", false, "print the embedding too")
	return c
}

func (a *app) printDocuments(ids []string, docs []db.Document) error {
	if a.json {
		return a.printJSON(found(ids, docs))
	}
	clean := func(s string) string { return s }
	if term.IsTerminal(a.out) {
		clean = term.CleanLines // documents must not move the cursor
	}
	for _, d := range docs {
		expires := ""
		if !d.Expires.IsZero() {
			expires = "  (expires " + d.Expires.Local().Format(time.DateTime) + ")"
		}
		fmt.Fprintf(a.out, "%s  %s%s\n", d.ID, clean(metadataLine(d.Metadata)), expires)
		if d.Title != "" {
			fmt.Fprintln(a.out, clean(d.Title))
		}
		fmt.Fprintln(a.out, clean(d.Text))
		if d.Embedding != nil {
			fmt.Fprintln(a.out, d.Embedding)
		}
		fmt.Fprintln(a.out)
	}
	return nil
}

// found is the wire form of the documents that exist, and the ids that do not.
func found(ids []string, docs []db.Document) api.FoundDocuments {
	f := api.FoundDocuments{Documents: make([]api.StoredDocument, len(docs)), Missing: []string{}}
	for i := range docs {
		f.Documents[i] = api.FromStored(&docs[i])
	}
	for _, id := range ids {
		if !slices.ContainsFunc(docs, func(d db.Document) bool { return d.ID == id }) {
			f.Missing = append(f.Missing, id)
		}
	}
	return f
}
