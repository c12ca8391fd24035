// Command annbench compares frony-db's index with its peers: interleaved, on one core, on
// the same data, at equal recall.
//
//	go run ./cmd/annbench -n 100000 -out out
//	go run ./cmd/annbench -base vectors.npy -query queries.npy -out out
//
// Peers with Python packages need an interpreter that has them. Without -python, an
// environment is created in the cache folder.
package main

import (
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
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/bench/engine"
	"github.com/fronyai/frony-db/bench/host"
	"github.com/fronyai/frony-db/bench/report"
	"github.com/fronyai/frony-db/quant"
)

type options struct {
	n, queries, dims, head, rounds, core int
	seed                                 uint64
	base, query, engines, targets        string
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
	set, err := load(o)
	if err != nil {
		return err
	}
	r := &report.Report{
		Machine: host.Machine(), Kernels: quant.Implementation(), Commit: o.commit, Date: time.Now().UTC().Format(time.DateOnly),
		Set: set.Name, Vectors: set.Len(), Queries: set.Queries(), Dims: set.Dims, HeadDims: set.HeadDims, Clock: o.clock,
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
	f.IntVar(&o.n, "n", 100_000, "vectors to generate")
	f.IntVar(&o.queries, "queries", 2000, "queries to generate, or to hold out of -base without -query")
	f.IntVar(&o.dims, "dims", 384, "dimensions to generate")
	f.IntVar(&o.head, "head", 192, "dimensions that are indexed")
	f.Uint64Var(&o.seed, "seed", 7, "seed of the generated set")
	f.StringVar(&o.base, "base", "", "vectors from a .fvecs, .npy or .jsonl file instead")
	f.StringVar(&o.query, "query", "", "queries from such a file")
	f.StringVar(&o.engines, "engines", "frony-db,hnswlib,usearch,usearch-i8,faiss,coder/hnsw,chromem-go", "who takes part")
	f.StringVar(&o.targets, "targets", "0.96,0.99,0.994", "recalls to compare at")
	f.IntVar(&o.rounds, "rounds", 5, "times that every configuration runs, in turns")
	f.IntVar(&o.core, "core", 0, "core to run on, by taskset; -1 for all")
	f.StringVar(&o.clock, "clock", "cpu", "cpu: CPU time of the process, fair on a busy machine; wall: wall time")
	f.StringVar(&o.cache, "cache", filepath.Join(cache, "frony-db-bench"), "folder of peers' indexes and of the Python environment")
	f.StringVar(&o.out, "out", "out", "file name, without extension, of the .md, .json and .svg")
	f.StringVar(&o.python, "python", "", "Python interpreter with "+strings.Join(engine.Packages, ", "))
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

func load(o options) (*dataset.Set, error) {
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

// Slow engines get at most this many queries, so that a round ends.
const slowQueries = 100

func measure(ctx context.Context, o options, set *dataset.Set, r *report.Report) (err error) {
	type contestant struct {
		engine.Engine
		n     int
		sweep []engine.Config
	}
	var all []contestant
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.Close())
		}
	}()
	for name := range strings.SplitSeq(o.engines, ",") {
		c := contestant{n: set.Queries()}
		switch name {
		case "frony-db":
			c.Engine = &engine.Frony{}
		case "hnswlib", "usearch", "usearch-i8", "faiss":
			if o.python == "" {
				if o.python, err = engine.Environment(ctx, filepath.Join(o.cache, "python"), engine.Packages); err != nil {
					return err
				}
			}
			c.Engine = &engine.Python{Peer: name, Interpreter: o.python}
		case "coder/hnsw":
			c.Engine = &engine.Coder{}
			c.n = min(c.n, slowQueries)
		case "chromem-go":
			c.Engine = &engine.Chromem{}
			c.n = min(c.n, slowQueries)
		default:
			return fmt.Errorf("-engines: unknown %q", name)
		}
		slog.Info("building", "engine", name)
		b, err := c.Build(ctx, set, o.cache)
		all = append(all, c)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		slog.Info("built", "engine", name, "cpu", b.Time.CPU.Round(time.Millisecond), "bytes per vector", int(b.Bytes), "cached", b.Cached)
		all[len(all)-1].sweep = c.Sweep()
		r.Engines = append(r.Engines, report.Engine{Name: name, Build: b})
	}

	debug.SetGCPercent(-1) // the collector runs between the rounds
	for round := range o.rounds {
		for i := range r.Engines {
			r.Engines[i].Rounds = append(r.Engines[i].Rounds, nil)
		}
		for turn := range all {
			// Each round starts with another engine.
			i := (turn + round) % len(all)
			c := &all[i]
			runtime.GC()
			if round == 0 { // warm up
				if _, err := c.Run(ctx, min(c.n, 200), c.sweep[:1]); err != nil {
					return err
				}
			}
			runs, err := c.Run(ctx, c.n, c.sweep)
			if err != nil {
				return err
			}
			for _, run := range runs {
				taken := run.Time.CPU
				if o.clock == "wall" {
					taken = run.Time.Wall
				}
				e := &r.Engines[i]
				e.Rounds[round] = append(e.Rounds[round], report.NewPoint(run, set.Recall(run.Top), taken))
			}
			slog.Info("round", "of", round+1, "engine", c.Name())
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
