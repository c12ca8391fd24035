package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

func (a *app) facets() *cobra.Command {
	var q db.FacetQuery
	var where, search string
	k := 100
	c := &cobra.Command{
		Use:   "facets FIELD...",
		Short: "Count the values of metadata fields",
		Long: `facets prints the most frequent values of fields with the number of documents
that have them, and the least and the greatest number and time. It counts all
documents, those that meet --filter, or the results of --search.`,
		Example: `  frony-db facets lang year
  frony-db facets author --filter 'year >= 2020' --top 20 --prefix kim
  frony-db facets lang --search "환불은 얼마나 걸리나요?" -k 50`,
		Args: some("a field"),
		RunE: func(c *cobra.Command, fields []string) (err error) {
			q.Fields = fields
			if q.Filter, err = parseFilter(where); err != nil {
				return err
			}
			if search != "" {
				q.Search = &db.Query{Text: search, K: k}
			} else if c.Flags().Changed("k") {
				return usage.Errorf("-k is of a search; add --search")
			}
			var f db.Facets
			err = a.withCollection(c.Context(), search != "", func(col collection) (err error) {
				f, err = col.Facets(c.Context(), q)
				return err
			})
			if errors.Is(err, db.ErrInvalidQuery) {
				return usage.Wrap(err)
			}
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(api.FromFacets(&f))
			}
			a.printWarnings(f.Warnings)
			return a.printFacets(f)
		},
	}
	f := c.Flags()
	f.StringVarP(&where, "filter", "f", "", `condition on metadata, as 'lang = "ko" AND year >= 2020'`)
	f.IntVar(&q.Top, "top", 10, "values of each field, the most frequent first")
	f.StringVar(&q.Prefix, "prefix", "", "only values that begin so, without regard to case")
	f.StringVar(&search, "search", "", "count the results of a search for this text only")
	f.IntVarP(&k, "k", "k", k, "with --search: results to count")
	return c
}

func (a *app) printFacets(f db.Facets) error {
	for i, facet := range f.Facets {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		t := term.Table{Columns: []term.Column{{Title: facet.Field, Flex: true}, {Title: "documents", Right: true}}}
		for _, v := range facet.Values {
			t.Rows = append(t.Rows, []string{plain(v.Value), strconv.Itoa(v.Documents)})
		}
		if err := t.Write(a.out); err != nil {
			return err
		}
		if !a.quiet {
			of := term.Plural(int64(f.Documents), "document")
			fmt.Fprintf(a.err, "%s: in %d of %s, %s%s\n", facet.Field, facet.Documents, of, term.Plural(int64(facet.Distinct), "value"),
				span(facet.Min, facet.Max, facet.First, facet.Last))
		}
	}
	return nil
}

// span says the bounds of numbers and times.
func span(least, most any, first, last time.Time) string {
	s := ""
	if least != nil {
		s += fmt.Sprintf(", %s to %s", plain(least), plain(most))
	}
	if !first.IsZero() {
		s += fmt.Sprintf(", %s to %s", plain(first), plain(last))
	}
	return s
}

// plain is a value as a table has it.
func plain(v any) string { return api.Value{V: v}.String() }

func (a *app) fields() *cobra.Command {
	var where string
	c := &cobra.Command{
		Use:     "fields",
		Short:   "Describe the metadata fields of a collection: types, shares, examples",
		Example: `  frony-db fields -c notes`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			expr, err := parseFilter(where)
			if err != nil {
				return err
			}
			out := api.FieldInfos{Fields: []api.FieldInfo{}}
			var fields []db.FieldInfo
			err = a.withCollection(c.Context(), false, func(col collection) (err error) {
				if expr.Kind() != filter.KindAll {
					if out.Warnings, err = col.FilterWarnings(c.Context(), expr); err != nil {
						return err
					}
				}
				fields, err = col.Fields(c.Context(), expr)
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				for i := range fields {
					out.Fields = append(out.Fields, api.FromFieldInfo(&fields[i]))
				}
				return a.printJSON(out)
			}
			a.printWarnings(out.Warnings)
			return a.printFields(fields)
		},
	}
	c.Flags().StringVarP(&where, "filter", "f", "", `condition on metadata, as 'lang = "ko" AND year >= 2020'`)
	return c
}

func (a *app) printFields(fields []db.FieldInfo) error {
	t := term.Table{Columns: []term.Column{
		{Title: "field"}, {Title: "type"}, {Title: "documents", Right: true}, {Title: "share", Right: true}, {Title: "values", Right: true}, {Title: "examples", Flex: true},
	}}
	for _, f := range fields {
		var types, examples []string
		for _, k := range f.Types {
			types = append(types, k.Type)
		}
		for _, x := range f.Examples {
			examples = append(examples, plain(x))
		}
		about := strings.TrimPrefix(strings.TrimPrefix(span(f.Min, f.Max, f.First, f.Last)+"; ", ", ")+strings.Join(examples, ", "), "; ")
		t.Rows = append(t.Rows, []string{
			f.Name, strings.Join(types, ", "), strconv.Itoa(f.Documents), fmt.Sprintf("%.0f%%", 100*f.Share), strconv.Itoa(f.Distinct), about,
		})
	}
	return t.Write(a.out)
}
