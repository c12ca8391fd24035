package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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
		Long: `collections lists the collections. One is created by the first import into it; a
server creates empty ones, too: POST /v1/collections.`,
		Example: `  frony-db collections
  frony-db collections --json | jq -r '.collections[].name'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list := []db.CollectionInfo{}
			err := a.readDatabase(func(d database) error {
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
	c.AddCommand(a.drop(), a.rename(), a.copy(), a.alias())
	return c
}

func (a *app) printCollections(list []db.CollectionInfo) error {
	aliased := slices.ContainsFunc(list, func(i db.CollectionInfo) bool { return len(i.Aliases) > 0 })
	t := term.Table{Columns: []term.Column{
		{Title: "collection", Flex: true},
		{Title: "documents", Right: true},
		{Title: "dims", Right: true},
		{Title: "model", Flex: true},
		{Title: "created"},
	}}
	if aliased {
		t.Columns = append(t.Columns, term.Column{Title: "aliases", Flex: true})
	}
	for _, i := range list {
		model := modelShort(i.Model)
		switch r := i.Reembedding; {
		case r == nil:
		case r.Switched:
			model += ", was " + modelShort(r.Other.Model)
		default:
			model += " → " + modelShort(r.Other.Model)
		}
		if i.Degraded != "" {
			model += ", outdated"
		}
		t.Rows = append(t.Rows, []string{
			i.Name, strconv.Itoa(i.Documents), fmt.Sprintf("%d/%d", i.HeadDims, i.Dims), model,
			i.Created.Local().Format(time.DateTime),
		})
		if aliased {
			last := len(t.Rows) - 1
			t.Rows[last] = append(t.Rows[last], strings.Join(i.Aliases, ", "))
		}
	}
	return t.Write(a.out)
}

func modelShort(s *embedder.Spec) string {
	if s == nil {
		return "none"
	}
	return s.Model
}
