package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/store"
)

// A snapshot is due when as many nodes were born and died since the last one as
// a fifth of the collection, and never for fewer than saveFrom: opening then
// replays a bounded part of the work, and the bytes written for snapshots stay
// in proportion to those written for documents.
const (
	saveFrom  = 20_000
	saveShare = 5 // of the live nodes: one in
)

// snapshotSoon counts changes, and takes a snapshot in the background when it is
// due.
func (x *Index) snapshotSoon(changed int) {
	n := x.changes.Add(int64(changed))
	if n < saveFrom || n < int64(x.members.count()/saveShare) || !x.snapping.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.snapping.Store(false)
		if err := x.save(); err != nil && !errors.Is(err, store.ErrClosed) {
			x.log.Warn("background snapshot failed; the next one is due after as many changes", "err", err)
		}
	})
}

// Save writes a snapshot if anything has changed since the last one. Searches go
// on meanwhile. Writes wait only while the state is copied out of memory, not for
// the disk.
func (x *Index) Save(ctx context.Context) error {
	if err := x.gate.Enter(); err != nil {
		return err
	}
	defer x.gate.Leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	return x.save()
}

// Saved is the sequence number of the newest snapshot, or 0 if the next one
// starts from nothing.
func (x *Index) Saved() uint64 { return x.saved.Load() }

func (x *Index) save() error {
	x.saving.Lock()
	defer x.saving.Unlock()
	if x.visible.now.Load().seq == x.saved.Load() {
		return nil
	}
	t, err := disk.NewTemp(x.path(snapshotExt))
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	// Most of what copyTo's lock would otherwise wait for is written before it.
	if err := x.rows.Sync(); err != nil {
		return errors.Join(err, t.Drop())
	}
	stamp := max(1, rand.Uint64())
	seq, err := x.copyTo(t, stamp)
	if err != nil {
		return errors.Join(fmt.Errorf("write snapshot: %w", err), t.Drop())
	}
	if err := x.rows.Stamp(stamp); err != nil {
		x.log.Warn("vector rows not stamped; the next opening makes new ones", "err", err)
	}
	// The rows come first: a snapshot promises the rows of all its nodes.
	if err := x.rows.Sync(); err != nil {
		return errors.Join(err, t.Drop())
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	x.saved.Store(seq)
	if err := x.st.TrimLog(x.id, seq); err != nil && !errors.Is(err, store.ErrClosed) {
		return fmt.Errorf("trim change log: %w", err)
	}
	return nil
}

// copyTo writes the derived state as it is at one moment. Writers wait for it,
// so it does not wait for the disk.
func (x *Index) copyTo(t *disk.Temp, stamp uint64) (seq uint64, err error) {
	x.linking.Lock()
	defer x.linking.Unlock()
	m := *x.visible.now.Load()
	x.changes.Store(0)
	return m.seq, t.Fill(func(w io.Writer) error { return x.encode(w, m, stamp) })
}
