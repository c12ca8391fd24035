package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db"
)

// stalls fills a collection and writes to it, with snapshots and without.
func stalls(parent string, n int) error {
	ctx := context.Background()
	dir, err := os.MkdirTemp(parent, "commitbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	d, err := db.Open(filepath.Join(dir, "db"), &db.Options{SyncEvery: time.Second})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(ctx, "c", &db.CollectionOptions{Dims: dims, HeadDims: dims / 2, EfConstruction: 40})
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 1))
	doc := func(i int) db.Document { return db.Document{ID: fmt.Sprint(i), Embedding: vector(rng)} }
	for i := 0; i < n; i += 500 {
		docs := make([]db.Document, min(500, n-i))
		for j := range docs {
			docs[j] = doc(i + j)
		}
		if _, err := c.Insert(ctx, docs...); err != nil {
			return err
		}
	}
	for _, snapshots := range []bool{false, true} {
		var wg sync.WaitGroup
		var took []time.Duration
		stop := make(chan struct{})
		if snapshots {
			wg.Go(func() {
				for {
					start := time.Now()
					if err := c.Snapshot(ctx); err != nil {
						fmt.Println(err)
					}
					took = append(took, time.Since(start))
					select {
					case <-stop:
						return
					case <-time.After(300 * time.Millisecond):
					}
				}
			})
		}
		var waits []time.Duration
		for start := time.Now(); time.Since(start) < 4*time.Second; {
			lap := time.Now()
			if _, err := c.Upsert(ctx, doc(rng.IntN(n))); err != nil {
				return err
			}
			waits = append(waits, time.Since(lap))
		}
		close(stop)
		wg.Wait()
		slices.Sort(waits)
		fmt.Printf("%d documents, snapshots %v: %d writes, median %v, p99 %v, longest %v\n", n, snapshots, len(waits),
			waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1])
		if len(took) > 0 {
			slices.Sort(took)
			fmt.Printf("%d snapshots, median %v\n", len(took), took[len(took)/2])
		}
	}
	return nil
}
