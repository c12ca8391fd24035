package db_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// BenchmarkReembed changes the model of 20,000 documents, with an embedder that
// costs nearly nothing, while one goroutine searches. It measures the time for the
// store and the graph, for the comparison with a complete version, and for the
// longest search, which waits for the switch.
func BenchmarkReembed(b *testing.B) {
	const docs = 20_000
	for b.Loop() {
		b.StopTimer()
		d := open(b, b.TempDir(), &db.Options{})
		c := collection(b, d, "notes", &db.CollectionOptions{Embedder: embeddertest.New(384, 1)})
		n, begun := 0, time.Now()
		for part := range slices.Chunk(make([]db.Document, docs), 1000) {
			for i := range part {
				part[i].Text = fillText(n)
				n++
			}
			if _, err := c.Insert(b.Context(), part...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(docs/time.Since(begun).Seconds(), "inserted/s")
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var took []time.Duration
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
				start := time.Now()
				if _, err := c.Search(context.Background(), db.Query{Text: fillText(len(took)), K: 10}); err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(start))
			}
		})
		is := embeddertest.New(384, 2)
		o := &db.ReembedOptions{Sample: -1, NoSwitch: true}
		b.StartTimer()
		start := time.Now()
		if _, err := c.Reembed(b.Context(), is, o); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(docs/time.Since(start).Seconds(), "embedded/s")
		start = time.Now()
		if _, err := c.Reembed(b.Context(), is, o); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(docs/time.Since(start).Seconds(), "compared/s")
		o.NoSwitch = false
		if _, err := c.Reembed(b.Context(), is, o); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		close(stop)
		wg.Wait()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-search-p50")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-search-p99")
		b.ReportMetric(float64(took[len(took)-1].Microseconds()), "µs-search-max")
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
