// Command churnbench deletes and inserts part of a collection, and compares it with one
// that is freshly built from the same documents: recall of the two-stage search against
// the exact one, search time, and the size of the store on disk before and after Compact.
//
//	go run -C bench ./cmd/churnbench -n 100000 -percent 30,60,90 -rounds 2
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/db"
)

const (
	dims = 384
	head = 192
	k    = 10
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 100_000, "documents")
	percents := flag.String("percent", "30,60,90", "percentage that is deleted and inserted in a round")
	rounds := flag.Int("rounds", 2, "rounds for each percentage")
	queries := flag.Int("queries", 500, "queries")
	seed := flag.Uint64("seed", 1, "seed for vectors and choices")
	dir := flag.String("dir", "", "folder for the databases (default: a temporary one)")
	flag.Parse()
	fmt.Printf("%d documents, %d of %d dims, %d rounds each, %d cores\n\n", *n, head, dims, *rounds, runtime.GOMAXPROCS(0))
	fmt.Println("| % deleted and inserted | collection | recall@10 | ms a search | store, B/document |")
	fmt.Println("| ---: | --- | ---: | ---: | ---: |")
	for s := range strings.SplitSeq(*percents, ",") {
		percent, err := strconv.Atoi(s)
		if err == nil {
			err = churn(*dir, *n, percent, *rounds, *queries, *seed)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// bench is one database with one collection.
type bench struct {
	dir string
	d   *db.DB
	c   *db.Collection
}

func open(parent string) (*bench, error) {
	dir, err := os.MkdirTemp(parent, "churnbench-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir}
	if b.d, err = db.Open(dir, &db.Options{SyncEvery: time.Second}); err != nil {
		return nil, err
	}
	b.c, err = b.d.Collection(context.Background(), "c", &db.CollectionOptions{Dims: dims, HeadDims: head})
	return b, err
}

func (b *bench) close() {
	if err := b.d.Close(); err != nil {
		log.Print(err)
	}
	_ = os.RemoveAll(b.dir)
}

func (b *bench) insert(vectors [][]float32, ids []int) error {
	for part := range slices.Chunk(ids, 1000) {
		docs := make([]db.Document, len(part))
		for i, id := range part {
			docs[i] = db.Document{ID: strconv.Itoa(id), Embedding: vectors[id]}
		}
		if _, err := b.c.Insert(context.Background(), docs...); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) remove(ids []int) error {
	for part := range slices.Chunk(ids, 1000) {
		names := make([]string, len(part))
		for i, id := range part {
			names[i] = strconv.Itoa(id)
		}
		if _, err := b.c.Delete(context.Background(), names...); err != nil {
			return err
		}
	}
	return nil
}

// measure returns recall@10 and mean time of the default search.
func (b *bench) measure(queries [][]float32) (recall float64, each time.Duration, err error) {
	ctx := context.Background()
	found, wanted := 0, 0
	for _, q := range queries {
		exact, err := b.c.Search(ctx, db.Query{Embedding: q, K: k, Exact: true, Fields: db.FieldsNone})
		if err != nil {
			return 0, 0, err
		}
		start := time.Now()
		got, err := b.c.Search(ctx, db.Query{Embedding: q, K: k, Fields: db.FieldsNone})
		if err != nil {
			return 0, 0, err
		}
		each += time.Since(start)
		wanted += len(exact)
		for _, m := range got {
			if m.Score >= exact[len(exact)-1].Score {
				found++
			}
		}
	}
	return float64(found) / float64(wanted), each / time.Duration(len(queries)), nil
}

func churn(parent string, n, percent, rounds, queries int, seed uint64) error {
	total := n + rounds*n*percent/100
	flat, asked := dataset.Generate(total, queries, dims, seed)
	vectors := slices.Collect(slices.Chunk(flat, dims))
	questions := slices.Collect(slices.Chunk(asked, dims))
	b, err := open(parent)
	if err != nil {
		return err
	}
	defer b.close()
	live := make([]int, n)
	for i := range live {
		live[i] = i
	}
	if err := b.insert(vectors, live); err != nil {
		return err
	}
	row := func(what string, recall float64, each time.Duration, bytes int64) {
		fmt.Printf("| %d | %s | %.4f | %.2f | %d |\n", percent, what, recall, float64(each.Microseconds())/1000, bytes/int64(n))
	}
	rng := rand.New(rand.NewPCG(seed, uint64(percent)))
	next := n
	for range rounds {
		rng.Shuffle(n, func(i, j int) { live[i], live[j] = live[j], live[i] })
		gone := n * percent / 100
		if err := b.remove(live[:gone]); err != nil {
			return err
		}
		for i := range gone {
			live[i] = next
			next++
		}
		if err := b.insert(vectors, live[:gone]); err != nil {
			return err
		}
	}
	churned, each, err := b.measure(questions)
	if err != nil {
		return err
	}
	r, err := b.d.Compact(context.Background())
	if err != nil {
		return err
	}
	row("churned", churned, each, r.Before)
	if churned, each, err = b.measure(questions); err != nil {
		return err
	}
	row("churned, compacted", churned, each, r.After)
	fresh, err := open(parent)
	if err != nil {
		return err
	}
	defer fresh.close()
	if err := fresh.insert(vectors, live); err != nil {
		return err
	}
	r, err = fresh.d.Compact(context.Background())
	if err != nil {
		return err
	}
	built, each, err := fresh.measure(questions)
	row("freshly built", built, each, r.After)
	return err
}
