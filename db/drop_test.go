package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
)

// TestDropBesideScan: a scan that opens other collections must not wait for a Drop
// that waits for the scan.
func TestDropBesideScan(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "old", nil)
	docs := []db.Document{{ID: "1", Text: "봄"}, {ID: "2", Text: "여름"}, {ID: "3", Text: "가을"}}
	if _, err := c.Insert(ctx, docs...); err != nil {
		t.Fatal(err)
	}
	dropped := make(chan error, 1)
	done := make(chan int, 1)
	go func() {
		n := 0
		for doc, err := range c.Scan(ctx, db.Scan{}) {
			if err != nil {
				t.Error(err)
				break
			}
			if n++; n == 1 {
				go func() { dropped <- d.Drop(ctx, "old") }()
				for { // until the drop has begun
					if _, err := c.Count(ctx, db.Scan{}.Filter); errors.Is(err, db.ErrClosed) {
						break
					}
				}
			}
			copied, err := d.Collection(ctx, "new", nil)
			if err == nil {
				_, err = copied.Insert(ctx, doc)
			}
			if err != nil {
				t.Error(err)
			}
		}
		done <- n
	}()
	select {
	case n := <-done:
		if n != len(docs) {
			t.Errorf("the scan saw %d documents of %d", n, len(docs))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the scan waits for the drop, which waits for the scan")
	}
	if err := <-dropped; err != nil {
		t.Error(err)
	}
	if _, err := d.Collection(ctx, "old", &db.CollectionOptions{MustExist: true}); !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("after the drop: %v", err)
	}
}
