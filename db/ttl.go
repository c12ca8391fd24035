package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// expiry knows when nodes expire. A document is invisible from that moment on,
// whether it has been swept or not: reads ask passed, which costs nothing while
// nothing is due.
type expiry struct {
	next atomic.Int64 // no node expires before, in microseconds since 1970

	// mu guards what follows.
	mu    sync.RWMutex
	at    map[uint32]int64
	swept map[uint32]struct{} // nodes that a sweep has taken; reads that began before still ask for them
	wake  int64               // no other node expires before
	timer *time.Timer         // of the next sweep
	ended bool
}

const (
	never = math.MaxInt64

	// Expired documents gather for a while before they are deleted together.
	sweepDelay = time.Second
	sweepRetry = time.Minute
	sweepBatch = 1000
)

func newExpiry() *expiry {
	e := &expiry{at: make(map[uint32]int64), swept: make(map[uint32]struct{}), wake: never}
	e.next.Store(never)
	return e
}

// set says when a node expires; the zero time is never.
func (e *expiry) set(node uint32, t time.Time) {
	if t.IsZero() {
		return
	}
	at := t.UnixMicro()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.put(node, at)
}

// put is set; the caller holds the lock.
func (e *expiry) put(node uint32, at int64) {
	e.at[node] = at
	delete(e.swept, node)
	e.wake = min(e.wake, at)
	e.next.Store(min(e.next.Load(), at))
}

// forget drops a node that has died and that no read can see any more.
func (e *expiry) forget(node uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.at, node)
	if _, ok := e.swept[node]; !ok {
		return
	}
	delete(e.swept, node)
	if len(e.swept) == 0 {
		e.next.Store(e.wake)
	}
}

// passed says whether a node has expired at the moment now.
func (e *expiry) passed(node uint32, now int64) bool {
	if e.next.Load() > now {
		return false
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	at, ok := e.at[node]
	return ok && at <= now
}

// due returns up to n nodes that have expired and takes them for swept, and says
// whether there are others.
func (e *expiry) due(now int64, n int) (nodes []uint32, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wake = never
	for node, at := range e.at {
		if _, ok := e.swept[node]; ok {
			continue
		}
		if at <= now && len(nodes) < n {
			nodes = append(nodes, node)
			e.swept[node] = struct{}{}
			continue
		}
		more = more || at <= now
		e.wake = min(e.wake, at)
	}
	if len(e.swept) == 0 {
		e.next.Store(e.wake)
	}
	return nodes, more
}

// back gives nodes back that could not be swept.
func (e *expiry) back(nodes []uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, node := range nodes {
		if at, ok := e.at[node]; ok {
			e.put(node, at)
		}
	}
}

// schedule plans a sweep for when the next node expires, and not before delay.
func (e *expiry) schedule(delay time.Duration, sweep func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.wake == never || e.ended {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(max(time.Until(time.UnixMicro(e.wake)), 0)+delay, sweep)
}

// end stops sweeping for good.
func (e *expiry) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// append encodes the nodes: pairs of node and microseconds.
func (e *expiry) append(dst []byte) []byte {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for node, at := range e.at {
		dst = binary.AppendUvarint(dst, uint64(node))
		dst = binary.AppendVarint(dst, at)
	}
	return dst
}

func decodeExpiry(b []byte) (*expiry, error) {
	e := newExpiry()
	for len(b) > 0 {
		node, k := binary.Uvarint(b)
		if k <= 0 || node > math.MaxUint32 {
			return nil, fmt.Errorf("%w: expiry of a node", errSnapshot)
		}
		at, l := binary.Varint(b[k:])
		if l <= 0 {
			return nil, fmt.Errorf("%w: expiry of node %d", errSnapshot, node)
		}
		b = b[k+l:]
		e.put(uint32(node), at)
	}
	return e, nil
}

func expired(r *store.Record, now int64) bool {
	return !r.Expires.IsZero() && r.Expires.UnixMicro() <= now
}

// sweepLater sweeps in the background when something has expired.
func (c *Collection) sweepLater(delay time.Duration) {
	if c.db.opts.ReadOnly {
		return
	}
	c.expiry.schedule(delay, func() {
		if c.enter() != nil {
			return // closed
		}
		defer c.leave()
		delay := sweepDelay
		if _, err := c.sweep(context.Background()); err != nil && !errors.Is(err, ErrClosed) {
			c.log.Warn("sweeping expired documents failed; it is tried again", "err", err)
			delay = sweepRetry
		}
		c.sweepLater(delay)
	})
}

// sweepDue sweeps if anything has expired: an id is free for an insert when its
// document has.
func (c *Collection) sweepDue(ctx context.Context) error {
	if c.expiry.next.Load() > time.Now().UnixMicro() {
		return nil
	}
	_, err := c.sweep(ctx)
	return err
}

// sweep deletes what has expired, and returns how many documents. What it deletes
// is forgotten when it is buried: a read that began before must find it expired
// until it ends.
func (c *Collection) sweep(ctx context.Context) (n int, err error) {
	for {
		nodes, more := c.expiry.due(time.Now().UnixMicro(), sweepBatch)
		deletes, err := c.named(nodes)
		if err == nil && len(deletes) > 0 {
			var done *store.Committed
			if done, err = c.commit(nil, &store.Batch{Deletes: deletes}); err == nil {
				n += done.Deleted
			}
		}
		if err != nil {
			c.expiry.back(nodes)
			return n, err
		}
		if !more || ctx.Err() != nil {
			return n, ctx.Err()
		}
	}
}

// named makes deletes of exactly these versions of documents.
func (c *Collection) named(nodes []uint32) ([]store.Delete, error) {
	v, _ := c.view()
	defer v.Close()
	deletes := make([]store.Delete, 0, len(nodes))
	for _, node := range nodes {
		r, ok, err := v.Record(c.id, node, 0)
		if errors.Is(err, store.ErrCorrupt) {
			c.log.Error("a document that has expired can't be read and stays; run doctor", "node", node, "err", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if ok {
			deletes = append(deletes, store.Delete{ID: r.ID, Node: node})
		}
	}
	return deletes, nil
}

// sweepSoon plans a sweep if a batch holds documents that expire.
func (c *Collection) sweepSoon(prep []prepared) {
	for i := range prep {
		if !prep[i].doc.Expires.IsZero() {
			c.sweepLater(sweepDelay)
			return
		}
	}
}
