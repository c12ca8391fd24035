package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

func (a *app) importCmd() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Import documents from files, folders, globs, or - for standard input",
		Long: `import adds documents from files, folders, globs, or - for standard input: JSON
lines, CSV, TSV, Parquet, spreadsheets (.xlsx), Markdown, documents of Word and
Hancom (.docx, .hwpx), HTML and text. All but Parquet and office files may be compressed with gzip or zstd.

JSON lines have one object per line with "id", "text" and metadata. Unknown fields
become metadata, and so do the columns of a table. "_expires" is when a document
expires. A file of another kind is one document, cut into chunks that fit the model.

An existing document is replaced, with all its chunks. An unchanged one is left
alone, so the same command continues after an interruption. A record without an id
gets one derived from its content.

--watch keeps a collection in sync with a folder of such documents: it imports
changed files and deletes the chunks of removed ones, including changes from
before it was started. Between changes other commands can use the database.

Rejected records are written to NAME.rejects.jsonl with line, byte offset and
reason. The import continues, and the exit code is 3.`,
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

// importSync is how often an import syncs to disk.
const importSync = time.Second

func (a *app) runImport(ctx context.Context, paths []string, o importer.Options) (err error) {
	im, err := importer.New(ctx, paths, o)
	if err != nil {
		return err
	}
	defer func() { _ = im.Close() }() // only read from
	to := importer.Target{Collection: a.collection, Models: &a.models}
	var d *db.DB // a local one
	work := func() error {
		err := im.Run(ctx, to)
		if d != nil {
			err = errors.Join(err, d.Sync()) // the report counts what is on disk
		}
		if ctx.Err() != nil {
			fmt.Fprintln(a.err, "frony-db: documents imported so far are kept; run the same command to continue")
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
	if a.engine != "" {
		return a.withEngine(ctx, false, func(d engine.DB) error {
			to.DB = d
			return work()
		})
	}
	// Nothing is acknowledged before the report. What a crash loses until then is
	// imported when the same command runs again.
	if d, err = a.openWith(db.Options{SyncEvery: importSync}); err != nil {
		return err
	}
	defer a.close(d)
	to.DB = engine.Local(d)
	return work()
}

// runWatch brings a collection into sync with a folder: once, or until ctx ends.
func (a *app) runWatch(ctx context.Context, paths []string, o importer.Options, watch bool) error {
	if a.server != "" || a.engine != "" {
		return usage.Errorf("--watch and --prune need a local database and do not work with %s; "+
			"name a directory with --db, or import the folder without them", a.place())
	}
	if len(paths) > 1 {
		return usage.Errorf("--watch and --prune take one folder, but got %q", paths)
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

// reportImport prints the report of an import, also of a failed one. It returns
// errRejects if records were rejected.
func (a *app) reportImport(r importer.Report, failed error) error {
	if err := a.printImport(r); err != nil {
		return err
	}
	if failed == nil && !r.Complete() {
		return errRejects
	}
	return nil
}

func (a *app) printImport(r importer.Report) error {
	if a.json {
		return a.printJSON(r)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(a.err, "frony-db: %v\n", n)
	}
	if r.MoreNotes > 0 {
		fmt.Fprintf(a.err, "frony-db: and %s of the kind\n", term.Plural(r.MoreNotes, "more note"))
	}
	_, err := fmt.Fprintln(a.out, r)
	return err
}
