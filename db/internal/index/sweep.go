package index

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Expired documents gather for sweepDelay before they are deleted together. A
// sweep that fails is repeated after sweepRetry.
const (
	sweepDelay = time.Second
	sweepRetry = time.Minute
	sweepBatch = 1000
)

// sweepLater sweeps in the background when something has expired.
func (x *Index) sweepLater(delay time.Duration) {
	if x.opts.ReadOnly {
		return
	}
	x.expiry.schedule(delay, func() {
		delay := sweepDelay
		switch _, err := x.Sweep(context.Background()); {
		case errors.Is(err, store.ErrClosed):
			return
		case err != nil:
			x.log.Warn("sweeping expired documents failed; it will be tried again", "err", err)
			delay = sweepRetry
		}
		x.sweepLater(delay)
	})
}

// sweepDue sweeps if anything has expired: an id is free for an insert when its
// document has.
func (x *Index) sweepDue(ctx context.Context) error {
	if x.expiry.next.Load() > time.Now().UnixMicro() {
		return nil
	}
	_, err := x.sweep(ctx)
	return err
}

// Sweep deletes what has expired and returns how many documents.
func (x *Index) Sweep(ctx context.Context) (int, error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	return x.sweep(ctx)
}

// sweep is Sweep inside the gate. What it deletes is forgotten when it is buried:
// a reader that began before must find it expired until it ends.
func (x *Index) sweep(ctx context.Context) (n int, err error) {
	for {
		nodes, more := x.expiry.due(time.Now().UnixMicro(), sweepBatch)
		deletes, err := x.named(nodes)
		if err == nil {
			var deleted int
			deleted, err = x.delete(deletes)
			n += deleted
		}
		if err != nil {
			x.expiry.back(nodes)
			return n, err
		}
		if !more || ctx.Err() != nil {
			return n, ctx.Err()
		}
	}
}

// named makes deletes of exactly these versions of documents.
func (x *Index) named(nodes []uint32) ([]store.Delete, error) {
	r := x.read()
	defer r.end()
	deletes := make([]store.Delete, 0, len(nodes))
	for _, node := range nodes {
		rec, ok, err := r.view.Record(x.id, node, 0)
		if errors.Is(err, store.ErrCorrupt) {
			x.log.Error("an expired document cannot be read and stays; run doctor", "node", node, "err", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if ok {
			deletes = append(deletes, store.Delete{ID: rec.ID, Node: node})
		}
	}
	return deletes, nil
}
