package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

func (a *app) list() *cobra.Command {
	var where string
	var wire api.Scan
	c := &cobra.Command{
		Use:   "list",
		Short: "List documents, sorted by fields",
		Long: `list prints documents in the order of --sort, or else of their ids, a page at a
time. With a minus a field is in descending order. Documents without the field
come last.`,
		Example: `  frony-db list --sort -created --limit 20 --filter 'lang = "ko"'
  frony-db list --sort -year,title --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if wire.Limit < 1 {
				return usage.Errorf("--limit %d: want 1 or more", wire.Limit)
			}
			s, err := wire.DB(filter.Limits{})
			if e, ok := errors.AsType[*api.FieldError](err); ok {
				return usage.Errorf("--%s: %w", e.Field, err)
			}
			if err != nil {
				return err
			}
			if s.Filter, err = parseFilter(where); err != nil {
				return err
			}
			return a.runList(c, s)
		},
	}
	f := c.Flags()
	f.StringVarP(&where, "filter", "f", "", `condition on metadata, as 'lang = "ko" AND year >= 2020'`)
	f.StringVarP(&wire.Sort, "sort", "s", "", "one or two fields, each with a minus for descending order, as -year,title")
	f.IntVarP(&wire.Limit, "limit", "n", 20, "number of documents")
	f.StringVar(&wire.Cursor, "cursor", "", "where to go on: the next of the page before")
	return c
}

func (a *app) runList(c *cobra.Command, s db.Scan) error {
	var fields []string
	for _, k := range s.Sort {
		fields = append(fields, k.Field)
	}
	page := api.Page{Documents: []api.StoredDocument{}}
	var docs []db.Document
	limit := s.Limit
	s.Limit++ // one more says whether there is another page
	err := a.withCollection(c.Context(), false, func(col collection) (err error) {
		if page.Warnings, err = col.FilterWarnings(c.Context(), s.Filter, fields...); err != nil {
			return err
		}
		for d, err := range col.Scan(c.Context(), s) {
			if err != nil {
				return err
			}
			docs = append(docs, d)
		}
		return nil
	})
	if errors.Is(err, db.ErrInvalidQuery) {
		return usage.Wrap(err)
	}
	if err != nil {
		return err
	}
	if len(docs) > limit {
		docs = docs[:limit]
		next := s.Next(&docs[limit-1])
		page.Next = api.FromScan(&next).Cursor
	}
	if a.json {
		for i := range docs {
			page.Documents = append(page.Documents, api.FromStored(&docs[i]))
		}
		return a.printJSON(page)
	}
	a.printWarnings(page.Warnings)
	t := term.Table{Columns: []term.Column{{Title: "id"}}}
	for _, k := range s.Sort {
		t.Columns = append(t.Columns, term.Column{Title: k.Field})
	}
	t.Columns = append(t.Columns, term.Column{Title: "text", Flex: true})
	for _, d := range docs {
		row := []string{d.ID}
		for _, k := range s.Sort {
			v := d.Metadata[k.Field]
			if k.Field == filter.FieldSource {
				v = d.Source
			}
			row = append(row, plain(v))
		}
		t.Rows = append(t.Rows, append(row, d.Text))
	}
	if err := t.Write(a.out); err != nil {
		return err
	}
	if page.Next != "" && !a.quiet {
		fmt.Fprintf(a.err, "more with --cursor %s\n", page.Next)
	}
	return nil
}
