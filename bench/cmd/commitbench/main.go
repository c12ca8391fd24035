// Command commitbench measures durable writes: documents acknowledged per second, each in
// its own transaction and synced to disk, with 1, 8 and 64 concurrent writers. In turns
// with frony-db, which also links every document into its graph, it writes the same bytes
// to plain Badger and to SQLite.
//
//	go run -C bench ./cmd/commitbench -dir DISK
//
// With -stall it fills a collection and measures how long a write waits while a
// snapshot is taken.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const dims = 384

// engine stores one document durably, from any goroutine.
type engine interface {
	put(ctx context.Context, id, text string, vec []float32) error
	close() error
}

var engines = []struct {
	name string
	open func(dir string) (engine, error)
}{
	{"frony-db", openFrony},
	{"Badger", openBadger},
	{"SQLite", openSQLite},
	{"append+fsync", openFile},
}

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "", "directory on the disk to measure (default: a temporary one)")
	lasts := flag.Duration("time", time.Second, "duration of one measurement")
	rounds := flag.Int("rounds", 3, "number of measurements; the median is printed")
	writers := flag.String("writers", "1,8,64", "concurrent writers")
	stall := flag.Int("stall", 0, "documents; instead measure how long writes wait during a snapshot")
	flag.Parse()
	var err error
	if *stall > 0 {
		err = stalls(*dir, *stall)
	} else {
		err = measure(*dir, *lasts, *rounds, *writers)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func measure(dir string, lasts time.Duration, rounds int, list string) error {
	fmt.Printf("%-14s", "writers")
	for _, e := range engines {
		fmt.Printf("%16s", e.name)
	}
	fmt.Println("   documents/s, median of", rounds)
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return err
		}
		rates := make([][]float64, len(engines))
		for range rounds {
			for i, e := range engines {
				r, err := rate(dir, e.open, n, lasts)
				if err != nil {
					return fmt.Errorf("%s with %d writers: %w", e.name, n, err)
				}
				rates[i] = append(rates[i], r)
			}
		}
		fmt.Printf("%-14d", n)
		for _, r := range rates {
			slices.Sort(r)
			fmt.Printf("%16.0f", r[len(r)/2])
		}
		fmt.Println()
	}
	return nil
}

// rate is the number of documents that an engine acknowledges per second.
func rate(parent string, open func(string) (engine, error), writers int, lasts time.Duration) (float64, error) {
	dir, err := os.MkdirTemp(parent, "commitbench-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	e, err := open(filepath.Join(dir, "db"))
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	var done atomic.Int64
	errs := make(chan error, writers)
	start := time.Now()
	for w := range writers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			text := strings.Repeat("문서 document ", 40)
			for i := 0; time.Since(start) < lasts; i++ {
				if err := e.put(context.Background(), fmt.Sprintf("%d-%d", w, i), text, vector(rng)); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	if err := e.close(); err != nil {
		return 0, err
	}
	select {
	case err := <-errs:
		return 0, err
	default:
		return float64(done.Load()) / took.Seconds(), nil
	}
}

func vector(rng *rand.Rand) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = rng.Float32() - 0.5
	}
	return v
}
