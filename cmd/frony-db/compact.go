package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
)

func (a *app) compact() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Reclaim the space of deleted and replaced documents",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.server != "" {
				return a.onServer(c.Context(), api.NewTask{Kind: api.TaskCompact}, func(r *api.TaskResult) error {
					return a.printCompact(r.Compact)
				})
			}
			return a.withDB(func(d *db.DB) error {
				r, err := d.Compact(c.Context())
				if err != nil {
					return err
				}
				return a.printCompact(&r)
			})
		},
	}
}

func (a *app) printCompact(r *db.CompactReport) error {
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "store: %s before, %s after; %s removed from the graphs, %s deleted (%.1f s)\n",
		term.Bytes(r.Before), term.Bytes(r.After), term.Plural(int64(r.Nodes), "deleted node"), term.Plural(int64(r.Expired), "expired document"), r.Seconds)
	return nil
}
