package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
)

func (a *app) modelPath() *cobra.Command {
	return &cobra.Command{
		Use:   "path OWNER/NAME[@REVISION]",
		Short: "Print the directory of a model in the hub's cache",
		Args:  one("a model, as OWNER/NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			repo, revision := models.SplitID(args[0])
			dir, err := a.models.Cached(repo, revision)
			if err != nil {
				return hubError(err)
			}
			if a.json {
				return a.printJSON(map[string]string{"repo": repo, "dir": dir})
			}
			_, err = fmt.Fprintln(a.out, dir)
			return err
		},
	}
}
