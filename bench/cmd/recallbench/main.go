// Command recallbench compares the default search of a database with the exact one, on
// real questions: how many of the true results it finds, by kind of question, and how
// long it takes.
//
//	frony-db import corpus.jsonl --db real.db -c large
//	go run -C bench ./cmd/recallbench -db real.db -c large queries-*.txt
//
// Each file has a question a line; its name is the kind. Half of each file is asked
// beforehand, as a running application would, and the other half is reported. Times are
// without the embedding of the question. CPU time is that of the process, on all cores, and
// the median, so that what the collection measures in the background meanwhile hardly
// counts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/host"
	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/transformer"
)

// settings are the values of the flags, and the files of questions.
type settings struct {
	dir, name, model string
	n                int
	ks, where, out   string
	warm, hybrid     bool
	int8             bool
	recall           float64
	wait             time.Duration
	files            []string
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "db", "", "database")
	flag.StringVar(&s.name, "c", "large", "collection")
	flag.StringVar(&s.model, "model", "", "directory of a model (default: the embedded one)")
	flag.BoolVar(&s.int8, "int8", false, "the collection was filled with --int8")
	flag.IntVar(&s.n, "n", 400, "questions of each file")
	flag.StringVar(&s.ks, "k", "1,10,100", "results")
	flag.BoolVar(&s.warm, "warm", true, "ask the first half of the questions beforehand")
	flag.BoolVar(&s.hybrid, "hybrid", false, "hybrid search, compared with hybrid search over all candidates of both retrievers")
	flag.Float64Var(&s.recall, "recall", 0, "recall that is asked for (default: the product's)")
	flag.StringVar(&s.where, "filter", "", "filter")
	flag.StringVar(&s.out, "json", "", "file for the figures as JSON, too")
	flag.DurationVar(&s.wait, "wait", 5*time.Second, "pause between the halves, in which the collection measures")
	flag.Parse()
	s.files = flag.Args()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "recallbench:", err)
		os.Exit(1)
	}
}

func run(s settings) (err error) {
	ctx := context.Background()
	if len(s.files) == 0 {
		return errors.New("name files of questions, one a line")
	}
	kinds := make([][]string, len(s.files))
	for i, f := range s.files {
		if kinds[i], err = texts.Questions(f, s.n); err != nil {
			return err
		}
	}
	var e embedder.Embedder = builtin.New()
	if s.model != "" {
		t, err := transformer.Open(s.model, &transformer.Options{Int8: s.int8})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.Close()) }()
		e = t
	}
	d, err := db.Open(s.dir, &db.Options{Embedder: e, MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	c, err := d.Collection(ctx, s.name, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return err
	}
	base := db.Query{Mode: db.Dense, Recall: float32(s.recall), Fields: db.FieldsNone}
	if s.hybrid {
		base.Mode = db.Hybrid
	}
	if s.where != "" {
		if base.Filter, err = filter.Parse(s.where); err != nil {
			return err
		}
	}
	if s.warm {
		for _, qs := range kinds {
			for _, q := range qs[:len(qs)/2] {
				question := base
				question.Text, question.K = q, 10
				if _, err := c.Search(ctx, question); err != nil {
					return err
				}
			}
		}
		time.Sleep(s.wait)
	}
	stats, err := c.Stats()
	if err != nil {
		return err
	}
	r := report{
		Machine: host.Machine(), CPUs: runtime.NumCPU(), Commit: host.Commit(), Date: time.Now().UTC().Format(time.DateOnly),
		Documents: stats.Documents, Model: e.Spec().Model, Mode: base.Mode, Filter: s.where, Recall: base.Recall,
	}
	for k := range strings.SplitSeq(s.ks, ",") {
		if base.K, err = strconv.Atoi(k); err != nil {
			return fmt.Errorf("-k: %w", err)
		}
		fmt.Printf("k = %d\n%s", base.K, head)
		var all sample
		for i, qs := range kinds {
			x, err := ask(ctx, c, base, qs[len(qs)/2:])
			if err != nil {
				return err
			}
			r.add(base.K, texts.Kind(s.files[i]), x)
			all.add(x)
		}
		if len(kinds) > 1 {
			r.add(base.K, "all", all)
		}
	}
	if s.out == "" {
		return nil
	}
	j, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(s.out, append(j, '\n'), 0o644)
}

// ask asks each question both ways.
func ask(ctx context.Context, c *db.Collection, base db.Query, questions []string) (sample, error) {
	s := sample{plans: make(map[db.Plan]int)}
	for _, q := range questions {
		var t db.Trace
		question := base
		question.Text, question.Trace = q, &t
		cpu := host.CPUTime()
		got, err := c.Search(ctx, question)
		if err != nil {
			return s, err
		}
		s.cpu = append(s.cpu, max(0, host.CPUTime()-cpu-t.Embed))
		s.times = append(s.times, t.Total-t.Embed)
		s.plans[t.Plan]++
		question.Exact = true
		want, err := c.Search(ctx, question)
		if err != nil {
			return s, err
		}
		if len(want) == 0 {
			continue
		}
		n := 0
		for _, m := range got {
			if m.Score >= want[len(want)-1].Score { // equally near ones are equally right
				n++
			}
		}
		s.recalls = append(s.recalls, float64(n)/float64(len(want)))
		if len(got) == 0 || got[0].Score < want[0].Score {
			s.lost++
		}
	}
	return s, nil
}
