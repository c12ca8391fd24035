package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Export calls live with every live node of a collection in order, and after
// that document with those that were written after the timestamp since. The
// bytes are valid during the call.
func (v *View) Export(cid uint32, since uint64, live func(node uint32) error, document func(node uint32, record, vector []byte) error) error {
	for item, err := range v.items(prefix(keyDocument, cid), nil, 0) {
		if err == nil {
			err = live(nodeOf(item.Key()))
		}
		if err != nil {
			return err
		}
	}
	prefetch := 64
	if since > 0 {
		prefetch = 0 // most of the values are not asked for
	}
	for item, err := range v.items(prefix(keyDocument, cid), nil, prefetch) {
		if err != nil {
			return err
		}
		if item.Version() <= since {
			continue
		}
		node := nodeOf(item.Key())
		vec, err := v.txn.Get(nodeKey(keyVector, cid, node))
		if err != nil {
			return fmt.Errorf("%w: vector of node %d: %w", ErrCorrupt, node, err)
		}
		err = item.Value(func(record []byte) error {
			return vec.Value(func(vector []byte) error { return document(node, record, vector) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// StateOf is a collection's counters as the view sees them.
func (v *View) StateOf(cid uint32) (State, error) {
	st := state{info: Info{ID: cid}}
	err := st.read(v)
	return State{Seq: st.seq, Next: st.next, Live: st.live}, err
}

// Loader fills a new store with what Export gave. It is durable after Close.
type Loader struct {
	s  *Store
	wb *badger.WriteBatch
	ts uint64
	// next is above the number of every collection.
	next uint32
}

// NewLoader opens a store in dir, which must be empty.
func NewLoader(dir string, opts Options) (*Loader, error) {
	opts.SyncEvery = 1 << 62 // Close syncs
	s, err := Open(dir, opts)
	if err != nil {
		return nil, err
	}
	return &Loader{s: s, wb: s.bdb.NewManagedWriteBatch(), ts: s.pins.newest() + 1}, nil
}

// Collection adds a collection with its number and counters.
func (l *Loader) Collection(info Info, st State) error {
	rec, err := json.Marshal(info)
	if err != nil {
		return err
	}
	l.next = max(l.next, info.ID+1)
	if err := l.set(collectionKey(info.Name), rec); err != nil {
		return err
	}
	return l.set(prefix(keyState, info.ID), (&state{seq: st.Seq, next: st.Next, live: st.Live}).encode())
}

// Put adds a document. It keeps nothing of record and vector.
func (l *Loader) Put(cid, node uint32, id string, record, vector []byte) error {
	if err := l.set(idKey(cid, id), nodeValue(node)); err != nil {
		return err
	}
	if err := l.set(nodeKey(keyDocument, cid, node), bytes.Clone(record)); err != nil {
		return err
	}
	return l.set(nodeKey(keyVector, cid, node), bytes.Clone(vector))
}

func (l *Loader) set(key, value []byte) error {
	if err := l.wb.SetEntryAt(badger.NewEntry(key, value), l.ts); err != nil {
		return fmt.Errorf("load store: %w", err)
	}
	return nil
}

// Finish writes what is left, and returns the store to look at what it holds.
func (l *Loader) Finish() (*Store, error) {
	if err := l.set([]byte{keyNextID}, nodeValue(max(l.next, 1))); err != nil {
		return nil, err
	}
	if err := l.wb.Flush(); err != nil {
		return nil, fmt.Errorf("load store: %w", err)
	}
	l.wb = nil
	l.s.pins.commit(l.ts)
	return l.s, l.s.load()
}

// Close closes the store.
func (l *Loader) Close() error {
	if l.wb != nil {
		l.wb.Cancel()
	}
	return l.s.Close()
}
