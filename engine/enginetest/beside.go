package enginetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// beside has two readers read again and again until stop is called, which waits for them,
// or there is an error.
func beside(t *testing.T, read func() error) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := read(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return func() {
		close(done)
		readers.Wait()
	}
}

// A reader sees a source as it was before or after a replacement.
func testReplaceIsAtomic(t *testing.T, e Engine) {
	ctx := t.Context()
	c := collection(t, e.Open(t, &db.Options{Embedder: embeddertest.New(dims, 1)}), nil)
	write := func(generation int) error {
		docs := make([]db.Document, 3+generation%4)
		for i := range docs {
			docs[i] = db.Document{Text: fmt.Sprintf("%d 세대의 %d", generation, i), Metadata: db.Metadata{"generation": generation, "of": len(docs)}}
		}
		_, err := c.ReplaceSource(ctx, "a.md", docs...)
		return err
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	stop := beside(t, func() error {
		docs, err := scanned(t, c, db.Scan{})
		if err != nil {
			return err
		}
		for _, d := range docs {
			if d.Metadata["generation"] != docs[0].Metadata["generation"] || d.Metadata["of"] != int64(len(docs)) {
				return fmt.Errorf("a reader saw %d documents, of which one is of generation %v with %v", len(docs), d.Metadata["generation"], d.Metadata["of"])
			}
		}
		return nil
	})
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for g := range 25 {
				if err := write(2*g + w); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	stop()
}
