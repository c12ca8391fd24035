package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Loader fills a new store with what Export produced. It is durable after Close.
type Loader struct {
	s    *Store
	wb   *badger.WriteBatch
	ts   uint64
	next uint32 // above the number of every collection
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
	return l.set(prefix(keyState, info.ID), st.encode())
}

// Alias adds an alias.
func (l *Loader) Alias(a Alias) error {
	rec, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return l.set(aliasKey(a.Name), rec)
}

// Put adds a document. It does not retain record or vector.
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

// Finish writes what is left, and returns the store so that it can be read.
func (l *Loader) Finish() (*Store, error) {
	if err := l.set([]byte{keyNextID}, nodeValue(max(l.next, 1))); err != nil {
		return nil, err
	}
	if err := l.wb.Flush(); err != nil {
		return nil, fmt.Errorf("load store: %w", err)
	}
	l.wb = nil
	l.s.pins.commit(l.ts)
	l.s.noteWritten(l.ts, false)
	return l.s, l.s.readCollections()
}

// Close closes the store.
func (l *Loader) Close() error {
	if l.wb != nil {
		l.wb.Cancel()
	}
	return l.s.Close()
}
