package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// former is what a put or a delete takes the place of.
type former struct {
	node uint32 // AnyNode: nothing
	id   string // as it is stored
}

// former looks up a document that a batch writes.
func (s *Store) former(txn *badger.Txn, b *Batch, id string) (f former, ok bool, err error) {
	if b.Exact {
		f.id = id
		f.node, ok, err = s.lookupNode(txn, b.Collection, id)
	} else {
		f.node, f.id, ok, err = s.find(txn, b.Collection, id)
	}
	if !ok {
		f.node = AnyNode
	}
	return f, ok, err
}

// replaced looks up what the puts and then the deletes of a batch replace. It returns an
// ExistsError for documents that the batch requires to be absent.
func (s *Store) replaced(txn *badger.Txn, b *Batch) ([]former, error) {
	old := make([]former, 0, len(b.Puts)+len(b.Deletes))
	var exist []string
	for i := range b.Puts {
		f, ok, err := s.former(txn, b, b.Puts[i].ID)
		switch {
		case err != nil:
			return nil, err
		case ok && b.Insert:
			exist = append(exist, b.Puts[i].ID)
		}
		if w := b.Puts[i].Was; w != nil && w.Must {
			if same, err := s.isVersion(txn, b.Collection, f.node, w.Node, w.Seq); err != nil || !same {
				return nil, cmp.Or(err, ErrChanged)
			}
		}
		old = append(old, f)
	}
	if exist != nil {
		return nil, &ExistsError{IDs: exist}
	}
	for _, id := range b.Absent {
		switch _, ok, err := s.former(txn, b, id); {
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
		f, _, err := s.former(txn, b, d.ID)
		if err != nil {
			return nil, err
		}
		if d.Node != AnyNode {
			same, err := s.isVersion(txn, b.Collection, f.node, d.Node, d.Seq)
			if err != nil {
				return nil, err
			}
			if !same {
				f.node = AnyNode
			}
		}
		old = append(old, f)
	}
	return old, nil
}

// isVersion reports whether a document's node is the one expected, and its record was
// written by batch seq, unless that is 0.
func (s *Store) isVersion(txn *badger.Txn, cid, node, want uint32, seq uint64) (bool, error) {
	if node != want || seq == 0 {
		return node == want, nil
	}
	item, err := s.item(txn, nodeKey(keyDocument, cid, node))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	same := false
	err = item.Value(func(b []byte) error {
		same = len(b) >= recordHead && binary.LittleEndian.Uint64(b[recordSeqAt:]) == seq
		return nil
	})
	return same, err
}

// writer writes one batch. The first error sticks.
type writer struct {
	s   *Store
	txn *badger.Txn
	cid uint32
	st  state
	out Committed
	err error
}

func (w *writer) batch(b *Batch, old []former) {
	gone := make(map[uint32]bool, len(old)) // an id in two forms names one document
	var changed []uint32
	for i := range b.Puts {
		p, f := &b.Puts[i], old[i]
		keeps := p.Was != nil && p.Was.Keeps && p.Was.Node == f.node && !gone[f.node]
		if f.node != AnyNode && !gone[f.node] {
			gone[f.node] = true
			if !keeps {
				w.kill(f.node)
			}
			w.rename(f.id, p.ID)
		}
		if !keeps {
			w.put(p, w.takeNode())
			w.st.Live++
			continue
		}
		if w.out.Kept == nil {
			w.out.Kept = make([]bool, len(b.Puts))
		}
		w.out.Kept[i] = true
		changed = append(changed, f.node)
		w.put(p, f.node)
	}
	for i, d := range b.Deletes {
		if f := old[len(b.Puts)+i]; f.node != AnyNode && !gone[f.node] {
			gone[f.node] = true
			w.kill(f.node)
			w.delete(idKey(w.cid, f.id))
			if f.id != d.ID {
				w.out.Former = append(w.out.Former, f.id)
			}
			if d.Former {
				w.out.Former = append(w.out.Former, f.id)
			} else {
				w.out.Deleted++
			}
		}
	}
	w.set(logKey(w.cid, w.st.Seq), appendLog(nil, w.out.born(), w.out.Dead, changed))
}

// rename takes away the id of a document that is stored in another form.
func (w *writer) rename(stored, id string) {
	if stored != id {
		w.delete(idKey(w.cid, stored))
		w.out.Former = append(w.out.Former, stored)
	}
}

func (w *writer) put(p *Put, n uint32) {
	putSeq(p.Record, w.st.Seq)
	w.set(idKey(w.cid, p.ID), nodeValue(n))
	w.set(nodeKey(keyDocument, w.cid, n), p.Record)
	w.set(nodeKey(keyVector, w.cid, n), p.Vector)
	w.out.Born = append(w.out.Born, n)
}

// takeNode takes a free number. It skips numbers that have a document or a
// tombstone after all: an index that is wrong about one must not cost the document.
func (w *writer) takeNode() uint32 {
	for k := len(w.st.free); k > 0 && w.err == nil; k = len(w.st.free) {
		n := w.st.free[k-1]
		w.st.free = slices.Clip(w.st.free[:k-1])
		if !w.has(nodeKey(keyDocument, w.cid, n)) && !w.has(nodeKey(keyDead, w.cid, n)) && w.err == nil {
			return n
		}
	}
	w.st.Next++
	return w.st.Next - 1
}

func (w *writer) has(key []byte) bool {
	_, err := w.s.item(w.txn, key)
	if err != nil && !errors.Is(err, badger.ErrKeyNotFound) && w.err == nil {
		w.err = err
	}
	return err == nil
}

// kill turns a node into a tombstone. Its text and vector are gone from now on;
// its number stays taken until Reclaim.
func (w *writer) kill(n uint32) {
	w.delete(nodeKey(keyDocument, w.cid, n))
	w.delete(nodeKey(keyVector, w.cid, n))
	w.set(nodeKey(keyDead, w.cid, n), nil)
	w.out.Dead = append(w.out.Dead, n)
	w.st.Live--
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
