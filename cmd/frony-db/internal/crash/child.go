package crash

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db"
)

func open(ctx context.Context, dir string) (*db.DB, *db.Collection, error) {
	d, err := db.Open(dir, nil)
	if err != nil {
		return nil, nil, err
	}
	c, err := d.Collection(ctx, collection, &db.CollectionOptions{Dims: dims, HeadDims: headDims, M: 8, EfConstruction: 64, Graph: db.GraphAlways})
	if err != nil {
		_ = d.Close()
		return nil, nil, err
	}
	return d, c, nil
}

// Child writes until it is killed. It prints "open", and then "writer number" for every
// acknowledged operation, each line in one write.
func Child(ctx context.Context, p Plan, out io.Writer) error {
	d, c, err := open(ctx, p.Dir)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, "open\n"); err != nil {
		return err
	}
	var wg sync.WaitGroup
	failed := make(chan error, writers+1)
	for w := range writers {
		wg.Go(func() {
			for n := p.From[w]; ; n++ {
				err := perform(ctx, c, p.Seed, w, n)
				if err == nil {
					_, err = fmt.Fprintf(out, "%d %d\n", w, n)
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Go(func() { // so that some kills hit snapshots
		for {
			time.Sleep(rand.N(20 * time.Millisecond))
			if err := c.Snapshot(ctx); err != nil {
				failed <- err
				return
			}
		}
	})
	err = <-failed
	_ = d // not closed: the process ends as if it was killed
	return err
}

func perform(ctx context.Context, c *db.Collection, seed uint64, w, n int) error {
	op := operationOf(seed, w, n)
	if op.delete {
		ids := make([]string, len(op.ids))
		for i, id := range op.ids {
			ids[i] = name(w, id)
		}
		_, err := c.Delete(ctx, ids...)
		return err
	}
	docs := make([]db.Document, len(op.ids))
	for i, id := range op.ids {
		docs[i] = document(seed, w, id, n)
	}
	_, err := c.Upsert(ctx, docs...)
	return err
}
