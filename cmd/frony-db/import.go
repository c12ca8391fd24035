package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/pipeline"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
)

func (a *app) importCmd() *cobra.Command {
	var o source.Options
	var rejects string
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Add documents from files, folders, globs or - for standard input",
		Long: `Add documents from files, folders, globs, or - for standard input.

JSONL has one object per line: "id", "text", and metadata; fields that are not
known become metadata. A document that exists is replaced, and one that has not
changed is left alone, so that the same command goes on after an interruption.

A record that can't be taken is written to NAME.rejects.jsonl with its line,
byte offset and reason; the rest goes on, and the exit code is 3.`,
		Example: `  frony-db import docs.jsonl --collection notes
  zcat dump.jsonl.gz | frony-db import - -c notes`,
		Args: some("a file, a folder, a glob, or - for standard input"),
		RunE: func(c *cobra.Command, paths []string) error {
			o.Stdin = a.in
			return a.runImport(c.Context(), paths, &o, rejects)
		},
	}
	f := c.Flags()
	f.StringVar((*string)(&o.Format), "format", "", "jsonl, text or markdown (default: by the file's name, jsonl for standard input)")
	f.StringVar(&o.Encoding, "encoding", "", "utf-8, utf-16le, utf-16be or cp949 (default: detected)")
	f.StringVar(&o.ID, "id-field", "", `field with the id (default: "id" or "_id")`)
	f.StringVar(&o.Text, "text-field", "", `field with the text (default: "text")`)
	f.StringVar(&o.Embedding, "embedding-field", "", `field with the embedding (default: "embedding" or "vector")`)
	f.StringVar(&rejects, "rejects", "", "file for rejected records (default: NAME.rejects.jsonl)")
	return c
}

func (a *app) runImport(ctx context.Context, paths []string, o *source.Options, rejects string) error {
	d, err := a.open(false)
	if err != nil {
		return err
	}
	defer a.close(d)
	im := &importer{app: a, d: d}
	var total pipeline.Stats
	for _, path := range paths {
		st, err := im.file(ctx, path, o, cmp.Or(rejects, rejectsName(path)))
		total.Read += st.Read
		total.Written += st.Written
		total.Rejected += st.Rejected
		total.Failed += st.Failed
		total.Elapsed += st.Elapsed
		total.Bytes += st.Bytes
		if err != nil {
			return err
		}
	}
	if err := a.printImport(total, im); err != nil {
		return err
	}
	if total.Rejected > 0 || total.Failed > 0 {
		return errRejects
	}
	return nil
}

func rejectsName(path string) string {
	if path == "-" {
		return "stdin.rejects.jsonl"
	}
	name := strings.NewReplacer("*", "_", "?", "_", "[", "_", "]", "_").Replace(filepath.Base(path))
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".rejects.jsonl"
}

func (a *app) printImport(s pipeline.Stats, im *importer) error {
	rate := float64(s.Written) / max(s.Elapsed.Seconds(), 1e-9)
	if a.json {
		return a.printJSON(map[string]any{
			"collection": a.collection, "read": s.Read, "written": s.Written, "rejected": s.Rejected,
			"failed_files": s.Failed, "rejects_files": im.rejectFiles, "seconds": s.Elapsed.Seconds(),
			"documents_per_second": rate,
		})
	}
	fmt.Fprintf(a.out, "%s: %d documents in %s (%.0f/s)", a.collection, s.Written, s.Elapsed.Round(time.Millisecond), rate)
	if s.Rejected > 0 {
		fmt.Fprintf(a.out, ", %d rejected: see %s", s.Rejected, strings.Join(im.rejectFiles, ", "))
	}
	if s.Failed > 0 {
		fmt.Fprintf(a.out, ", %d files not read to their end", s.Failed)
	}
	fmt.Fprintln(a.out)
	return nil
}

// importer brings records into one collection, which it opens when it sees the
// first of them: a collection of given embeddings takes their length.
type importer struct {
	*app
	d           *db.DB
	col         *db.Collection
	rejectFiles []string
}

func (im *importer) file(ctx context.Context, path string, o *source.Options, rejects string) (st pipeline.Stats, err error) {
	r, err := source.Open(ctx, path, o)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	rj := &rejectFile{path: rejects}
	defer func() {
		if rj.f != nil {
			im.rejectFiles = append(im.rejectFiles, rejects)
			err = errors.Join(err, rj.f.Close())
		}
	}()
	p, err := pipeline.New(r, pipeline.Stages{
		Write:  im.write(ctx),
		Reject: rj.add,
		Failed: func(fe *source.FileError) error {
			fmt.Fprintf(im.err, "frony-db: %v\n", fe)
			return nil
		},
	}, nil)
	if err != nil {
		return st, err
	}
	stop := im.watch(p, path)
	err = p.Run(ctx)
	stop()
	return p.Stats(), err
}

// watch shows how far a run is, until stop is called.
func (im *importer) watch(p *pipeline.Pipeline, path string) (stop func()) {
	if im.quiet {
		return func() {}
	}
	bar := term.NewProgress(im.err, "import "+path, max(p.Stats().Size, 0))
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		var seen int64
		show := func() {
			s := p.Stats()
			bar.Add(s.Bytes - seen)
			seen = s.Bytes
			bar.SetDetail(fmt.Sprintf("%d documents, %d rejected", s.Written, s.Rejected))
		}
		for {
			select {
			case <-end:
				show()
				bar.Finish()
				return
			case <-tick.C:
				show()
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// open opens the collection, or creates it to fit the first record.
func (im *importer) open(ctx context.Context, first *source.Record) error {
	o := &db.CollectionOptions{}
	for info, err := range im.d.Collections(ctx) {
		if err != nil {
			return err
		}
		if info.Name != im.collection {
			continue
		}
		var err error
		if o.Embedder, err = im.embedderFor(info.Model); err != nil {
			return err
		}
		im.col, err = im.d.Collection(ctx, im.collection, o)
		return err
	}
	var err error
	switch {
	case im.model == "" && first.Embedding != nil || im.model == "none":
		if first.Embedding == nil {
			return errors.New("--model none: the first record has no embedding, so that the dims of a new collection can't be known")
		}
		o.Dims = len(first.Embedding)
	default:
		if o.Embedder, err = openModel(cmp.Or(im.model, "builtin")); err != nil {
			return err
		}
	}
	im.col, err = im.d.Collection(ctx, im.collection, o)
	return err
}

// write stores a window of records, and rejects those that the collection
// would refuse.
func (im *importer) write(ctx context.Context) func(context.Context, []source.Record) (int, []*source.Reject, error) {
	return func(_ context.Context, records []source.Record) (int, []*source.Reject, error) {
		if im.col == nil {
			if err := im.open(ctx, &records[0]); err != nil {
				return 0, nil, err
			}
		}
		var rejects []*source.Reject
		docs := make([]db.Document, 0, len(records))
		at := make(map[string]int, len(records))
		for i := range records {
			rec := &records[i]
			doc := document(rec)
			if err := im.col.Validate(doc); err != nil {
				rejects = append(rejects, reject(rec, err))
				continue
			}
			// The later of two records with one id wins, as it would in two windows.
			if k, ok := at[doc.ID]; ok && doc.ID != "" {
				docs[k] = doc
				continue
			}
			at[doc.ID] = len(docs)
			docs = append(docs, doc)
		}
		err := im.upsert(ctx, docs)
		return len(records) - len(rejects), rejects, err
	}
}

// upsert writes documents in as few transactions as they fit.
func (im *importer) upsert(ctx context.Context, docs []db.Document) error {
	if len(docs) == 0 {
		return nil
	}
	_, err := im.col.Upsert(ctx, docs...)
	if errors.Is(err, db.ErrBatchTooLarge) && len(docs) > 1 {
		return errors.Join(im.upsert(ctx, docs[:len(docs)/2]), im.upsert(ctx, docs[len(docs)/2:]))
	}
	return err
}

func document(rec *source.Record) db.Document {
	d := db.Document{
		ID: rec.ID, Text: rec.Text, Metadata: rec.Metadata, Embedding: rec.Embedding,
		Source: rec.Source, Chunk: rec.Chunk,
	}
	if rec.Title != "" {
		if d.Metadata == nil {
			d.Metadata = db.Metadata{}
		}
		if _, ok := d.Metadata["title"]; !ok {
			d.Metadata["title"] = rec.Title
		}
	}
	return d
}

func reject(rec *source.Record, err error) *source.Reject {
	raw := rec.Text
	if len(raw) > 200 {
		raw = raw[:200]
	}
	return &source.Reject{File: rec.File, Line: rec.Line, Offset: rec.Offset, Reason: err.Error(), Raw: []byte(raw), Cut: len(raw) < len(rec.Text)}
}

// rejectFile is created with the first reject.
type rejectFile struct {
	path string
	f    *os.File
}

func (r *rejectFile) add(rj *source.Reject) error {
	if r.f == nil {
		f, err := os.Create(r.path)
		if err != nil {
			return fmt.Errorf("rejects: %w", err)
		}
		r.f = f
	}
	e := json.NewEncoder(io.Writer(r.f))
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		*source.Reject
		Raw string `json:"raw"`
	}{rj, strings.ToValidUTF8(string(rj.Raw), "�")})
}
