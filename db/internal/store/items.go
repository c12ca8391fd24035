package store

import (
	"bytes"
	"errors"
	"iter"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// guard runs a call into Badger, which panics on some damage.
func guard(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = reason.For(ErrCorrupt, "the store cannot be read (%.200v); 'frony-db doctor' names the file", r)
		}
	}()
	f()
	return nil
}

// item looks up a key.
func (s *Store) item(txn *badger.Txn, key []byte) (item *badger.Item, err error) {
	if err := s.damagedAt(key); err != nil {
		return nil, err
	}
	if broken := guard(func() { item, err = txn.Get(key) }); broken != nil {
		return nil, broken
	}
	return item, err
}

// holeError ends an iteration that could not read some blocks.
type holeError struct{ error }

func (e holeError) Unwrap() error { return e.error }

// isHole reports whether an iteration ended well but for damaged blocks.
func isHole(err error) bool {
	_, ok := errors.AsType[holeError](err)
	return ok
}

// items yields the items of a prefix from start on. With a prefetch of 0 it reads
// keys only. An item is valid until the next one. If there are damaged blocks among
// them, the items of all others come first, and then a holeError.
func (v *View) items(prefix, start []byte, prefetch int) iter.Seq2[*badger.Item, error] {
	if start == nil {
		start = prefix
	}
	return func(yield func(*badger.Item, error) bool) {
		w := walk{v: v, prefix: prefix, prefetch: prefetch}
		if h := v.s.holes.Load(); h != nil && len(*h) > 0 {
			w.holes = h.in(prefix, start)
		}
		w.run(start, yield)
	}
}

// walk is an iteration. Badger's iterator loses the rest of a table behind a damaged
// block, so behind each hole it is set anew.
type walk struct {
	v        *View
	prefix   []byte
	prefetch int
	holes    holes

	it   *badger.Iterator
	last []byte // the key that was yielded last
}

func (w *walk) open() {
	o := badger.DefaultIteratorOptions
	o.Prefix = w.prefix
	o.PrefetchValues = w.prefetch > 0
	o.PrefetchSize = max(w.prefetch, 1)
	w.it = w.v.txn.NewIterator(o)
}

func (w *walk) close() { _ = guard(func() { w.it.Close() }) }

func (w *walk) run(start []byte, yield func(*badger.Item, error) bool) {
	w.open()
	defer func() { w.close() }()
	pending := w.holes
	err := w.seek(start)
	for {
		for len(pending) > 0 && (err != nil || !w.valid() || bytes.Compare(w.it.Item().Key(), pending[0].end) >= 0) {
			if err != nil { // the iterator is not to be trusted any more
				w.close()
				w.open()
			}
			end := pending[0].end
			pending = pending[1:]
			if w.last == nil || bytes.Compare(end, w.last) > 0 {
				err = w.seek(end)
			}
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if !w.valid() {
			break
		}
		if w.holes != nil {
			w.last = append(w.last[:0], w.it.Item().Key()...)
		}
		if !yield(w.it.Item(), nil) {
			return
		}
		err = guard(func() { w.it.Next() })
	}
	if len(w.holes) > 0 {
		yield(nil, holeError{w.holes.err()})
	}
}

func (w *walk) seek(key []byte) error { return guard(func() { w.it.Seek(key) }) }

func (w *walk) valid() bool { return w.it.ValidForPrefix(w.prefix) }
