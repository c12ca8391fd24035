// Command annbench compares frony-db's index with its peers: interleaved, on one core, on
// the same data, at equal recall.
//
//	go run ./cmd/annbench -n 100000 -out out
//	go run ./cmd/annbench -base vectors.npy -query queries.npy -out out
//	go run ./cmd/annbench -texts corpus.jsonl -questions queries-a.txt,queries-b.txt -out out
//
// Texts are embedded by the embedded model, passages and questions in their roles. A
// question file has one a line, its name is the kind, and figures are given by kind, too.
//
// Peers with Python packages need an interpreter that has them. Without -python, an
// environment is created in the cache folder.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/bench/engine"
	"github.com/fronyai/frony-db/bench/host"
	"github.com/fronyai/frony-db/bench/report"
	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/quant"
)

type options struct {
	n, queries, dims, head, rounds, core int
	seed                                 uint64
	base, query, engines, targets        string
	texts, questions                     string
	cache, out, python, clock, commit    string
	render                               string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "annbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.render != "" {
		return render(o.render, o.out)
	}
	if o.core >= 0 && os.Getenv("ANNBENCH_PINNED") == "" {
		return pinned(ctx, o.core, args)
	}
	if err := os.MkdirAll(o.cache, 0o755); err != nil {
		return err
	}
	set, err := load(ctx, o)
	if err != nil {
		return err
	}
	r := &report.Report{
		Machine: host.Machine(), Kernels: quant.Implementation(), Commit: o.commit, Date: time.Now().UTC().Format(time.DateOnly),
		Set: set.Name, Vectors: set.Len(), Queries: set.Queries(), Dims: set.Dims, HeadDims: set.HeadDims, Clock: o.clock,
	}
	for _, k := range set.Kinds {
		if len(set.Kinds) > 1 {
			r.Kinds = append(r.Kinds, k.Name)
		}
	}
	for t := range strings.SplitSeq(o.targets, ",") {
		x, err := strconv.ParseFloat(t, 64)
		if err != nil {
			return fmt.Errorf("-targets: %w", err)
		}
		r.Targets = append(r.Targets, x)
	}
	if err := measure(ctx, o, set, r); err != nil {
		return err
	}
	return write(o.out, r)
}

func parse(args []string) (options, error) {
	var o options
	cache, _ := os.UserCacheDir()
	f := flag.NewFlagSet("annbench", flag.ContinueOnError)
	f.IntVar(&o.n, "n", 0, "vectors to generate (default 100,000), or at most so many of -texts (default all)")
	f.IntVar(&o.queries, "queries", 0, "queries to generate or to hold out of -base without -query (default 2,000), or at most so many of each file of -questions (default all)")
	f.IntVar(&o.dims, "dims", 384, "dimensions to generate")
	f.IntVar(&o.head, "head", 192, "dimensions that are indexed")
	f.Uint64Var(&o.seed, "seed", 7, "seed of the generated set")
	f.StringVar(&o.base, "base", "", "vectors from a .fvecs, .npy or .jsonl file instead")
	f.StringVar(&o.query, "query", "", "queries from such a file")
	f.StringVar(&o.texts, "texts", "", `texts to embed instead: a .jsonl file of objects with a "text"`)
	f.StringVar(&o.questions, "questions", "", "files of questions for -texts, separated by commas")
	f.StringVar(&o.engines, "engines", "frony-db,frony-db full,frony-db scan,hnswlib,hnswlib full,svs,svs full,usearch,usearch-i8,faiss,coder/hnsw,chromem-go",
		"who takes part; \" full\" after hnswlib, svs, usearch, usearch-i8 or faiss indexes all dimensions")
	f.StringVar(&o.targets, "targets", "", "recalls to compare at (default 0.96,0.99,0.994, with -texts 0.8,0.93,0.96,0.98,0.99)")
	f.IntVar(&o.rounds, "rounds", 5, "times that every configuration runs, in turns")
	f.IntVar(&o.core, "core", 0, "core to run on, by taskset; -1 for all")
	f.StringVar(&o.clock, "clock", "cpu", "cpu: CPU time of the process, fair on a busy machine; wall: wall time")
	f.StringVar(&o.cache, "cache", filepath.Join(cache, "frony-db-bench"), "folder of peers' indexes and of the Python environment")
	f.StringVar(&o.out, "out", "out", "file name, without extension, of the .md, .json and .svg")
	f.StringVar(&o.python, "python", "", "Python interpreter with "+strings.Join(slices.Concat(engine.Packages, engine.Wheels), ", "))
	f.StringVar(&o.render, "render", "", "only write the tables and the SVG of this .json again")
	f.StringVar(&o.commit, "commit", host.Commit(), "what to call the measured version")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.clock != "cpu" && o.clock != "wall" {
		return o, fmt.Errorf("-clock %q: want cpu or wall", o.clock)
	}
	if o.rounds < 1 {
		return o, errors.New("-rounds: want at least 1")
	}
	if o.n < 0 || o.queries < 0 {
		return o, errors.New("-n and -queries: want no negative number")
	}
	switch {
	case o.texts == "" && o.questions != "":
		return o, errors.New("-questions needs -texts, in which they are asked")
	case o.texts != "" && o.questions == "":
		return o, errors.New("-texts needs -questions: files with a question a line")
	case o.texts != "" && o.base != "":
		return o, errors.New("-texts and -base: want one of them")
	case o.targets != "":
	case o.texts != "":
		o.targets = "0.8,0.93,0.96,0.98,0.99"
	default:
		o.targets = "0.96,0.99,0.994"
	}
	if o.texts == "" {
		o.n, o.queries = cmp.Or(o.n, 100_000), cmp.Or(o.queries, 2000)
	}
	return o, nil
}

// pinned runs this program again, pinned with its children to one core.
func pinned(ctx context.Context, core int, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return fmt.Errorf("%w: -core -1 runs without pinning", err)
	}
	cmd := exec.CommandContext(ctx, taskset, append([]string{"-c", strconv.Itoa(core), self}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "ANNBENCH_PINNED=1", "GOMAXPROCS=1")
	return cmd.Run()
}

func load(ctx context.Context, o options) (*dataset.Set, error) {
	if o.texts != "" {
		return embed(ctx, o)
	}
	if o.base == "" {
		name := fmt.Sprintf("generated-%d-%d-%d-seed%d", o.n, o.queries, o.dims, o.seed)
		slog.Info("generating", "set", name)
		base, query := dataset.Generate(o.n, o.queries, o.dims, o.seed)
		return dataset.New(name, o.dims, min(o.head, o.dims), base, query)
	}
	base, dims, err := dataset.Read(o.base)
	if err != nil {
		return nil, err
	}
	var query []float32
	if o.query != "" {
		var d int
		if query, d, err = dataset.Read(o.query); err != nil {
			return nil, err
		}
		if d != dims {
			return nil, fmt.Errorf("queries of %d dimensions for vectors of %d", d, dims)
		}
		query = query[:min(len(query), o.queries*dims)]
	} else {
		n := min(o.queries, len(base)/dims/10) * dims
		base, query = base[:len(base)-n], base[len(base)-n:]
	}
	name := strings.TrimSuffix(filepath.Base(o.base), filepath.Ext(o.base)) + "-" + strconv.Itoa(len(base)/dims)
	return dataset.New(name, dims, min(o.head, dims), base, query)
}

// embed makes a set of texts and questions.
func embed(ctx context.Context, o options) (*dataset.Set, error) {
	passages, err := texts.Read(o.texts, o.n)
	if err != nil {
		return nil, err
	}
	model := builtin.New()
	slog.Info("embedding", "passages", len(passages))
	base, err := dataset.Passages(ctx, model, passages)
	if err != nil {
		return nil, err
	}
	query, kinds, err := dataset.Questions(ctx, model, strings.Split(o.questions, ","), o.queries)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(o.texts), filepath.Ext(o.texts)) + "-" + strconv.Itoa(len(passages))
	set, err := dataset.New(name, builtin.Dims, min(o.head, builtin.Dims), base, query)
	if err != nil {
		return nil, err
	}
	set.Kinds = kinds
	return set, nil
}

func measure(ctx context.Context, o options, set *dataset.Set, r *report.Report) (err error) {
	var all []*contestant
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.Close())
		}
	}()
	for name := range strings.SplitSeq(o.engines, ",") {
		c, err := enter(ctx, &o, name)
		if err != nil {
			return err
		}
		slog.Info("building", "engine", name)
		b, err := c.Build(ctx, set, o.cache)
		if errors.Is(err, engine.ErrMissing) {
			slog.Warn("left out", "engine", name, "reason", err)
			r.LeftOut = append(r.LeftOut, fmt.Sprintf("%s, %v", name, err))
			if err := c.Close(); err != nil {
				return err
			}
			continue
		}
		all = append(all, c)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		slog.Info("built", "engine", name, "cpu", b.Time.CPU.Round(time.Millisecond), "bytes per vector", int(b.Bytes), "cached", b.Cached)
		r.Engines = append(r.Engines, report.Engine{Name: name, Build: b})
	}

	debug.SetGCPercent(-1) // the collector runs between the rounds
	for round := range o.rounds {
		for turn := range all {
			// Each round starts with another engine.
			i := (turn + round) % len(all)
			runtime.GC()
			points, err := all[i].round(ctx, set, o.clock, slices.Max(r.Targets))
			if err != nil {
				return err
			}
			for len(r.Engines[i].Rounds) <= round {
				r.Engines[i].Rounds = append(r.Engines[i].Rounds, nil)
			}
			r.Engines[i].Rounds[round] = points
			slog.Info("round", "of", round+1, "engine", all[i].Name())
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

// render writes a report again from its JSON.
func render(path, out string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r := new(report.Report)
	if err := json.Unmarshal(b, r); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return write(out, r)
}

func write(out string, r *report.Report) error {
	j, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	md := r.Markdown()
	fmt.Print(md)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(out+".md", []byte(md), 0o644),
		os.WriteFile(out+".json", append(j, '\n'), 0o644),
		os.WriteFile(out+".svg", []byte(r.SVG()), 0o644),
	)
}
