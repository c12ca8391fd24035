package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

func (a *app) reembed() *cobra.Command {
	var o db.ReembedOptions
	c := &cobra.Command{
		Use:   "reembed --model NEW",
		Short: "Change the model of a collection",
		Long: `reembed embeds all texts of a collection with the model that --model names, into a
new version next to the old one. It compares the two by how many of the top ten
results of sample queries they share. Then it switches, in one transaction.

It can be interrupted or killed at any moment; the same command resumes it. The
previous version is kept until 'reembed confirm' deletes it, or 'reembed rollback'
returns to it, including later writes.

With --server it runs there as a task, while the server serves, and changes to the
server's model: --model is then the server's to name. Otherwise the database must not
be open elsewhere. A program that has it open can call Collection.Reembed.`,
		Example: `  frony-db reembed -c notes --model builtin
  frony-db reembed -c notes --server 127.0.0.1:7700`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.server != "" {
				return a.reembedOnServer(c.Context(), &o)
			}
			if a.models.Name == "" || a.models.Name == models.None {
				return usage.Errorf("reembed: name the new model with --model")
			}
			return a.runReembed(c.Context(), &o)
		},
	}
	c.Flags().BoolVar(&o.NoSwitch, "no-switch", false, "stop after the comparison; the same command without --no-switch switches")
	c.Flags().BoolVar(&o.SkipTextless, "skip-textless", false, "skip documents that have an embedding but no text")
	c.Flags().IntVar(&o.HeadDims, "head-dims", 0, "length of the Matryoshka head (default: the model's)")
	c.Flags().IntVar(&o.Sample, "sample", 100, "sample queries for the comparison; 0 for none")
	c.AddCommand(a.reembedStatus(), a.reembedConfirm(), a.reembedRollback())
	return c
}

func (a *app) reembedOnServer(ctx context.Context, o *db.ReembedOptions) error {
	in := api.NewTask{
		Kind: api.TaskReembed, Collection: a.collection, HeadDims: o.HeadDims, SkipTextless: o.SkipTextless,
		NoSwitch: o.NoSwitch, Sample: max(o.Sample, 0), NoCompare: o.Sample <= 0,
	}
	return a.onServer(ctx, in, func(r *api.TaskResult) error { return a.reportReembed(r.Reembed) })
}

// reportReembed prints what a change of the model did.
func (a *app) reportReembed(r *db.ReembedReport) error {
	if a.json {
		return a.printJSON(r)
	}
	return a.printReembed(r)
}

func (a *app) runReembed(ctx context.Context, o *db.ReembedOptions) error {
	if o.Sample <= 0 {
		o.Sample = -1
	}
	e, err := a.models.Open(ctx, a.models.Name)
	if err != nil {
		return err
	}
	return a.withVersions(ctx, func(col *db.Collection) error {
		r, err := col.Reembed(ctx, e, o)
		if err != nil {
			return err
		}
		return a.reportReembed(&r)
	}, func(info *db.CollectionInfo) (embedder.Embedder, error) {
		if info.Model == nil || o.Sample < 0 || e.Spec().Fingerprint() == info.Model.Fingerprint() {
			return nil, nil // it would not be used
		}
		was, err := a.models.Former(ctx, *info.Model)
		if err != nil {
			a.log.Warn("the previous model can't be opened; the versions are not compared", "err", err)
		}
		return was, nil
	})
}

// withVersions calls do with the local collection, opened with the model that the
// function model chooses, which may be nil.
func (a *app) withVersions(ctx context.Context, do func(*db.Collection) error, model func(*db.CollectionInfo) (embedder.Embedder, error)) error {
	return a.withDB(func(d *db.DB) error {
		info, err := a.describe(ctx, d)
		if err != nil {
			return err
		}
		o := &db.CollectionOptions{MustExist: true}
		if o.Embedder, err = model(&info); err != nil {
			return err
		}
		col, err := d.Collection(ctx, a.collection, o)
		if err != nil {
			return err
		}
		return do(col)
	})
}

func noModel(*db.CollectionInfo) (embedder.Embedder, error) { return nil, nil }
