package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

func (a *app) importCmd() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Add documents from files, folders, globs or - for standard input",
		Long: `Add documents from files, folders, globs, or - for standard input: JSON lines,
CSV, TSV, Parquet, Markdown and text, plain or compressed with gzip or zstd.

JSONL has one object per line: "id", "text", and metadata; fields that are not
known become metadata, and so do the columns of a table. A Markdown or text file
is one document, cut into chunks that the model can read.

A document that exists is replaced, chunks and all, and one that has not changed
is left alone, so that the same command goes on after an interruption. A record
without an id gets one made of its content.

With --watch a folder of Markdown and text files is kept in step: what changes is
stored again, what is removed is removed, also what changed while nobody watched.
Between changes the database is free for other commands.

A record that can't be taken is written to NAME.rejects.jsonl with its line,
byte offset and reason; the rest goes on, and the exit code is 3.`,
		Example: `  frony-db import docs.jsonl --collection notes
  frony-db import items.csv --id-field sku --text-field description --type price=float
  frony-db import 'handbook/**/*.md' --chunk 300
  frony-db import notes --watch
  zcat dump.jsonl.gz | frony-db import - -c notes`,
		Args: some("a file, a folder, a glob, or - for standard input"),
		RunE: func(c *cobra.Command, paths []string) error {
			o, err := f.options()
			if err != nil {
				return usage.Wrap(err)
			}
			o.Source.Stdin = a.in
			o.Log, o.Messages, o.Quiet = a.log, a.err, a.quiet
			if f.watch || f.prune {
				return a.runWatch(c.Context(), paths, o, f.watch)
			}
			return a.runImport(c.Context(), paths, o)
		},
	}
	f.add(c.Flags())
	return c
}

// importSync is how often an import waits for the disk.
const importSync = time.Second

func (a *app) runImport(ctx context.Context, paths []string, o importer.Options) (err error) {
	im, err := importer.New(ctx, paths, o)
	if err != nil {
		return err
	}
	defer func() { _ = im.Close() }() // only read from
	to := importer.Target{Collection: a.collection, Models: &a.models}
	work := func() error {
		err := im.Run(ctx, to)
		if to.DB != nil {
			err = errors.Join(err, to.DB.Sync()) // what the report counts is on disk
		}
		if ctx.Err() != nil {
			fmt.Fprintln(a.err, "frony-db: what is stored stays, and the same command goes on")
		}
		if r := im.Report(); err == nil || r.Read > 0 {
			err = errors.Join(err, a.reportImport(r, err))
		}
		return err
	}
	if a.server != "" {
		return a.withServer(func(c *client.Client) error {
			to.Server = c
			return work()
		})
	}
	// Nothing is acknowledged before the report, and what is lost until then is
	// found missing when the import is run again.
	if to.DB, err = a.openWith(db.Options{SyncEvery: importSync}); err != nil {
		return err
	}
	defer a.close(to.DB)
	return work()
}

// runWatch keeps a collection in step with a folder: once, or until ctx ends.
func (a *app) runWatch(ctx context.Context, paths []string, o importer.Options, watch bool) error {
	if a.server != "" {
		return usage.Errorf("--watch and --prune work on a database of this machine, not on the server %s; "+
			"name its directory with --db, or import the folder without them", a.address())
	}
	if len(paths) > 1 {
		return usage.Errorf("--watch and --prune want one folder, and got %q", paths)
	}
	w := importer.WatchOptions{
		Options: o, Folder: paths[0], Collection: a.collection, Models: &a.models, Dir: a.dir,
		Open:   func() (*db.DB, error) { return a.open(false) },
		Report: a.printImport,
	}
	if watch {
		return importer.Watch(ctx, w)
	}
	r, err := importer.Sync(ctx, w)
	if err != nil {
		return err
	}
	return a.reportImport(r, nil)
}

// reportImport prints what was done, also by an import that has failed, and
// returns errRejects if not every record was taken.
func (a *app) reportImport(r importer.Report, failed error) error {
	if err := a.printImport(r); err != nil {
		return err
	}
	if failed == nil && r.Rejected+r.Failed > 0 {
		return errRejects
	}
	return nil
}

func (a *app) printImport(r importer.Report) error {
	if a.json {
		return a.printJSON(r)
	}
	_, err := fmt.Fprintln(a.out, r)
	return err
}
