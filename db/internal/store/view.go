package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/internal/nfc"
)

// View reads the store as it was at one moment, whatever is written meanwhile. It
// must be closed, and may be used by one goroutine at a time.
type View struct {
	s   *Store
	ts  uint64
	txn *badger.Txn
}

// View opens a view at the newest commit, or at the timestamp that at returns.
// Unlike Badger's own read transactions it does not wait for a commit in progress.
func (s *Store) View(at func() uint64) *View {
	ts := s.pins.take(at)
	return &View{s: s, ts: ts, txn: s.bdb.NewTransactionAt(ts, false)}
}

// TS is the view's timestamp, at which another view can be opened.
func (v *View) TS() uint64 { return v.ts }

// Close releases the view.
func (v *View) Close() {
	v.txn.Discard()
	v.s.pins.release(v.ts)
}

// get returns a copy of the value of key.
func (v *View) get(key []byte) ([]byte, bool, error) { return v.s.get(v.txn, key) }

func (s *Store) get(txn *badger.Txn, key []byte) ([]byte, bool, error) {
	item, err := s.item(txn, key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read store: %w", err)
	}
	b, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, fmt.Errorf("read store: %w", err)
	}
	return b, true, nil
}

// Node returns the node that a document id points at.
func (v *View) Node(cid uint32, id string) (uint32, bool, error) {
	return v.s.lookupNode(v.txn, cid, id)
}

// Find is Node also for an id that differs by its Unicode normalisation, unless there is
// the one given.
func (v *View) Find(cid uint32, id string) (uint32, bool, error) {
	node, _, ok, err := v.s.find(v.txn, cid, id)
	return node, ok, err
}

// find returns the node of a document, and its id as it is stored: the one given, or else
// the composed or the decomposed form.
func (s *Store) find(txn *badger.Txn, cid uint32, id string) (node uint32, stored string, ok bool, err error) {
	if node, ok, err = s.lookupNode(txn, cid, id); ok || err != nil {
		return node, id, ok, err
	}
	for _, other := range nfc.Others(id) {
		if node, ok, err = s.lookupNode(txn, cid, other); ok || err != nil {
			return node, other, ok, err
		}
	}
	return 0, id, false, nil
}

func (s *Store) lookupNode(txn *badger.Txn, cid uint32, id string) (uint32, bool, error) {
	b, ok, err := s.get(txn, idKey(cid, id))
	if err != nil || !ok {
		return 0, false, err
	}
	if len(b) != 4 {
		return 0, false, fmt.Errorf("%w: node of document %q", ErrCorrupt, id)
	}
	return binary.BigEndian.Uint32(b), true, nil
}

// Record reads the document of a node. ok is false if there is none.
func (v *View) Record(cid, node uint32, want Fields) (r *Record, ok bool, err error) {
	item, err := v.s.item(v.txn, nodeKey(keyDocument, cid, node))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read document: %w", err)
	}
	err = item.Value(func(b []byte) error {
		r, err = DecodeRecord(b, want)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read document of node %d: %w", node, err)
	}
	return r, true, nil
}

// Vector appends the full vector of a node to dst.
func (v *View) Vector(dst []float32, cid, node uint32) ([]float32, bool, error) {
	item, err := v.s.item(v.txn, nodeKey(keyVector, cid, node))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return dst, false, nil
	}
	if err != nil {
		return dst, false, fmt.Errorf("read vector: %w", err)
	}
	err = item.Value(func(b []byte) error {
		dst = DecodeVector(dst, b)
		return nil
	})
	return dst, err == nil, err
}

// IDs yields document ids and their nodes in byte order of the ids, starting with the
// first id not below start.
func (v *View) IDs(cid uint32, start string) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		for item, err := range v.items(prefix(keyID, cid), idKey(cid, start), 256) {
			if err != nil {
				yield(ID{}, err)
				return
			}
			id := ID{ID: string(item.Key()[5:])}
			err := item.Value(func(b []byte) error {
				if len(b) != 4 {
					return fmt.Errorf("%w: node of document %q", ErrCorrupt, id.ID)
				}
				id.Node = binary.BigEndian.Uint32(b)
				return nil
			})
			if !yield(id, err) || err != nil {
				return
			}
		}
	}
}

// ID is a document id with its node.
type ID struct {
	ID   string
	Node uint32
}

// Records yields every document record in order of the nodes. A damaged one comes as
// its node with an ErrCorrupt, and iteration continues. Those in damaged blocks do not
// come.
func (v *View) Records(cid uint32, want Fields) iter.Seq2[NodeRecord, error] {
	return func(yield func(NodeRecord, error) bool) {
		for item, err := range v.items(prefix(keyDocument, cid), nil, 256) {
			if isHole(err) {
				return
			}
			if err != nil {
				yield(NodeRecord{}, err)
				return
			}
			nr := NodeRecord{Node: nodeOf(item.Key())}
			err := item.Value(func(b []byte) (err error) {
				nr.Record, err = DecodeRecord(b, want)
				return err
			})
			if !yield(nr, err) || err != nil && !errors.Is(err, ErrCorrupt) {
				return
			}
		}
	}
}

// NodeRecord is a document record with its node.
type NodeRecord struct {
	Node   uint32
	Record *Record
}

// Vectors calls f with the encoded vector of each node from first up to, but not
// including, end, in order. The vector is valid only during the call. Those in damaged
// blocks are left out.
func (v *View) Vectors(cid, first, end uint32, f func(node uint32, vec []byte) error) error {
	for item, err := range v.items(prefix(keyVector, cid), nodeKey(keyVector, cid, first), 256) {
		if isHole(err) {
			return nil
		}
		if err != nil {
			return err
		}
		n := nodeOf(item.Key())
		if n >= end {
			return nil
		}
		if err := item.Value(func(b []byte) error { return f(n, b) }); err != nil {
			return err
		}
	}
	return nil
}

// Dead yields the nodes that have a tombstone: they are neither live nor free.
func (v *View) Dead(cid uint32) iter.Seq2[uint32, error] {
	return func(yield func(uint32, error) bool) {
		for item, err := range v.items(prefix(keyDead, cid), nil, 0) {
			if isHole(err) {
				return // a number is looked up before it is given again
			}
			if err != nil {
				yield(0, err)
				return
			}
			if !yield(nodeOf(item.Key()), nil) {
				return
			}
		}
	}
}

// Collections yields all collections in order of their names.
func (v *View) Collections() iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for item, err := range v.items([]byte{keyCollection}, nil, 16) {
			if err != nil {
				yield(Info{}, err)
				return
			}
			var info Info
			err := item.Value(func(b []byte) error { return json.Unmarshal(b, &info) })
			if err != nil {
				err = fmt.Errorf("%w: collection %q: %w", ErrCorrupt, item.Key()[1:], err)
			}
			info.Changed = item.Version()
			if !yield(info, err) || err != nil {
				return
			}
		}
	}
}
