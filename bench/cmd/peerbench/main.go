// Command peerbench compares frony-db as a database with the embedded databases
// that a Go or Python developer would choose instead: the same documents with
// the same embeddings, on one machine, interleaved.
//
//	go run -C bench ./cmd/peerbench                                   # 100,000 documents, all databases
//	go run -C bench ./cmd/peerbench -n 2000 -rounds 1 -kill 1000
//	go run -C bench ./cmd/peerbench -only frony-db,pgvector
//	go run -C bench ./cmd/peerbench -texts corpus.jsonl -questions queries-a.txt,queries-b.txt
//	go run -C bench ./cmd/peerbench -render out.json                  # only the tables again
//
// Each database runs in its own process, a driver: those in Go in this program, started
// again with -driver, and those with a Python package in peers.py. The driver times the
// database's own calls. Ground truth, recall, memory and disk are computed here, in the
// same way for all. It needs Linux.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/host"
)

type options struct {
	n, queries, rounds, kill       int
	seed                           uint64
	budget                         time.Duration
	only, dir, out, python, render string
	texts, questions               string
	driver, data                   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.driver != "" {
		return drive(ctx, o.driver, o.data, os.Stdin, os.Stdout)
	}
	r := new(report)
	if o.render != "" {
		b, err := os.ReadFile(o.render)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, r); err != nil {
			return fmt.Errorf("%s: %w", o.render, err)
		}
	} else if err := measure(ctx, o, r); err != nil {
		return err
	}
	return write(o.out, r)
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("peerbench", flag.ContinueOnError)
	f.IntVar(&o.n, "n", 100_000, "documents")
	f.IntVar(&o.queries, "queries", 1000, "queries")
	f.IntVar(&o.rounds, "rounds", 3, "how often everything is measured, in turns")
	f.IntVar(&o.kill, "kill", 2000, "documents of the runs that are killed; 0 leaves them out")
	f.Uint64Var(&o.seed, "seed", 7, "seed of vectors, texts and of what is deleted")
	f.DurationVar(&o.budget, "budget", 30*time.Second, "time for one setting's queries, after which a slow database is asked no more; 100 are asked at least")
	f.StringVar(&o.texts, "texts", "", `texts to embed instead of generated documents: a .jsonl file of objects with a "text", 1.3 as many as documents`)
	f.StringVar(&o.questions, "questions", "", "files of questions for -texts, one a line, separated by commas; of each as many as make up -queries together")
	f.StringVar(&o.only, "only", strings.Join(databases, ","), "who takes part")
	f.StringVar(&o.dir, "dir", "", "where the databases go (default: a temporary folder)")
	f.StringVar(&o.out, "out", "out", "file name, without extension, of the .md and .json")
	f.StringVar(&o.python, "python", "", "Python interpreter with "+strings.Join(packages, ", ")+" (default: an environment made in the cache folder)")
	f.StringVar(&o.render, "render", "", "only write the tables of this .json again")
	f.StringVar(&o.driver, "driver", "", "be the driver of this database (peerbench calls itself so)")
	f.StringVar(&o.data, "data", "", "folder of the data, for -driver")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 || o.n < 1000 || o.queries < 1 {
		return o, errors.New("want at least one round, 1,000 documents and a query")
	}
	if (o.texts == "") != (o.questions == "") {
		return o, errors.New("-texts and -questions: want both or neither")
	}
	return o, nil
}

// measure runs all databases in turns. One that fails is dropped, and the report says why.
func measure(ctx context.Context, o options, r *report) error {
	if err := adopt(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.dir, "peerbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL may run as another user
		return err
	}
	*r = report{
		Machine: host.Machine(), CPUs: runtime.NumCPU(), Date: time.Now().UTC().Format(time.DateOnly), Commit: host.Commit(),
		Documents: o.n, Kill: o.kill, Texts: "generated vectors and texts",
	}
	if o.texts != "" {
		r.Texts = "texts of " + filepath.Base(o.texts) + ", embedded by the embedded model"
	}
	for name := range strings.SplitSeq(o.only, ",") {
		if !slices.Contains(databases, name) {
			return fmt.Errorf("-only: unknown %q", name)
		}
		r.Databases = append(r.Databases, &database{Name: name})
		if inPython(name) && o.python == "" {
			if o.python, err = environment(ctx); err != nil {
				return err
			}
		}
	}
	b, err := newBench(ctx, o, dir)
	if err != nil {
		return err
	}
	r.Queries = b.queries
	for round := range o.rounds {
		for turn := range r.Databases {
			// Each round starts with another database.
			d := r.Databases[(turn+round)%len(r.Databases)]
			if d.Error != "" {
				continue
			}
			start := time.Now()
			if err := b.round(ctx, d); err != nil {
				d.Error = err.Error()
				slog.Warn("is out", "database", d.Name, "error", err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			slog.Info("measured", "round", round+1, "database", d.Name, "took", time.Since(start).Round(time.Second))
		}
	}
	return nil
}

func write(out string, r *report) error {
	j, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	md := r.markdown()
	fmt.Print(md)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(out+".md", []byte(md), 0o644), os.WriteFile(out+".json", append(j, '\n'), 0o644))
}
