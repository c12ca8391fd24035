package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

func (a *app) reembedStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show whether the model is being changed, or a change is unconfirmed",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withDatabase(func(d database) error {
				info, err := a.describe(c.Context(), d)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(info)
				}
				a.printReembedding(&info)
				return nil
			})
		},
	}
}

func (a *app) printReembedding(info *db.CollectionInfo) {
	now := fmt.Sprintf("%s has %d documents with the model %s, %d dims", a.collection, info.Documents, modelText(info.Model), info.Dims)
	switch r := info.Reembedding; {
	case r == nil:
		fmt.Fprintf(a.out, "%s; no change of the model is in progress\n", now)
	case r.Switched:
		fmt.Fprintf(a.out, "%s; switched %s and not confirmed: the previous version has the model %s, %d dims, %d documents\n",
			now, r.Since.Local().Format(time.DateTime), modelText(r.Other.Model), r.Other.Dims, r.Other.Documents)
	default:
		fmt.Fprintf(a.out, "%s; a change to the model %s, %d dims, was begun %s and has %d documents\n",
			now, modelText(r.Other.Model), r.Other.Dims, r.Since.Local().Format(time.DateTime), r.Other.Documents)
	}
}

func (a *app) reembedConfirm() *cobra.Command {
	return &cobra.Command{
		Use:   "confirm",
		Short: "Delete the previous version; this cannot be undone",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.server != "" {
				return a.onServer(c.Context(), api.NewTask{Kind: api.TaskConfirm, Collection: a.collection}, func(*api.TaskResult) error {
					return a.withDatabase(func(d database) error {
						info, err := a.describe(c.Context(), d)
						if err != nil {
							return err
						}
						return a.printConfirmed(info.Model)
					})
				})
			}
			return a.withVersions(c.Context(), func(col *db.Collection) error {
				if err := col.Confirm(c.Context()); err != nil {
					return err
				}
				return a.printConfirmed(col.Model())
			}, noModel)
		},
	}
}

func (a *app) printConfirmed(model *embedder.Spec) error {
	if a.json {
		return a.printJSON(map[string]string{"confirmed": a.collection})
	}
	fmt.Fprintf(a.out, "confirmed: %s has the model %s, and the previous version is deleted\n", a.collection, modelText(model))
	return nil
}

func (a *app) reembedRollback() *cobra.Command {
	var o db.RollbackOptions
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Return to the previous version, or discard a change that has not switched",
		Long: `rollback returns to the previous version and deletes the new one. Writes and
deletes since the switch are carried over first, embedded with the previous model,
which is the one that the collection remembers, or --model. Before the switch,
rollback discards the new version.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			if a.server != "" {
				in := api.NewTask{Kind: api.TaskRollback, Collection: a.collection, SkipTextless: o.SkipTextless}
				return a.onServer(ctx, in, func(r *api.TaskResult) error { return a.printRollback(r.Reembed) })
			}
			return a.withVersions(ctx, func(col *db.Collection) error {
				r, err := col.Rollback(ctx, &o)
				if err != nil {
					return err
				}
				return a.printRollback(&r)
			}, func(info *db.CollectionInfo) (_ embedder.Embedder, err error) {
				switch r := info.Reembedding; {
				case r == nil || !r.Switched:
				case a.from["model"] == fromFlag: // other settings name the new model
					o.Embedder, err = a.models.Open(ctx, a.models.Name)
				case r.Other.Model != nil:
					if o.Embedder, err = a.models.Former(ctx, *r.Other.Model); err != nil {
						a.log.Warn("the previous model can't be opened; it may not be needed", "err", err)
						o.Embedder, err = nil, nil
					}
				}
				return nil, err
			})
		},
	}
	c.Flags().BoolVar(&o.SkipTextless, "skip-textless", false, "skip documents written since then that have an embedding but no text")
	return c
}

func (a *app) printRollback(r *db.ReembedReport) error {
	switch {
	case a.json:
		return a.printJSON(r)
	case !r.Switched:
		fmt.Fprintf(a.out, "discarded: %s keeps the model %s\n", a.collection, modelText(r.To.Model))
		return nil
	}
	return a.printVersions(r)
}
