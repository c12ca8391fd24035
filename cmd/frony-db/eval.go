package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/eval"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/quant"
)

type evalFlags struct {
	data      []string
	modes     []string
	titles    bool
	svg, runs string
	rankingFlags
	reciprocal bool // the former --fusion reciprocal
	ranking    db.Query
	embedder   embedder.Embedder
}

func (a *app) eval() *cobra.Command {
	var o evalFlags
	c := &cobra.Command{
		Use:   "eval --data DIR [--data DIR...]",
		Short: "Measure how well searches find what they should",
		Long: `Index the documents of an evaluation set in a temporary database, ask its
questions in every mode of search, and compare the answers with the judgements.

A set is a folder with corpus.jsonl {"id", "title"?, "text"}, queries.jsonl
{"id", "text"} and qrels.tsv (query id, document id, grade). Sets in the layout
of BEIR are read too.`,
		Example: `  frony-db eval --data sets/mine
  frony-db eval --data sets/mine --modes two_stage,hybrid --model intfloat/multilingual-e5-small --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runEval(c.Context(), &o) },
	}
	f := c.Flags()
	f.StringArrayVar(&o.data, "data", nil, "folder of a set; may be repeated")
	f.StringSliceVar(&o.modes, "modes", nil, "exact384, exact192, two_stage, lexical, hybrid (default: all)")
	f.BoolVar(&o.titles, "titles", false, "put titles before the texts")
	f.StringVar(&o.svg, "svg", "", "write a plot of accuracy against time to this file")
	f.StringVar(&o.runs, "runs", "", "write run files in the form of TREC to this folder")
	o.add(f)
	f.BoolVar(&o.reciprocal, "reciprocal", false, "")
	_ = f.MarkHidden("reciprocal") // it exists
	return c
}

func (a *app) runEval(ctx context.Context, o *evalFlags) error {
	if len(o.data) == 0 {
		return usage.Errorf("eval wants a set: --data DIR")
	}
	var modes []eval.Mode
	for _, m := range o.modes {
		if !slices.Contains(eval.Modes, eval.Mode(m)) {
			return usage.Errorf("--modes %s: want some of %v", m, eval.Modes)
		}
		modes = append(modes, eval.Mode(m))
	}
	var sets []*eval.Set
	for _, dir := range o.data {
		s, err := eval.Load(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("--data %s is no evaluation set: %w; see 'frony-db eval --help'", dir, err)
		}
		if err != nil {
			return err
		}
		sets = append(sets, s)
	}
	e, err := a.models.Open(ctx, cmp.Or(a.models.Name, "builtin"))
	if err != nil {
		return err
	}
	if e == nil {
		return usage.Errorf("eval needs a model, and --precomputed means none")
	}
	o.embedder = e
	if o.reciprocal {
		a.log.Warn("a setting has a new name; the former one will go with version 0.2", "former", "reciprocal", "new", "--fusion reciprocal")
		o.fusion = "reciprocal"
	}
	w := o.query(a.from["dense-weight"] != byDefault)
	if o.ranking, err = fromWire(&w); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "frony-db-eval-")
	if err != nil {
		return err
	}
	s := &evaluated{app: a, o: o, dir: dir}
	report, err := eval.Run(ctx, sets, s, &eval.Options{Modes: modes, Titles: o.titles, Progress: a.evalProgress()})
	if err := errors.Join(err, s.close(), os.RemoveAll(dir)); err != nil {
		return err
	}
	return a.writeEval(report, o)
}

func (a *app) evalProgress() func(string, eval.Mode, int, int) {
	if a.quiet || !term.IsTerminal(a.err) {
		return nil
	}
	return func(set string, mode eval.Mode, done, of int) {
		fmt.Fprintf(a.err, "\r\x1b[K%s %s %d of %d", set, mode, done, of)
		if done == of {
			fmt.Fprint(a.err, "\r\x1b[K")
		}
	}
}

func (a *app) writeEval(r *eval.Report, o *evalFlags) error {
	if o.svg != "" {
		if err := toFile(o.svg, r.WriteSVG); err != nil {
			return err
		}
	}
	if o.runs != "" {
		if err := os.MkdirAll(o.runs, 0o755); err != nil {
			return err
		}
		for _, s := range r.Sets {
			for mode := range s.Modes {
				path := filepath.Join(o.runs, fmt.Sprintf("%s.%s.run", s.Name, mode))
				if err := toFile(path, func(w io.Writer) error { return r.WriteRun(w, s.Name, mode, "frony-db") }); err != nil {
					return err
				}
			}
		}
	}
	if a.json {
		return r.WriteJSON(a.out)
	}
	return r.WriteMarkdown(a.out)
}

func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// evaluated is the database as the evaluation asks it: a new one for each set.
type evaluated struct {
	*app
	o   *evalFlags
	dir string

	d     *db.DB
	col   *db.Collection
	ids   []string
	heads [][]float32 // of every document, for the exact search over the head
}

func (s *evaluated) close() error {
	if s.d == nil {
		return nil
	}
	err := s.d.Close()
	s.d = nil
	return err
}

// Index implements eval.Searcher.
func (s *evaluated) Index(ctx context.Context, docs []eval.Document) error {
	if err := s.close(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "set-")
	if err != nil {
		return err
	}
	// What is measured is a search, not how the disk syncs.
	if s.d, err = db.Open(dir, &db.Options{Embedder: s.o.embedder, Logger: s.log, SyncEvery: time.Second}); err != nil {
		return err
	}
	if s.col, err = s.d.Collection(ctx, "eval", nil); err != nil {
		return err
	}
	for part := range slices.Chunk(docs, 512) {
		batch := make([]db.Document, len(part))
		for i, d := range part {
			batch[i] = db.Document{ID: d.ID, Text: d.Text}
		}
		if _, err := s.col.Upsert(ctx, batch...); err != nil {
			return err
		}
	}
	s.ids, s.heads = nil, nil
	head := s.o.embedder.Spec().HeadDims
	for d, err := range s.col.Scan(ctx, db.Scan{Fields: db.FieldEmbedding}) {
		if err != nil {
			return err
		}
		s.ids = append(s.ids, d.ID)
		s.heads = append(s.heads, quant.Head(make([]float32, head), d.Embedding))
	}
	return nil
}

// Search implements eval.Searcher.
func (s *evaluated) Search(ctx context.Context, mode eval.Mode, query string, k int) (eval.Answer, error) {
	if mode == eval.Exact192 {
		return s.exactHead(ctx, query, k)
	}
	var t db.Trace
	q := s.o.ranking
	q.Text, q.K, q.Trace, q.Fields = query, k, &t, db.FieldsNone
	switch mode {
	case eval.Lexical:
		q.Mode = db.Lexical
	case eval.Hybrid:
		q.Mode = db.Hybrid
	default:
		q.Mode, q.Exact = db.Dense, mode == eval.Exact384
	}
	matches, err := s.col.Search(ctx, q)
	if err != nil {
		return eval.Answer{}, err
	}
	a := eval.Answer{Stages: []eval.Stage{
		{Name: "embed", Time: t.Embed},
		{Name: "graph", Time: t.Graph},
		{Name: "lexical", Time: t.Lexical},
		{Name: "rerank", Time: t.Rerank},
		{Name: "load", Time: t.Load},
	}}
	for _, m := range matches {
		a.IDs = append(a.IDs, m.Document.ID)
		a.Scores = append(a.Scores, m.Score)
	}
	return a, nil
}

// exactHead searches the heads by brute force: what half the dimensions can do.
func (s *evaluated) exactHead(ctx context.Context, query string, k int) (eval.Answer, error) {
	start := time.Now()
	v, err := s.o.embedder.EmbedQuery(ctx, query)
	if err != nil {
		return eval.Answer{}, err
	}
	embed := time.Since(start)
	v = quant.Head(make([]float32, s.o.embedder.Spec().HeadDims), v)
	order := make([]int, len(s.heads))
	scores := make([]float32, len(s.heads))
	for i, h := range s.heads {
		order[i], scores[i] = i, quant.Dot(v, h)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), a-b) })
	a := eval.Answer{Stages: []eval.Stage{{Name: "embed", Time: embed}, {Name: "rerank", Time: time.Since(start) - embed}}}
	for _, i := range order[:min(k, len(order))] {
		a.IDs = append(a.IDs, s.ids[i])
		a.Scores = append(a.Scores, scores[i])
	}
	return a, nil
}
