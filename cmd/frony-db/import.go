package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
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
			o.source.Stdin = a.in
			if o.watch || o.prune {
				if a.server != "" {
					return usage.Errorf("--watch and --prune work on a database of this machine, not on the server %s; "+
						"name its directory with --db, or import the folder without them", a.address())
				}
				if len(paths) > 1 {
					return usage.Errorf("--watch and --prune want one folder, and got %q", paths)
				}
				return a.runWatch(c.Context(), paths[0], o)
			}
			return a.runImport(c.Context(), paths, o)
		},
	}
	f.add(c.Flags())
	return c
}

// importSync is how often an import waits for the disk.
const importSync = time.Second

func (a *app) runImport(ctx context.Context, paths []string, o importOptions) error {
	im := newImporter(a, o)
	r, err := im.openPaths(ctx, paths)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read from
	work := func() error {
		err := im.run(ctx, importLabel(paths), r, cmp.Or(o.rejects, rejectsName(paths)))
		if im.d != nil {
			err = errors.Join(err, im.d.Sync()) // what the report counts is on disk
		}
		if ctx.Err() != nil {
			fmt.Fprintln(im.err, "frony-db: what is stored stays, and the same command goes on")
		}
		return errors.Join(err, im.report(err))
	}
	if a.server != "" {
		return a.withServer(func(c *client.Client) error {
			im.remote = c
			return work()
		})
	}
	// Nothing is acknowledged before the report, and what is lost until then is
	// found missing when the import is run again.
	if im.d, err = a.openWith(db.Options{SyncEvery: importSync}); err != nil {
		return err
	}
	defer a.close(im.d)
	return work()
}

// openPaths finds all that the paths name, before anything is written.
func (im *importer) openPaths(ctx context.Context, paths []string) (source.Reader, error) {
	o := im.o.source
	o.Skipped = func(path, reason string) {
		im.count.skipped.Add(1)
		im.log.Debug("passed over", "file", path, "reason", reason)
	}
	if !strings.Contains(strings.Join(paths, " "), rejectsEnding) {
		// What could not be taken the last time lies beside what was read.
		o.Select = func(path string, _ source.Format, _ fs.FileInfo) bool { return !strings.HasSuffix(path, rejectsEnding) }
	}
	r, err := source.OpenAll(ctx, paths, &o)
	if err != nil {
		return nil, optionError(err)
	}
	return r, nil
}

func importLabel(paths []string) string {
	if len(paths) == 1 {
		return "import " + paths[0]
	}
	return fmt.Sprintf("import of %d paths", len(paths))
}

// rejectsEnding is the ending of files with rejected records.
const rejectsEnding = ".rejects.jsonl"

func rejectsName(paths []string) string {
	switch {
	case len(paths) > 1:
		return "import" + rejectsEnding
	case paths[0] == "-":
		return "stdin" + rejectsEnding
	}
	base := filepath.Base(filepath.Clean(paths[0]))
	if abs, err := filepath.Abs(base); err == nil && (base == "." || base == "..") {
		base = filepath.Base(abs)
	}
	name := strings.NewReplacer("*", "_", "?", "_", "[", "_", "]", "_", "{", "_", "}", "_").Replace(base)
	for _, ext := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, ext)
	}
	return strings.TrimSuffix(name, filepath.Ext(name)) + rejectsEnding
}
