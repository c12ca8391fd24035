// Command dbbench measures the database as an embedded library: import, search by stage,
// memory, disk, opening, and the recall of the two-stage search against the exact one.
//
//	go run -C bench ./cmd/dbbench -n 10000,100000
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/host"
	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
)

func main() {
	log.SetFlags(0)
	sizes := flag.String("n", "10000,100000", "documents")
	queries := flag.Int("queries", 1000, "queries")
	seed := flag.Uint64("seed", 1, "seed for the texts")
	dir := flag.String("dir", "", "folder for the databases (default: a temporary one)")
	flag.Parse()
	for s := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			log.Fatal(err)
		}
		if err := measure(*dir, n, *queries, *seed); err != nil {
			log.Fatal(err)
		}
	}
}

func measure(parent string, n, queries int, seed uint64) error {
	ctx := context.Background()
	dir, err := os.MkdirTemp(parent, "dbbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	g, rng := texts.New(seed), rand.New(rand.NewPCG(seed, 2))
	docs := make([]db.Document, n)
	for i := range docs {
		docs[i] = db.Document{
			ID: fmt.Sprint("doc-", i), Text: g.Passage(),
			Metadata: db.Metadata{"lang": []string{"ko", "en"}[i%2], "year": 2000 + i%25},
		}
	}
	e := builtin.New()
	start := time.Now()
	for part := range slices.Chunk(docs, 512) {
		texts := make([]string, len(part))
		for i := range part {
			texts[i] = part[i].Text
		}
		if _, err := e.EmbedPassages(ctx, texts); err != nil {
			return err
		}
	}
	embed := time.Since(start)

	before := host.Heap()
	d, err := db.Open(dir, &db.Options{Embedder: e})
	if err != nil {
		return err
	}
	c, err := d.Collection(ctx, "bench", nil)
	if err != nil {
		return err
	}
	start = time.Now()
	for part := range slices.Chunk(docs, 512) {
		if _, err := c.Upsert(ctx, part...); err != nil {
			return err
		}
	}
	total := time.Since(start)
	memory := host.Heap() - before
	fmt.Printf("\n## %d documents (%d cores, GOMAXPROCS %d)\n\n", n, runtime.NumCPU(), runtime.GOMAXPROCS(0))
	fmt.Printf("import %s: %.0f documents/s; embedding alone %.0f texts/s\n", total.Round(time.Millisecond),
		float64(n)/total.Seconds(), float64(n)/embed.Seconds())

	asked := make([]string, queries)
	for i := range asked {
		asked[i] = g.Question(docs[rng.IntN(n)].Text)
	}
	if err := searches(ctx, c, asked); err != nil {
		return err
	}
	s, err := c.Stats()
	if err != nil {
		return err
	}
	fmt.Printf("\nmemory: heap %d B/document; by part: links %d, codes %d, nodes %d, metadata %d, words %d; mapped rows %d; %.1f candidates per result\n",
		memory/int64(n), s.Memory.Graph/int64(n), s.Memory.Codes/int64(n), s.Memory.Nodes/int64(n),
		s.Memory.Metadata/int64(n), s.Memory.Lexical/int64(n), s.Memory.Rows/int64(n), s.Oversampling)

	start = time.Now()
	if err := d.Close(); err != nil {
		return err
	}
	fmt.Printf("close with snapshot: %s\n", time.Since(start).Round(time.Millisecond))
	fmt.Printf("disk: %d B/document (text %d)\n", host.Disk(dir)/int64(n), g.Bytes/int64(n))
	for _, snapshot := range []bool{true, false} {
		if !snapshot {
			files, err := filepath.Glob(filepath.Join(dir, "derived", "*"))
			if err != nil {
				return err
			}
			for _, f := range files {
				if err := os.Remove(f); err != nil {
					return err
				}
			}
		}
		start = time.Now()
		d, err := db.Open(dir, &db.Options{Embedder: e})
		if err != nil {
			return err
		}
		opened := time.Since(start)
		if _, err := d.Collection(ctx, "bench", nil); err != nil {
			return err
		}
		fmt.Printf("open, snapshot %v: store %s, collection %s\n", snapshot, opened.Round(time.Millisecond), (time.Since(start) - opened).Round(time.Millisecond))
		if err := d.Close(); err != nil {
			return err
		}
	}
	return nil
}

func searches(ctx context.Context, c *db.Collection, asked []string) error {
	fmt.Printf("\n| search, k = 10 | p50 µs | p99 µs | of it, means: embed | graph | words | rerank | load | recall@10 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	truth := make([][]db.Match, len(asked))
	for _, mode := range []struct {
		name string
		q    db.Query
	}{
		{"exact", db.Query{Mode: db.Dense, Exact: true}},
		{"two-stage", db.Query{Mode: db.Dense}},
		{"two-stage, ef 128", db.Query{Mode: db.Dense, EfSearch: 128}},
		{"lexical", db.Query{Mode: db.Lexical}},
		{"hybrid", db.Query{Mode: db.Hybrid}},
	} {
		var took []time.Duration
		var sum db.Trace
		found := 0
		for i, text := range asked {
			if mode.q.Exact && i == 200 {
				break
			}
			q, t := mode.q, db.Trace{}
			q.Text, q.K, q.Trace = text, 10, &t
			m, err := c.Search(ctx, q)
			if err != nil {
				return err
			}
			took = append(took, t.Total)
			sum.Embed += t.Embed
			sum.Graph += t.Graph
			sum.Lexical += t.Lexical
			sum.Rerank += t.Rerank
			sum.Load += t.Load
			if mode.q.Exact {
				truth[i] = m
			}
			for _, want := range truth[i] {
				// By score, since documents may be equally near.
				if mode.q.Mode == db.Dense && len(m) > 0 && want.Score >= m[len(m)-1].Score-1e-6 {
					found++
				}
			}
		}
		slices.Sort(took)
		n := time.Duration(len(took))
		recall := ""
		if mode.q.Mode == db.Dense {
			recall = fmt.Sprintf("%.4f", overlap(truth, found))
		}
		us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
		fmt.Printf("| %s | %.0f | %.0f | %.1f | %.1f | %.1f | %.1f | %.1f | %s |\n", mode.name, us(took[len(took)/2]),
			us(took[len(took)*99/100]), us(sum.Embed/n), us(sum.Graph/n), us(sum.Lexical/n), us(sum.Rerank/n), us(sum.Load/n), recall)
	}
	return nil
}

func overlap(truth [][]db.Match, found int) float64 {
	n := 0
	for _, t := range truth {
		n += len(t)
	}
	return float64(found) / float64(n)
}
