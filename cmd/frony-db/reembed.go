package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

func (a *app) reembed() *cobra.Command {
	var o db.ReembedOptions
	c := &cobra.Command{
		Use:   "reembed --model NEW",
		Short: "Change a collection's model: embed all texts again, compare, and switch",
		Long: `reembed embeds all texts of a collection again with the model that --model names,
into a new version beside the old one. It compares the two: how many of the first
ten results of sampled queries they share. Then it switches, in one transaction.

It may be interrupted or killed at any moment; the same command goes on where it
stopped. The old version is kept until 'reembed confirm' drops it or 'reembed
rollback' goes back to it, with what was written since.

The database must not be open elsewhere. A program that serves it calls
Collection.Reembed instead: searches and writes go on meanwhile.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.models.Name == "" || a.models.Name == models.None {
				return usage.Errorf("reembed: name the new model with --model")
			}
			return a.runReembed(c.Context(), &o)
		},
	}
	c.Flags().BoolVar(&o.NoSwitch, "no-switch", false, "end with the comparison; the same command without it switches")
	c.Flags().BoolVar(&o.SkipTextless, "skip-textless", false, "skip documents that have an embedding but no text")
	c.Flags().IntVar(&o.HeadDims, "head-dims", 0, "length of the Matryoshka head (default: the model's)")
	c.Flags().IntVar(&o.Sample, "sample", 100, "queries that the versions are compared by; 0 for none")
	c.AddCommand(a.reembedStatus(), a.reembedConfirm(), a.reembedRollback())
	return c
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
		if a.json {
			return a.printJSON(r)
		}
		return a.printReembed(&r)
	}, func(info *db.CollectionInfo) (embedder.Embedder, error) {
		if info.Model == nil || o.Sample < 0 || e.Spec().Fingerprint() == info.Model.Fingerprint() {
			return nil, nil // it would be asked nothing
		}
		was, err := a.models.Former(ctx, *info.Model)
		if err != nil {
			a.log.Warn("the model from before can't be opened; the versions are not compared", "err", err)
		}
		return was, nil
	})
}

// withVersions calls do with the collection of the directory's database, opened
// with the model that is chosen for it, which may be none.
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

func (a *app) printReembed(r *db.ReembedReport) error {
	if r.Unchanged {
		fmt.Fprintf(a.out, "%s has the model %s already; nothing was done, see 'frony-db reembed status'\n", a.collection, modelText(r.To.Model))
		return nil
	}
	if err := a.printVersions(r); err != nil {
		return err
	}
	o := &r.Overlap
	switch {
	case o.Skipped != "":
		fmt.Fprintf(a.out, "overlap: not measured: %s\n", o.Skipped)
	case o.Queries > 0:
		fmt.Fprintf(a.out, "overlap@%d on %d texts of documents: %.2f by meaning, %.2f with words\n", o.K, o.Queries, o.Dense, o.Hybrid)
		for _, q := range o.Least {
			fmt.Fprintf(a.out, "  least: %.2f %s %s\n    old %s\n    new %s\n", q.Shared, term.Clean(q.ID), term.Clean(shorten(q.Text, 60)), firstIDs(q.Old), firstIDs(q.New))
		}
	}
	if !r.Switched {
		fmt.Fprintf(a.out, "not switched: the same command without --no-switch does it, 'frony-db reembed rollback -c %s' gives it up\n", a.collection)
		return nil
	}
	fmt.Fprintf(a.out, "switched; the old version is kept: 'frony-db reembed confirm -c %[1]s' drops it, 'frony-db reembed rollback -c %[1]s' goes back\n", a.collection)
	return nil
}

func (a *app) printVersions(r *db.ReembedReport) error {
	t := term.Table{Columns: []term.Column{{Title: a.collection}, {Title: "model", Flex: true}, {Title: "dims", Right: true}, {Title: "documents", Right: true}}}
	for _, v := range []struct {
		name string
		*db.ReembedVersion
	}{{"from", &r.From}, {"to", &r.To}} {
		t.Rows = append(t.Rows, []string{v.name, modelText(v.Model), fmt.Sprintf("%d/%d", v.HeadDims, v.Dims), fmt.Sprint(v.Documents)})
	}
	if err := t.Write(a.out); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%d texts embedded, %d documents with a vector that was there, %d removed", r.Embedded, r.Copied, r.Removed)
	if r.Skipped > 0 {
		fmt.Fprintf(a.out, ", %d without a text skipped", r.Skipped)
	}
	fmt.Fprintf(a.out, " (%.1f s)\n", r.Seconds)
	return nil
}

func modelText(s *embedder.Spec) string {
	if s == nil {
		return "none, embeddings are given"
	}
	return models.At(s.Model, s.Revision)
}

func firstIDs(ids []string) string {
	return term.Clean(strings.Join(ids[:min(len(ids), 5)], " "))
}

// shorten cuts a text after n characters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func (a *app) reembedStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say whether a change of the model is under way, or waits to be confirmed",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withDB(func(d *db.DB) error {
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
		fmt.Fprintf(a.out, "%s; it isn't being changed\n", now)
	case r.Switched:
		fmt.Fprintf(a.out, "%s; since %s, and not confirmed: before it was %s, %d dims, %d documents\n",
			now, r.Since.Local().Format(time.DateTime), modelText(r.Other.Model), r.Other.Dims, r.Other.Documents)
	default:
		fmt.Fprintf(a.out, "%s; a change to %s, %d dims, was begun %s and has %d documents\n",
			now, modelText(r.Other.Model), r.Other.Dims, r.Since.Local().Format(time.DateTime), r.Other.Documents)
	}
}

func (a *app) reembedConfirm() *cobra.Command {
	return &cobra.Command{
		Use:   "confirm",
		Short: "Drop the version from before the switch; there is no way back then",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withVersions(c.Context(), func(col *db.Collection) error {
				if err := col.Confirm(c.Context()); err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]string{"confirmed": a.collection})
				}
				fmt.Fprintf(a.out, "confirmed: %s has the model %s, the version before is dropped\n", a.collection, modelText(col.Model()))
				return nil
			}, noModel)
		},
	}
}

func (a *app) reembedRollback() *cobra.Command {
	var o db.RollbackOptions
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Go back to the version from before the switch, or give a change up before it",
		Long: `rollback goes back to the version from before the switch and drops the new one.
What was written and deleted since is brought over first, embedded with the old
model. That is opened as the collection remembers it, or as --model names it.
Before the switch, rollback drops what was made of the new version.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			return a.withVersions(ctx, func(col *db.Collection) error {
				r, err := col.Rollback(ctx, &o)
				if err != nil {
					return err
				}
				switch {
				case a.json:
					return a.printJSON(r)
				case !r.Switched:
					fmt.Fprintf(a.out, "given up: %s keeps the model %s\n", a.collection, modelText(r.To.Model))
					return nil
				}
				return a.printVersions(&r)
			}, func(info *db.CollectionInfo) (_ embedder.Embedder, err error) {
				switch r := info.Reembedding; {
				case r == nil || !r.Switched:
				case a.from["model"] == fromFlag: // the other settings name the one that is used
					o.Embedder, err = a.models.Open(ctx, a.models.Name)
				case r.Other.Model != nil:
					if o.Embedder, err = a.models.Former(ctx, *r.Other.Model); err != nil {
						a.log.Warn("the model from before can't be opened; it may not be needed", "err", err)
						o.Embedder, err = nil, nil
					}
				}
				return nil, err
			})
		},
	}
	c.Flags().BoolVar(&o.SkipTextless, "skip-textless", false, "skip documents written since that have an embedding but no text")
	return c
}
