package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// TestOpenBesideRebuild: while a collection is rebuilt, others can be opened, and
// opening the same one ends with the context.
func TestOpenBesideRebuild(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	d := open(t, dir, &db.Options{SyncEvery: time.Hour})
	o := &db.CollectionOptions{Dims: 2, M: 4, EfConstruction: 8}
	docs := make([]db.Document, 2500)
	for i := range docs {
		docs[i] = db.Document{ID: fmt.Sprint(i), Embedding: []float32{1, float32(i)}}
	}
	if _, err := collection(t, d, "big", o).Insert(ctx, docs...); err != nil {
		t.Fatal(err)
	}
	if _, err := collection(t, d, "small", o).Insert(ctx, docs[:3]...); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "derived")); err != nil {
		t.Fatal(err)
	}
	began, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d = open(t, dir, &db.Options{Progress: func(string, int, int) {
		once.Do(func() {
			close(began)
			<-goOn
		})
	}})
	var handles [3]*db.Collection
	var wg sync.WaitGroup
	for i := range handles {
		wg.Go(func() {
			var err error
			if handles[i], err = d.Collection(ctx, "big", nil); err != nil {
				t.Error(err)
			}
		})
	}
	<-began
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := d.Collection(short, "small", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Count(ctx, filter.All()); n != 3 || err != nil {
		t.Error(n, err)
	}
	soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := d.Collection(soon, "big", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("opening the collection being rebuilt: %v", err)
	}
	if err := d.Drop(soon, "big"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("dropping the collection being rebuilt: %v", err)
	}
	close(goOn)
	wg.Wait()
	for _, h := range handles {
		if h != handles[0] {
			t.Error("one collection has two handles")
		}
	}
	if n, err := handles[0].Count(ctx, filter.All()); n != len(docs) || err != nil {
		t.Error(n, err)
	}
}
