package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/embedder/hub"
)

// verified is the result of verify for one model.
type verified struct {
	Model  string      `json:"model"`
	Commit string      `json:"commit,omitempty"`
	Damage []hubDamage `json:"damage"`
	repo   [2]string   // and revision
}

type hubDamage struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

func (a *app) modelVerify() *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use:   "verify [OWNER/NAME[@REVISION]...]",
		Short: "Check models in the hub's cache against their hashes (default: all)",
		Long: `verify reads all files of models in the hub's cache and compares them with the
hashes from the download. It does not use the network. The exit code is 1 if a file
is missing or damaged. --repair deletes such files, so that 'model pull' downloads
only them again.`,
		RunE: func(c *cobra.Command, args []string) error { return a.runVerify(c.Context(), args, repair) },
	}
	c.Flags().BoolVar(&repair, "repair", false, "delete damaged files")
	return c
}

func (a *app) runVerify(ctx context.Context, names []string, repair bool) error {
	h, err := a.models.Hub(hub.Options{})
	if err != nil {
		return hubError(err)
	}
	list := []verified{}
	for _, name := range names {
		repo, revision := models.SplitID(name)
		list = append(list, verified{Model: name, repo: [2]string{repo, revision}})
	}
	if len(names) == 0 {
		models, err := h.List()
		if err != nil {
			return err
		}
		for _, m := range models {
			list = append(list, verified{Model: m.Repo, Commit: m.Commit, repo: [2]string{m.Repo, m.Commit}})
		}
	}
	bad := 0
	for i := range list {
		v := &list[i]
		v.Damage = []hubDamage{}
		damage, err := h.Verify(ctx, v.repo[0], v.repo[1], repair)
		if err != nil {
			return hubError(err)
		}
		for _, d := range damage {
			v.Damage = append(v.Damage, hubDamage(d))
		}
		if len(damage) > 0 {
			bad++
		}
	}
	if a.json {
		err = a.printJSON(map[string]any{"models": list, "repaired": repair})
	} else {
		err = a.printVerified(list)
	}
	if err != nil || bad == 0 {
		return err
	}
	hint := "delete the damaged files with --repair, then download them again with 'frony-db model pull'"
	if repair {
		hint = "the damaged files were deleted; download them again with 'frony-db model pull'"
	}
	return errors.New(term.Plural(int64(bad), "model") + " failed; " + hint)
}

func (a *app) printVerified(list []verified) error {
	for _, v := range list {
		name := models.At(v.repo[0], v.repo[1])
		if len(v.Damage) == 0 {
			fmt.Fprintf(a.out, "%s: sound\n", name)
		}
		for _, d := range v.Damage {
			fmt.Fprintf(a.out, "%s: %s: %s\n", name, d.File, cmp.Or(d.Reason, "damaged"))
		}
	}
	return nil
}
