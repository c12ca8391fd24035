package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/compat/chroma"
)

func (a *app) rename() *cobra.Command {
	return &cobra.Command{
		Use:     "rename NAME NEW",
		Short:   "Give a collection another name; its aliases follow it",
		Example: `  frony-db collections rename notes notes-2026`,
		Args:    two("the name of a collection", "its new name"),

		ValidArgsFunction: a.completeCollection,
		RunE: func(c *cobra.Command, args []string) error {
			err := a.withDatabase(func(d database) error {
				if err := d.Rename(c.Context(), args[0], args[1]); err != nil {
					return err
				}
				switch d := d.(type) { // a server does this itself
				case *db.DB:
					return chroma.Renamed(c.Context(), engine.Local(d), args[0], args[1])
				case engineDatabase:
					return chroma.Renamed(c.Context(), d.DB, args[0], args[1])
				}
				return nil
			})
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(api.RenameCollection{Name: args[1]})
			}
			fmt.Fprintf(a.out, "renamed %s to %s\n", args[0], args[1])
			return nil
		},
	}
}

func (a *app) copy() *cobra.Command {
	return &cobra.Command{
		Use:   "copy NAME NEW",
		Short: "Copy a collection with its embeddings",
		Long: `copy makes a new collection of another one's documents, as they are at that moment, with
their embeddings: nothing is embedded again. The new collection appears when it is
complete. With --server it runs there as a task.`,
		Example: `  frony-db collections copy notes notes-test`,
		Args:    two("the name of a collection", "the name of the copy"),

		ValidArgsFunction: a.completeCollection,
		RunE: func(c *cobra.Command, args []string) error {
			if a.server != "" {
				in := api.NewTask{Kind: api.TaskCopy, Collection: args[0], As: args[1]}
				return a.onServer(c.Context(), in, func(r *api.TaskResult) error { return a.reportCopy(r.Copy) })
			}
			if a.engine != "" {
				return a.withEngine(c.Context(), false, func(d engine.DB) error { return a.copyInEngine(c, d, args[0], args[1]) })
			}
			return a.withDB(func(d *db.DB) error {
				r, err := d.Copy(c.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				return a.reportCopy(&r)
			})
		},
	}
}

func (a *app) copyInEngine(c *cobra.Command, d engine.DB, from, to string) error {
	n, err := engine.As[engine.Namer](d, "copy")
	if err != nil {
		return err
	}
	r, err := n.Copy(c.Context(), from, to)
	if err != nil {
		return err
	}
	return a.reportCopy(&r)
}

func (a *app) reportCopy(r *db.CopyReport) error {
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "copied %d documents from %s to %s\n", r.Documents, r.From, r.To)
	return nil
}
