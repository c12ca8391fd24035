package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/sink"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// exporter writes a collection, or a part of it, to a file.
type exporter struct {
	*app
	path   string
	format source.Format
	where  filter.Expr
	opts   sink.Options
	bare   int64 // documents written without text and without embedding

	damaged int64 // documents that were left out
}

func (a *app) export() *cobra.Command {
	e := exporter{app: a}
	var where string
	c := &cobra.Command{
		Use:   "export",
		Short: "Export documents to a file that import reads back unchanged",
		Long: `export writes documents to a file that import reads back unchanged: JSON lines,
CSV, TSV or Parquet. Files named .gz or .zst are compressed. The file appears
under its name only when it is complete.`,
		Example: `  frony-db export -o notes.jsonl.zst -c notes
  frony-db export --filter 'lang = "ko"' --format csv > korean.csv
  frony-db export --embeddings -o all.parquet`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage.Errorf("export takes no arguments, but got %q; name the file with --output", args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if e.where, err = parseFilter(where); err != nil {
				return err
			}
			if err := e.chooseFormat(); err != nil {
				return usage.Wrap(err)
			}
			return e.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVarP(&e.path, "output", "o", "-", "file to write, or - for standard output")
	f.StringVar((*string)(&e.format), "format", "", "jsonl, csv, tsv or parquet (default: by the file's name; jsonl for standard output)")
	f.StringVarP(&where, "filter", "f", "", `condition on metadata, as 'lang = "ko" AND year >= 2020'`)
	f.BoolVar(&e.opts.Embeddings, "embeddings", false, "also write the embeddings")
	return c
}

// chooseFormat chooses the format, and refuses files that could not be read back.
func (e *exporter) chooseFormat() error {
	if e.format == "" {
		e.format = source.JSONL
		if e.path != "-" {
			var ok bool
			if e.format, ok = source.FormatOf(e.path); !ok {
				return fmt.Errorf("%q does not end in .jsonl, .csv, .tsv or .parquet, with or without .gz or .zst; choose a --format", e.path)
			}
		}
	}
	if _, err := sink.New(io.Discard, e.format, nil); err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if e.format == source.Parquet && compression(e.path) != "" {
		return fmt.Errorf("%q: Parquet compresses its columns itself; name the file .parquet", e.path)
	}
	return nil
}

// compression is the compression that a file's name asks for.
func compression(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz":
		return "gzip"
	case ".zst", ".zstd":
		return "zstd"
	}
	return ""
}

func (e *exporter) run(ctx context.Context) error {
	began := time.Now()
	var n int
	err := e.withCollection(ctx, false, func(col collection) error {
		total, err := col.Count(ctx, e.where)
		if err != nil {
			return err
		}
		warnings, err := col.FilterWarnings(ctx, e.where)
		if err != nil {
			return err
		}
		e.printWarnings(warnings)
		write := func(w io.Writer) (err error) {
			n, err = e.write(ctx, w, col, total)
			return err
		}
		if e.path == "-" {
			return write(e.out)
		}
		return createFile(e.path, 0o644, write)
	})
	if err != nil {
		return err
	}
	if err := e.report(n, time.Since(began)); err != nil || e.damaged == 0 {
		return err
	}
	return fmt.Errorf("export: %w: %s left out; 'frony-db doctor' says more", db.ErrDamaged, term.Plural(e.damaged, "document"))
}

// report says what was written. If the documents go to standard output, the report
// goes to standard error.
func (e *exporter) report(n int, took time.Duration) error {
	if e.bare > 0 {
		fmt.Fprintf(e.err, "frony-db: %s without text were exported without embedding; to import them, export with --embeddings\n", term.Plural(e.bare, "document"))
	}
	switch {
	case e.path == "-":
		if !e.quiet {
			fmt.Fprintf(e.err, "%s: %s\n", e.collection, term.Plural(int64(n), "document"))
		}
		return nil
	case e.json:
		return e.printJSON(map[string]any{"collection": e.collection, "documents": n, "file": e.path, "format": e.format, "seconds": took.Seconds()})
	}
	size := ""
	if info, err := os.Stat(e.path); err == nil {
		size = ", " + term.Bytes(info.Size())
	}
	_, err := fmt.Fprintf(e.out, "%s: %s to %s%s in %s\n", e.collection, term.Plural(int64(n), "document"), e.path, size, took.Round(time.Millisecond))
	return err
}

// write writes the documents to w, compressed if the file's name says so.
func (e *exporter) write(ctx context.Context, w io.Writer, col collection, total int) (n int, err error) {
	var z io.WriteCloser
	switch compression(e.path) {
	case "gzip":
		z = gzip.NewWriter(w)
	case "zstd":
		if z, err = zstd.NewWriter(w); err != nil {
			return 0, err
		}
	}
	if z != nil {
		w = z
		defer func() { err = errors.Join(err, z.Close()) }()
	}
	out, err := sink.New(w, e.format, &e.opts)
	if err != nil {
		return 0, err
	}
	fields := db.FieldsDefault
	if e.opts.Embeddings {
		fields |= db.FieldEmbedding
	}
	step := func(int64) {}
	if !e.quiet && e.path != "-" {
		bar := term.NewProgress(e.err, "export to "+e.path, int64(total))
		defer bar.Finish()
		step = bar.Add
	}
	for doc, err := range col.Scan(ctx, db.Scan{Filter: e.where, Fields: fields}) {
		if errors.Is(err, db.ErrCorrupt) {
			fmt.Fprintf(e.err, "frony-db: %v\n", err)
			e.damaged++
			continue
		}
		if err != nil {
			return n, err
		}
		if doc.Text == "" && !e.opts.Embeddings {
			e.bare++
		}
		if err := out.Write(source.FromDocument(doc)); err != nil {
			return n, err
		}
		n++
		step(1)
	}
	return n, out.Close()
}
