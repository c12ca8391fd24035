package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// request waits for the committer. It is one of three: a batch, a function to run
// in a transaction of its own, or a function to run while nothing is written.
type request struct {
	batch *Batch
	fn    func(*badger.Txn) error
	alone func() error
	after func() // runs once fn is committed, before any later commit
	out   Committed
	err   error
	done  chan struct{}
}

// Commit writes a batch and returns when it is as durable as the options ask.
func (s *Store) Commit(b *Batch) (*Committed, error) {
	if err := s.checkSize(b); err != nil {
		return nil, err
	}
	for i := range b.Puts {
		p := &b.Puts[i]
		p.Record = seal(p.Record, p.Vector)
	}
	r := &request{batch: b}
	if err := s.submit(r); err != nil {
		return nil, err
	}
	return &r.out, nil
}

// do runs fn in a transaction, and after once it is committed.
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
		if held = nil; first.alone != nil {
			first.err = first.alone()
			close(first.done)
			continue
		}
		var group []*request
		group, held = s.gather(first)
		s.commitGroup(group)
	}
}

// gather returns first and the batches queued behind it that fit the same
// transaction. The request that ends the group, if there is one, is held.
func (s *Store) gather(first *request) (group []*request, held *request) {
	group = append(group, first)
	if first.batch == nil {
		return group, nil
	}
	limit, size := s.maxBatch(), first.batch.size()
	for {
		select {
		case r, ok := <-s.queue:
			if !ok {
				return group, nil
			}
			if r.batch == nil {
				return group, r
			}
			if size = size.plus(r.batch.size()); size.exceeds(limit) {
				return group, r
			}
			group = append(group, r)
		default:
			return group, nil
		}
	}
}

// commitGroup commits a group as one transaction. A batch that is refused, because
// a document exists for instance, fails alone.
func (s *Store) commitGroup(group []*request) {
	if group = s.refuseFull(group); len(group) == 0 {
		return
	}
	next := make(map[uint32]*state) // the collections after the group
	ts, err := s.update(func(txn *badger.Txn) error { return s.applyGroup(txn, group, next) })
	if err == nil {
		s.publish(group, next, ts)
	}
	for _, r := range group {
		if r.err == nil {
			r.err = err
		}
		close(r.done)
	}
}

// applyGroup puts a group into the transaction. It returns an error only if the
// transaction must not be committed; what fails alone has its own.
func (s *Store) applyGroup(txn *badger.Txn, group []*request, next map[uint32]*state) error {
	for _, r := range group {
		if r.err = s.apply(txn, r, next); r.err == nil {
			continue
		}
		if partial, ok := errors.AsType[*partialError](r.err); ok {
			return partial.err
		}
	}
	for cid, st := range next {
		if err := txn.Set(prefix(keyState, cid), st.encode()); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(group, func(r *request) bool { return r.err == nil }) {
		return errNothing
	}
	return nil
}

// errNothing ends a transaction that would write nothing: the newest timestamp is
// always one that the store holds.
var errNothing = errors.New("nothing to write")

// publish makes a committed group known: the states of its collections, then what
// its requests have become, then the timestamp.
func (s *Store) publish(group []*request, next map[uint32]*state, ts uint64) {
	s.mu.Lock()
	for cid, st := range next {
		if s.states[cid] != nil {
			s.states[cid] = st
		}
	}
	s.mu.Unlock()
	for _, r := range group {
		if r.err != nil {
			continue
		}
		r.out.TS = ts
		if r.after != nil {
			r.after()
		}
		if r.batch != nil {
			r.out.Last = next[r.batch.Collection].Seq
			s.space.batch(r.batch, len(r.out.Dead), next[r.batch.Collection].Live)
			before := s.pins.take(func() uint64 { return ts - 1 })
			r.out.release = func() { s.pins.release(before) }
		}
	}
	s.pins.commit(ts) // only now: the pins above keep what it supersedes
}

// refuseFull refuses the requests that the disk has no space for and returns the
// rest.
func (s *Store) refuseFull(group []*request) []*request {
	full := s.checkCapacity(reserveWrite)
	if full == nil {
		return group
	}
	fuller := s.checkCapacity(reserveDelete)
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

// partialError is a failure that left part of a request in the transaction, which
// must therefore not be committed.
type partialError struct{ err error }

func (e *partialError) Error() string { return e.err.Error() }
func (e *partialError) Unwrap() error { return e.err }

// update runs fn in a transaction and commits it at the next timestamp. Only the
// committer may call it, and Open before the committer starts.
func (s *Store) update(fn func(*badger.Txn) error) (uint64, error) {
	if err := s.failed.Load(); err != nil {
		return 0, *err
	}
	last := s.pins.newest()
	txn := s.bdb.NewTransactionAt(last, true)
	defer txn.Discard()
	if err := fn(txn); err != nil {
		return 0, fmt.Errorf("write store: %w", err)
	}
	if err := s.beginSession(txn, last+1); err != nil {
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
		s.fail(err)
		return 0, fmt.Errorf("commit: %w", err)
	}
	s.inSession = true
	s.noteWritten(last+1, s.opts.SyncEvery == 0)
	return last + 1, nil
}

// apply puts one request into the transaction.
func (s *Store) apply(txn *badger.Txn, r *request, next map[uint32]*state) error {
	if r.batch != nil {
		return s.applyBatch(txn, r, next)
	}
	if err := r.fn(txn); err != nil {
		return err
	}
	return keepTime(txn)
}

// keepTime writes a key that is never deleted. A batch does so with the state of
// its collection. A transaction that only deletes would leave nothing behind once
// it is compacted, and the next opening would issue its timestamp again, although
// a backup may have recorded that it has seen everything up to it.
func keepTime(txn *badger.Txn) error {
	if err := txn.Set([]byte{keyTime}, nil); err != nil {
		return &partialError{err}
	}
	return nil
}

// applyBatch puts a batch into the transaction. Whatever can make the batch itself
// invalid is checked before the first write.
func (s *Store) applyBatch(txn *badger.Txn, r *request, next map[uint32]*state) error {
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
	old, err := s.replaced(txn, b)
	if err != nil {
		return err
	}
	w := writer{s: s, txn: txn, cid: b.Collection, st: *st}
	w.st.Seq++
	w.batch(b, old)
	if w.err != nil {
		return &partialError{w.err}
	}
	w.out.Seq = w.st.Seq
	r.out = w.out
	*st = w.st
	next[b.Collection] = st
	return nil
}
