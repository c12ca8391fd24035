package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/embedder/hub"
)

func (a *app) modelRm() *cobra.Command {
	return &cobra.Command{
		Use:   "rm OWNER/NAME[@REVISION]",
		Short: "Delete a model, or one revision of it, from the hub's cache",
		Args:  one("a model, as OWNER/NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			h, err := a.models.Hub(hub.Options{})
			if err != nil {
				return hubError(err)
			}
			freed, err := h.Remove(models.SplitID(args[0]))
			if err != nil {
				return hubError(err)
			}
			if a.json {
				return a.printJSON(map[string]any{"removed": args[0], "freed": freed})
			}
			_, err = fmt.Fprintf(a.out, "removed %s, %s\n", args[0], term.Bytes(freed))
			return err
		},
	}
}
