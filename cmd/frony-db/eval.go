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
	data             []string
	modes, perturb   []string
	titles, mixed    bool
	part             string
	sample           int
	seed             uint64
	svg, runs        string
	cache            string
	details, compare string
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
too.

--mixed puts the documents of all sets into one collection, as they are in practice.
--perturb measures each set again with its queries spoilt as people spoil them:

  typo     a wrong letter in a word, in two words from 60 characters on
  spacing  no spaces
  wrap     inside a letter of some 200 characters
  ask      with words that only ask: Could you please tell me about the following
  latin    Hangul typed while the keyboard is English
  upper    all capitals

--details writes a line of JSON for each query: its rank in each mode and, if hybrid
search (or else the last mode) has nothing relevant first, the reason and the ranks
among the first 100 of exact dense and of lexical search: fusion (one of them has it
first), outranked (both have it), dense_only, lexical_only, neither.
--compare reads such a file of an earlier run and compares the queries that both have:
differences with 95 % intervals and p by a paired bootstrap. Whoever tunes on one part
of the queries (--part 1/2) should report the other.`,
		Example: `  frony-db eval --data sets/mine
  frony-db eval --data sets/faq --data sets/manual --mixed --perturb typo,wrap
  frony-db eval --data sets/mine --modes hybrid --details before.jsonl
  frony-db eval --data sets/mine --modes hybrid --dense-weight 0.5 --compare before.jsonl
  frony-db eval --data sets/mine --modes two_stage,hybrid --model intfloat/multilingual-e5-small --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runEval(c.Context(), &o) },
	}
	f := c.Flags()
	f.StringArrayVar(&o.data, "data", nil, "folder of a set; can be repeated")
	f.StringSliceVar(&o.modes, "modes", nil, "exact384, exact192, two_stage, lexical, hybrid (default: all)")
	f.BoolVar(&o.titles, "titles", false, "search the titles too")
	f.BoolVar(&o.mixed, "mixed", false, "put all sets into one collection")
	f.StringSliceVar(&o.perturb, "perturb", nil, "measure perturbed queries too: typo, spacing, wrap, ask, latin, upper")
	f.StringVar(&o.part, "part", "", "measure only a part of each set's queries, such as 1/2 or 2/2")
	f.IntVar(&o.sample, "sample", 0, "measure at most this many queries of each set, chosen by --seed (0: all)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of --perturb, --sample and --compare")
	f.StringVar(&o.details, "details", "", "write a line of JSON for each query to this file")
	f.StringVar(&o.compare, "compare", "", "compare with the run whose --details are in this file")
	f.StringVar(&o.cache, "embedding-cache", "", "keep embeddings in this file, for the next runs with the same model")
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
	opts := eval.Options{Titles: o.titles, Seed: o.seed, Details: o.details != "" || o.compare != "", Progress: a.evalProgress()}
	for _, m := range o.modes {
		if !slices.Contains(eval.Modes, eval.Mode(m)) {
			return usage.Errorf("--modes %s: want some of %v", m, eval.Modes)
		}
		opts.Modes = append(opts.Modes, eval.Mode(m))
	}
	for _, p := range o.perturb {
		if !slices.Contains(eval.Perturbations, eval.Perturbation(p)) {
			return usage.Errorf("--perturb %s: want some of %v", p, eval.Perturbations)
		}
		opts.Perturb = append(opts.Perturb, eval.Perturbation(p))
	}
	sets, err := o.sets()
	if err != nil {
		return err
	}
	var before []eval.Question
	if o.compare != "" {
		if before, err = eval.ReadQuestions(o.compare); err != nil {
			return fmt.Errorf("--compare: %w", err)
		}
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
	keep := func() error { return nil }
	if o.cache != "" {
		kept, err := openEmbeddingCache(o.cache, e)
		if err != nil {
			return fmt.Errorf("--embedding-cache: %w", err)
		}
		o.embedder, keep = kept, kept.close
	}
	dir, err := os.MkdirTemp("", "frony-db-eval-")
	if err != nil {
		return errors.Join(err, keep())
	}
	s := &evaluated{app: a, o: o, dir: dir}
	report, err := eval.Run(ctx, sets, s, &opts)
	if err := errors.Join(err, s.close(), os.RemoveAll(dir), keep()); err != nil {
		return err
	}
	if o.compare != "" {
		if report.Compared, err = eval.Compare(before, report.Questions(), o.seed); err != nil {
			return fmt.Errorf("--compare %s: %w", o.compare, err)
		}
	}
	return a.writeEval(report, o)
}

// sets loads the sets with the queries that are to be measured.
func (o *evalFlags) sets() ([]*eval.Set, error) {
	var part eval.Part
	var err error
	if o.part != "" {
		if part, err = eval.ParsePart(o.part); err != nil {
			return nil, usage.Errorf("--%w", err)
		}
	}
	if o.sample < 0 {
		return nil, usage.Errorf("--sample %d: want 0 or more", o.sample)
	}
	var sets []*eval.Set
	for _, dir := range o.data {
		s, err := eval.Load(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("--data %s is no evaluation set: %w; see 'frony-db eval --help'", dir, err)
		}
		if err != nil {
			return nil, err
		}
		sets = append(sets, s.Sample(part, o.sample, o.seed))
	}
	if o.mixed {
		sets = []*eval.Set{eval.Mixed(sets)}
	}
	return sets, nil
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
	if o.details != "" {
		if err := toFile(o.details, r.WriteQuestions); err != nil {
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
