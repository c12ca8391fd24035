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

func main() {
	dir := flag.String("db", "", "database")
	name := flag.String("c", "large", "collection")
	model := flag.String("model", "", "directory of a model (default: the embedded one)")
	n := flag.Int("n", 400, "questions of each file")
	ks := flag.String("k", "1,10,100", "results")
	warm := flag.Bool("warm", true, "ask the first half of the questions beforehand")
	hybrid := flag.Bool("hybrid", false, "hybrid search, compared with hybrid search over all candidates of both retrievers")
	recall := flag.Float64("recall", 0, "recall that is asked for (default: the product's)")
	where := flag.String("filter", "", "filter")
	out := flag.String("json", "", "file for the figures as JSON, too")
	wait := flag.Duration("wait", 5*time.Second, "pause between the halves, in which the collection measures")
	flag.Parse()
	if err := run(*dir, *name, *model, *n, *ks, *warm, *hybrid, float32(*recall), *where, *wait, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "recallbench:", err)
		os.Exit(1)
	}
}

func run(dir, name, model string, n int, ks string, warm, hybrid bool, recall float32, where string, wait time.Duration, out string, files []string) (err error) {
	ctx := context.Background()
	if len(files) == 0 {
		return errors.New("name files of questions, one a line")
	}
	kinds := make([][]string, len(files))
	for i, f := range files {
		if kinds[i], err = texts.Questions(f, n); err != nil {
			return err
		}
	}
	var e embedder.Embedder = builtin.New()
	if model != "" {
		t, err := transformer.Open(model, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.Close()) }()
		e = t
	}
	d, err := db.Open(dir, &db.Options{Embedder: e, MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	c, err := d.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return err
	}
	base := db.Query{Mode: db.Dense, Recall: recall, Fields: db.FieldsNone}
	if hybrid {
		base.Mode = db.Hybrid
	}
	if where != "" {
		if base.Filter, err = filter.Parse(where); err != nil {
			return err
		}
	}
	if warm {
		for _, qs := range kinds {
			for _, q := range qs[:len(qs)/2] {
				ask := base
				ask.Text, ask.K = q, 10
				if _, err := c.Search(ctx, ask); err != nil {
					return err
				}
			}
		}
		time.Sleep(wait)
	}
	stats, err := c.Stats()
	if err != nil {
		return err
	}
	r := report{
		Machine: host.Machine(), CPUs: runtime.NumCPU(), Commit: host.Commit(), Date: time.Now().UTC().Format(time.DateOnly),
		Documents: stats.Documents, Model: e.Spec().Model, Mode: base.Mode, Filter: where, Recall: recall,
	}
	for k := range strings.SplitSeq(ks, ",") {
		if base.K, err = strconv.Atoi(k); err != nil {
			return fmt.Errorf("-k: %w", err)
		}
		fmt.Printf("k = %d\n%s", base.K, head)
		var all sample
		for i, qs := range kinds {
			s, err := ask(ctx, c, base, qs[len(qs)/2:])
			if err != nil {
				return err
			}
			r.add(base.K, texts.Kind(files[i]), s)
			all.add(s)
		}
		if len(kinds) > 1 {
			r.add(base.K, "all", all)
		}
	}
	if out == "" {
		return nil
	}
	j, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(j, '\n'), 0o644)
}

// ask asks each question both ways.
func ask(ctx context.Context, c *db.Collection, base db.Query, questions []string) (sample, error) {
	s := sample{plans: make(map[db.Plan]int)}
	for _, q := range questions {
		var t db.Trace
		ask := base
		ask.Text, ask.Trace = q, &t
		cpu := host.CPUTime()
		got, err := c.Search(ctx, ask)
		if err != nil {
			return s, err
		}
		s.cpu = append(s.cpu, max(0, host.CPUTime()-cpu-t.Embed))
		s.times = append(s.times, t.Total-t.Embed)
		s.plans[t.Plan]++
		ask.Exact = true
		want, err := c.Search(ctx, ask)
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
