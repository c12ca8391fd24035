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

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/eval"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

type evalFlags struct {
	data      []string
	modes     []string
	titles    bool
	svg, runs string
	rankingFlags
	reciprocal bool // former name of --fusion reciprocal
	ranking    db.Query
	embedder   embedder.Embedder
}

func (a *app) eval() *cobra.Command {
	var o evalFlags
	c := &cobra.Command{
		Use:   "eval --data DIR [--data DIR...]",
		Short: "Measure the quality of searches",
		Long: `eval indexes the documents of an evaluation set in a temporary database, runs its
queries in every search mode, and compares the results with the judgements.

A set is a folder with corpus.jsonl {"id", "title"?, "text"}, queries.jsonl
{"id", "text"} and qrels.tsv (query id, document id, grade). The BEIR layout works
too.`,
		Example: `  frony-db eval --data sets/mine
  frony-db eval --data sets/mine --modes two_stage,hybrid --model intfloat/multilingual-e5-small --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runEval(c.Context(), &o) },
	}
	f := c.Flags()
	f.StringArrayVar(&o.data, "data", nil, "folder of a set; can be repeated")
	f.StringSliceVar(&o.modes, "modes", nil, "exact384, exact192, two_stage, lexical, hybrid (default: all)")
	f.BoolVar(&o.titles, "titles", false, "search the titles too")
	f.StringVar(&o.svg, "svg", "", "write a plot of quality against latency to this file")
	f.StringVar(&o.runs, "runs", "", "write TREC run files to this folder")
	o.add(f)
	f.BoolVar(&o.reciprocal, "reciprocal", false, "")
	_ = f.MarkHidden("reciprocal") // it exists
	return c
}

func (a *app) runEval(ctx context.Context, o *evalFlags) error {
	if len(o.data) == 0 {
		return usage.Errorf("eval needs a set: --data DIR")
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
		return usage.Errorf("eval needs a model; drop --precomputed")
	}
	o.embedder = e
	if o.reciprocal {
		a.warnOfFormer("reciprocal", "--fusion reciprocal")
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
