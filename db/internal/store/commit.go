package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// request waits for the committer: a batch, a function to run in a transaction of
// its own, or one to run while nothing is written.
type request struct {
	batch *Batch
	fn    func(*badger.Txn) error
	alone func() error
	after func() // runs when fn is committed, before anything later is
	out   Committed
	err   error
	done  chan struct{}
}

// Commit writes a batch and returns when it is as durable as the options ask.
func (s *Store) Commit(b *Batch) (*Committed, error) {
	bytes, keys := b.Bytes()
	if mb, mk := s.MaxBatch(); bytes > mb || keys > mk {
		return nil, fmt.Errorf("%w: %d documents take %d bytes in %d keys, at most %d and %d fit",
			ErrTooLarge, len(b.Puts)+len(b.Deletes), bytes, keys, mb, mk)
	}
	r := &request{batch: b}
	if err := s.submit(r); err != nil {
		return nil, err
	}
	return &r.out, nil
}

// do runs fn in a transaction, and after when it is committed.
func (s *Store) do(fn func(*badger.Txn) error, after func()) error {
	return s.submit(&request{fn: fn, after: after})
}

func (s *Store) submit(r *request) error {
	if s.opts.ReadOnly {
		return ErrReadOnly
	}
	r.done = make(chan struct{})
	s.closing.RLock()
	if s.isClosed {
		s.closing.RUnlock()
		return ErrClosed
	}
	s.queue <- r
	s.closing.RUnlock()
	<-r.done
	return r.err
}

// committer serves the queue until it is closed and empty.
func (s *Store) committer() {
	var held *request // did not fit the last group
	for {
		first := held
		if first == nil {
			var ok bool
			if first, ok = <-s.queue; !ok {
				return
			}
		}
		var group []*request
		group, held = s.gather(first)
		s.commitGroup(group)
	}
}

// gather takes what waits behind first, as far as it fits one transaction.
func (s *Store) gather(first *request) (group []*request, held *request) {
	group = append(group, first)
	if first.batch == nil {
		return group, nil
	}
	mb, mk := s.MaxBatch()
	bytes, keys := first.batch.Bytes()
	for {
		select {
		case r, ok := <-s.queue:
			if !ok {
				return group, nil
			}
			if r.batch == nil {
				return group, r
			}
			b, k := r.batch.Bytes()
			if bytes, keys = bytes+b, keys+k; bytes > mb || keys > mk {
				return group, r
			}
			group = append(group, r)
		default:
			return group, nil
		}
	}
}

// commitGroup commits a group as one transaction. A batch that can't be done,
// because a document exists, fails alone.
func (s *Store) commitGroup(group []*request) {
	if r := group[0]; r.alone != nil {
		r.err = r.alone()
		close(r.done)
		return
	}
	if group = s.admit(group); len(group) == 0 {
		return
	}
	next := make(map[uint32]*state) // the collections after the group
	var done []*request
	ts, err := s.update(func(txn *badger.Txn) error {
		for _, r := range group {
			if r.fn != nil {
				r.err = r.fn(txn)
				if r.err == nil {
					r.err = keepTime(txn)
				}
			} else {
				r.err = s.apply(txn, r, next)
			}
			if partial, ok := errors.AsType[*partialError](r.err); ok {
				return partial.err
			}
			if r.err == nil {
				done = append(done, r)
			}
		}
		for cid, st := range next {
			if err := txn.Set(prefix(keyState, cid), st.encode()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, r := range group {
			if r.err == nil || slices.Contains(done, r) {
				r.err = err
			}
		}
		done = nil
	}
	s.mu.Lock()
	if err == nil {
		for cid, st := range next {
			if s.states[cid] != nil {
				s.states[cid] = st
			}
		}
	}
	s.mu.Unlock()
	for _, r := range done {
		r.out.TS = ts
		if r.after != nil {
			r.after()
		}
		if r.batch != nil {
			r.out.Last = next[r.batch.Collection].seq
			before := s.pins.take(func() uint64 { return ts - 1 })
			r.out.release = func() { s.pins.release(before) }
		}
	}
	if err == nil {
		s.pins.commit(ts) // after the pins were taken: nothing older is lost
	}
	for _, r := range group {
		close(r.done)
	}
}

// admit refuses what there is no room for, and returns the rest.
func (s *Store) admit(group []*request) []*request {
	full := s.room(reserveWrite)
	if full == nil {
		return group
	}
	fuller := s.room(reserveDelete)
	return slices.DeleteFunc(group, func(r *request) bool {
		if r.err = fuller; r.batch != nil && len(r.batch.Puts) > 0 {
			r.err = full
		}
		if r.err != nil {
			close(r.done)
		}
		return r.err != nil
	})
}

// partialError is a failure that left a part of a batch in the transaction,
// which must therefore not be committed.
type partialError struct{ err error }

func (e *partialError) Error() string { return e.err.Error() }
func (e *partialError) Unwrap() error { return e.err }

// keepTime writes a key that is never deleted. A batch does so with the state of
// its collection; a transaction that only deletes leaves nothing behind once it
// is compacted, and its timestamp, up to which a backup may say it has seen all,
// would be given again after the next opening.
func keepTime(txn *badger.Txn) error {
	if err := txn.Set([]byte{keyTime}, nil); err != nil {
		return &partialError{err}
	}
	return nil
}

// update runs fn in a transaction and commits it at the next timestamp. Only
// the committer, and Open before it starts, may call it.
func (s *Store) update(fn func(*badger.Txn) error) (uint64, error) {
	if err := s.broken.Load(); err != nil {
		return 0, *err
	}
	last := s.pins.newest()
	txn := s.bdb.NewTransactionAt(last, true)
	defer txn.Discard()
	if err := fn(txn); err != nil {
		return 0, fmt.Errorf("write store: %w", err)
	}
	if err := disk.Try(disk.Commit, s.dir); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	err := txn.CommitAt(last+1, nil)
	if errors.Is(err, badger.ErrTxnTooBig) { // nothing was written
		return 0, fmt.Errorf("commit: %w", err)
	}
	if err := errors.Join(err, s.badgerLog.syncError(), disk.Try(disk.Sync, s.dir)); err != nil {
		s.stop(err)
		return 0, fmt.Errorf("commit: %w", err)
	}
	return last + 1, nil
}

// apply puts a batch into the transaction. What can fail for the caller's sake
// is found out before the first write.
func (s *Store) apply(txn *badger.Txn, r *request, next map[uint32]*state) error {
	b := r.batch
	st := next[b.Collection]
	if st == nil {
		s.mu.RLock()
		cur := s.states[b.Collection]
		s.mu.RUnlock()
		if cur == nil {
			return ErrNoCollection
		}
		st = new(*cur) // a copy; free is only ever shortened
	}
	old, err := replaced(txn, b)
	if err != nil {
		return err
	}
	w := writer{txn: txn, cid: b.Collection, st: *st}
	w.st.seq++
	w.batch(b, old)
	if w.err != nil {
		return &partialError{w.err}
	}
	w.out.Seq = w.st.seq
	r.out = w.out
	*st = w.st
	next[b.Collection] = st
	return nil
}

// replaced looks up the nodes that the puts and then the deletes of a batch
// point at now; AnyNode stands for none.
func replaced(txn *badger.Txn, b *Batch) ([]uint32, error) {
	old := make([]uint32, 0, len(b.Puts)+len(b.Deletes))
	var exist []string
	for i := range b.Puts {
		n, ok, err := node(txn, b.Collection, b.Puts[i].ID)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			n = AnyNode
		case b.Insert:
			exist = append(exist, b.Puts[i].ID)
		}
		old = append(old, n)
	}
	if exist != nil {
		return nil, &ExistsError{IDs: exist}
	}
	for _, id := range b.Absent {
		switch _, ok, err := node(txn, b.Collection, id); {
		case err != nil:
			return nil, err
		case ok:
			exist = append(exist, id)
		}
	}
	if exist != nil {
		return nil, &ExistsError{IDs: exist}
	}
	for _, d := range b.Deletes {
		n, ok, err := node(txn, b.Collection, d.ID)
		if err != nil {
			return nil, err
		}
		if !ok || d.Node != AnyNode && d.Node != n {
			n = AnyNode
		}
		old = append(old, n)
	}
	return old, nil
}

// writer writes one batch; the first error sticks.
type writer struct {
	txn *badger.Txn
	cid uint32
	st  state
	out Committed
	err error
}

func (w *writer) batch(b *Batch, old []uint32) {
	for i := range b.Puts {
		if old[i] != AnyNode {
			w.kill(old[i])
		}
		w.put(&b.Puts[i])
	}
	for i, d := range b.Deletes {
		if n := old[len(b.Puts)+i]; n != AnyNode {
			w.kill(n)
			w.delete(idKey(w.cid, d.ID))
			w.out.Deleted++
		}
	}
	w.set(logKey(w.cid, w.st.seq), appendLog(nil, w.out.Born, w.out.Dead))
}

func (w *writer) put(p *Put) {
	n := w.node()
	putSeq(p.Record, w.st.seq)
	w.set(idKey(w.cid, p.ID), nodeValue(n))
	w.set(nodeKey(keyDocument, w.cid, n), p.Record)
	w.set(nodeKey(keyVector, w.cid, n), p.Vector)
	w.out.Born = append(w.out.Born, n)
	w.st.live++
}

// node takes a free number. One that has a document or a tombstone after all is
// passed over: an index that is wrong about it must not cost the document.
func (w *writer) node() uint32 {
	for k := len(w.st.free); k > 0 && w.err == nil; k = len(w.st.free) {
		n := w.st.free[k-1]
		w.st.free = slices.Clip(w.st.free[:k-1])
		if !w.has(nodeKey(keyDocument, w.cid, n)) && !w.has(nodeKey(keyDead, w.cid, n)) && w.err == nil {
			return n
		}
	}
	w.st.next++
	return w.st.next - 1
}

func (w *writer) has(key []byte) bool {
	_, err := w.txn.Get(key)
	if err != nil && !errors.Is(err, badger.ErrKeyNotFound) && w.err == nil {
		w.err = err
	}
	return err == nil
}

// kill turns a node into a tombstone. Its text and vector are gone from now
// on, its number stays taken until Reclaim.
func (w *writer) kill(n uint32) {
	w.delete(nodeKey(keyDocument, w.cid, n))
	w.delete(nodeKey(keyVector, w.cid, n))
	w.set(nodeKey(keyDead, w.cid, n), nil)
	w.out.Dead = append(w.out.Dead, n)
	w.st.live--
}

func (w *writer) set(key, value []byte) {
	if w.err == nil {
		w.err = w.txn.Set(key, value)
	}
}

func (w *writer) delete(key []byte) {
	if w.err == nil {
		w.err = w.txn.Delete(key)
	}
}
