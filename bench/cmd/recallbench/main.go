// Command recallbench compares the default search of a database with the exact one, on
// real questions: how many of the true results it finds, by kind of question, and how
// long it takes.
//
//	frony-db import corpus.jsonl --db real.db -c large
//	go run -C bench ./cmd/recallbench -db real.db -c large queries-*.txt
//
// Each file has a question a line; its name is the kind. Half of each file is asked
// beforehand, as a running application would, and the other half is reported.
package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/transformer"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("db", "", "database")
	name := flag.String("c", "large", "collection")
	model := flag.String("model", "", "directory of a model (default: the embedded one)")
	n := flag.Int("n", 400, "questions of each file")
	ks := flag.String("k", "1,10,100", "results")
	warm := flag.Bool("warm", true, "ask the first half of the questions beforehand")
	hybrid := flag.Bool("hybrid", false, "hybrid search, compared with hybrid search over all candidates of both retrievers")
	recall := flag.Float64("recall", 0, "recall that is asked for (default: the product's)")
	where := flag.String("filter", "", "filter")
	wait := flag.Duration("wait", 5*time.Second, "pause between the halves, in which the collection measures")
	flag.Parse()
	if err := run(*dir, *name, *model, *n, *ks, *warm, *hybrid, float32(*recall), *where, *wait, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(dir, name, model string, n int, ks string, warm, hybrid bool, recall float32, where string, wait time.Duration, files []string) error {
	ctx := context.Background()
	var e embedder.Embedder = builtin.New()
	if model != "" {
		t, err := transformer.Open(model, nil)
		if err != nil {
			return err
		}
		defer t.Close()
		e = t
	}
	d, err := db.Open(dir, &db.Options{Embedder: e, MustExist: true})
	if err != nil {
		return err
	}
	defer d.Close()
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
	kinds := make([][]string, len(files))
	for i, f := range files {
		if kinds[i], err = questions(f, n); err != nil {
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
	for k := range strings.SplitSeq(ks, ",") {
		fmt.Printf("k = %s\n| questions | recall | p5 | p1 | below .9 | first lost | p50 | p99 | plans |\n|---|---|---|---|---|---|---|---|---|\n", k)
		if _, err := fmt.Sscan(k, &base.K); err != nil {
			return err
		}
		var all report
		for i, qs := range kinds {
			r, err := measure(ctx, c, base, qs[len(qs)/2:])
			if err != nil {
				return err
			}
			r.print(strings.TrimPrefix(strings.TrimSuffix(filepath.Base(files[i]), ".txt"), "queries-"))
			all.recalls, all.times, all.lost = append(all.recalls, r.recalls...), append(all.times, r.times...), all.lost+r.lost
		}
		all.print("all")
	}
	return nil
}

type report struct {
	recalls []float64
	times   []time.Duration
	lost    int
	plans   map[db.Plan]int
}

// measure asks each question both ways.
func measure(ctx context.Context, c *db.Collection, base db.Query, questions []string) (report, error) {
	r := report{plans: make(map[db.Plan]int)}
	for _, q := range questions {
		var t db.Trace
		ask := base
		ask.Text, ask.Trace = q, &t
		got, err := c.Search(ctx, ask)
		if err != nil {
			return r, err
		}
		r.times = append(r.times, t.Total-t.Embed)
		r.plans[t.Plan]++
		ask.Exact = true
		want, err := c.Search(ctx, ask)
		if err != nil {
			return r, err
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
		r.recalls = append(r.recalls, float64(n)/float64(len(want)))
		if len(got) == 0 || got[0].Score < want[0].Score {
			r.lost++
		}
	}
	return r, nil
}

func (r *report) print(kind string) {
	if len(r.recalls) == 0 {
		return
	}
	slices.Sort(r.recalls)
	slices.Sort(r.times)
	var sum float64
	below := 0
	for _, x := range r.recalls {
		sum += x
		if x < 0.9 {
			below++
		}
	}
	n := len(r.recalls)
	plans := make([]string, 0, len(r.plans))
	for p, n := range r.plans {
		plans = append(plans, fmt.Sprintf("%s %d", p, n))
	}
	slices.SortFunc(plans, cmp.Compare)
	fmt.Printf("| %s | %.4f | %.2f | %.2f | %.3f | %.4f | %v | %v | %s |\n", kind, sum/float64(n), r.recalls[n/20], r.recalls[n/100],
		float64(below)/float64(n), float64(r.lost)/float64(n), r.times[len(r.times)/2].Round(time.Microsecond),
		r.times[len(r.times)*99/100].Round(time.Microsecond), strings.Join(plans, ", "))
}

// questions reads up to n lines.
func questions(path string, n int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var qs []string
	s := bufio.NewScanner(f)
	for s.Scan() && len(qs) < n {
		if q := strings.TrimSpace(s.Text()); q != "" {
			qs = append(qs, q)
		}
	}
	return qs, s.Err()
}
