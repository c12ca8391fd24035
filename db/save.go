package db

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// A snapshot is due when as many nodes were born and died since the last one as
// a fifth of the collection, and never for fewer than snapshotFrom: so opening
// replays a bounded part of the work, and the bytes written for snapshots stay
// in proportion to the bytes written for documents.
const (
	snapshotFrom  = 20_000
	snapshotShare = 5 // of the live nodes: one in
)

// snapshotSoon counts changes, and takes a snapshot in the background when it
// is due.
func (c *Collection) snapshotSoon(changed int) {
	n := c.changes.Add(int64(changed))
	if n < snapshotFrom || n < int64(c.graph.Len()/snapshotShare) || !c.snapping.CompareAndSwap(false, true) {
		return
	}
	c.background.Go(func() {
		defer c.snapping.Store(false)
		if err := c.save(); err != nil && !errors.Is(err, ErrClosed) {
			c.log.Warn("background snapshot failed; the next one is tried after as many changes", "err", err)
		}
	})
}

// Snapshot saves the collection's derived state if it has changed, so that the
// next opening has nothing to replay. Searches go on meanwhile, and writes wait
// only while the state is copied out of memory, not for the disk.
//
// Snapshots are taken in the background as a collection changes, and by Close:
// there is rarely a need to call it. It returns ErrReadOnly and ErrClosed.
func (c *Collection) Snapshot(ctx context.Context) error {
	if err := c.enter(); err != nil {
		return wrap("snapshot", c.name, err)
	}
	defer c.leave()
	if c.db.opts.ReadOnly {
		return wrap("snapshot", c.name, ErrReadOnly)
	}
	if err := ctx.Err(); err != nil {
		return wrap("snapshot", c.name, err)
	}
	return wrap("snapshot", c.name, c.save())
}

// save writes a snapshot if there is anything newer than the last one.
func (c *Collection) save() error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if c.visible.now.Load().seq == c.saved.Load() {
		return nil
	}
	t, err := newTemp(c.derivedPath("snapshot"))
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	// Most of what the lock below would keep waiting for is written before it.
	if err := c.rows.Sync(); err != nil {
		return errors.Join(err, t.drop())
	}
	seq, err := c.copyTo(t)
	if err != nil {
		return errors.Join(fmt.Errorf("write snapshot: %w", err), t.drop())
	}
	// The rows come first: a snapshot promises the rows of all its nodes.
	if err := c.rows.Sync(); err != nil {
		return errors.Join(err, t.drop())
	}
	if err := t.commit(); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	c.saved.Store(seq)
	if err := c.db.st.TrimLog(c.id, seq); err != nil && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("trim change log: %w", err)
	}
	return nil
}

// copyTo writes the derived state as it is at one moment. Writers wait for it,
// so it does not wait for the disk.
func (c *Collection) copyTo(t *temp) (seq uint64, err error) {
	c.linking.Lock()
	defer c.linking.Unlock()
	seq = c.visible.now.Load().seq
	c.changes.Store(0)
	return seq, t.write(func(w io.Writer) error { return c.encode(w, seq) })
}
