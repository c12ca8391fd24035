package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

func (a *app) alias() *cobra.Command {
	drop := false
	c := &cobra.Command{
		Use:   "alias [NAME COLLECTION]",
		Short: "List the aliases, or make a name lead to a collection",
		Long: `alias makes a name lead to a collection: wherever a collection is named, the alias
does as well. If it exists, it is switched in one transaction, so that programs that use
it go on with the new collection. Without arguments it lists the aliases.`,
		Example: `  frony-db collections alias
  frony-db collections alias notes notes-v2
  frony-db collections alias --drop notes`,
		ValidArgsFunction: a.completeCollection,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case drop && len(args) == 1:
				return a.dropAlias(c, args[0])
			case drop:
				return usage.Errorf("alias --drop: want the name of an alias")
			case len(args) == 0:
				return a.listAliases(c)
			case len(args) != 2:
				return usage.Errorf("alias: want an alias and a collection, or nothing to list the aliases")
			}
			return a.setAlias(c, args[0], args[1])
		},
	}
	c.Flags().BoolVar(&drop, "drop", false, "drop the alias; its collection stays")
	return c
}

func (a *app) setAlias(c *cobra.Command, alias, collection string) error {
	var previous string
	err := a.withDatabase(func(d database) (err error) {
		previous, err = d.SetAlias(c.Context(), alias, collection)
		return err
	})
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(api.AliasSet{Alias: alias, Collection: collection, Previous: previous})
	case previous != "":
		fmt.Fprintf(a.out, "%s leads to %s, before to %s\n", alias, collection, previous)
		return nil
	}
	fmt.Fprintf(a.out, "%s leads to %s\n", alias, collection)
	return nil
}

func (a *app) dropAlias(c *cobra.Command, alias string) error {
	if err := a.withDatabase(func(d database) error { return d.DropAlias(c.Context(), alias) }); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(api.AliasDropped{Dropped: alias})
	}
	fmt.Fprintf(a.out, "dropped the alias %s\n", alias)
	return nil
}

func (a *app) listAliases(c *cobra.Command) error {
	var list []db.Alias
	err := a.readDatabase(func(d database) (err error) {
		list, err = d.Aliases(c.Context())
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(api.Aliases{Aliases: append([]db.Alias{}, list...)})
	}
	t := term.Table{Columns: []term.Column{{Title: "alias", Flex: true}, {Title: "collection", Flex: true}, {Title: "since"}}}
	for _, one := range list {
		t.Rows = append(t.Rows, []string{one.Name, one.Collection, one.Since.Local().Format(time.DateTime)})
	}
	return t.Write(a.out)
}
