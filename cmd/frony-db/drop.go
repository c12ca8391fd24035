package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
)

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
