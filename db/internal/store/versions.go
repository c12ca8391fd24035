package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Hidden is a version of a collection that its name does not lead to: one that
// is being filled and is to be switched to, or the one from before a switch. A
// collection has at most one. It takes batches and views as any collection does,
// by its number.
//
// It is remembered by the number of the version that the name leads to. A
// program that knows no hidden versions may drop that one, and even make another
// collection of the name: then this one belongs to nothing, and is swept.
type Hidden struct {
	Info
	Of       uint32    `json:"of"` // the version that the name leads to
	Previous bool      `json:"previous"`
	Since    time.Time `json:"since"` // when it was begun, or hidden by the switch
}

// Hidden finds the hidden version of a collection.
func (s *Store) Hidden(name string) (Hidden, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h, ok := s.hidden[name]
	return h, ok
}

// visible reports whether a name leads to the collection. s.mu is held.
func (s *Store) visible(info *Info) bool {
	h, ok := s.hidden[info.Name]
	return !ok || h.ID != info.ID
}

// loadHidden reads the hidden versions. Those that belong to nothing any more are
// left to Sweep. All collections have been read.
func (s *Store) loadHidden(v *View) error {
	for item, err := range v.items([]byte{keyHidden}, nil, 16) {
		if err != nil {
			return err
		}
		var h Hidden
		if err := item.Value(func(b []byte) error { return json.Unmarshal(b, &h) }); err != nil {
			return fmt.Errorf("%w: hidden version of collection %q: %w", ErrCorrupt, item.Key()[1:], err)
		}
		switch of := s.states[h.Of]; {
		case s.states[h.ID] != nil:
			continue // never take what a name leads to for garbage
		case of == nil || of.info.Name != h.Name:
			s.orphans = append(s.orphans, h)
			continue
		}
		st := &state{info: h.Info}
		if err := st.read(v); err != nil {
			return err
		}
		s.states[h.ID], s.hidden[h.Name] = st, h
	}
	return nil
}

// CreateHidden adds a hidden version to a collection.
func (s *Store) CreateHidden(name string, settings any) (h Hidden, err error) {
	raw, err := json.Marshal(settings)
	if err != nil {
		return h, fmt.Errorf("version of collection %q: %w", name, err)
	}
	err = s.doDurably(func(txn *badger.Txn) error {
		of, ok := s.Lookup(name)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, name)
		}
		if _, ok := s.Hidden(name); ok {
			return fmt.Errorf("%w: a hidden version of %q", ErrCollectionExists, name)
		}
		h = Hidden{Info: of, Of: of.ID, Since: moment()}
		h.Settings = raw
		if h.ID, err = nextID(txn); err != nil {
			return err
		}
		return setJSON(txn, hiddenKey(name), h)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.states[h.ID], s.hidden[name] = &state{info: h.Info}, h
	})
	return h, err
}

// Switch makes the name lead to the hidden version, in one transaction. The one
// from before becomes the hidden version, or garbage.
func (s *Store) Switch(name string, discard bool) error {
	var to, was Hidden
	return s.doDurably(func(txn *badger.Txn) error {
		var ok bool
		if to, ok = s.Hidden(name); !ok {
			return fmt.Errorf("%w: a hidden version of %q", ErrNoCollection, name)
		}
		from, ok := s.Lookup(name)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, name)
		}
		was = Hidden{Info: from, Of: to.ID, Previous: true, Since: moment()}
		if err := setJSON(txn, collectionKey(name), to.Info); err != nil {
			return err
		}
		if discard {
			return dropHidden(txn, was)
		}
		return setJSON(txn, hiddenKey(name), was)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if discard {
			delete(s.hidden, name)
			delete(s.states, was.ID)
			return
		}
		s.hidden[name] = was
	})
}

// DropHidden drops the hidden version of a collection: its data is garbage, for
// Sweep.
func (s *Store) DropHidden(name string) error {
	h, ok := s.Hidden(name)
	if !ok {
		return fmt.Errorf("%w: a hidden version of %q", ErrNoCollection, name)
	}
	return s.doDurably(func(txn *badger.Txn) error { return dropHidden(txn, h) }, func() { s.forget(name, h.ID) })
}

// forget takes a hidden version out of what is known.
func (s *Store) forget(name string, cid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hidden, name)
	delete(s.states, cid)
}

// dropHidden makes a version garbage and frees its place.
func dropHidden(txn *badger.Txn, h Hidden) error {
	if err := txn.Set(prefix(keyGarbage, h.ID), nil); err != nil {
		return &partialError{err}
	}
	if err := txn.Delete(hiddenKey(h.Name)); err != nil {
		return &partialError{err}
	}
	return nil
}

// dropOrphans makes garbage of the versions that belong to nothing.
func (s *Store) dropOrphans() error {
	for _, h := range s.orphans {
		err := s.do(func(txn *badger.Txn) error {
			if _, ok := s.Hidden(h.Name); !ok {
				return dropHidden(txn, h)
			}
			return txn.Set(prefix(keyGarbage, h.ID), nil) // its place is taken by now
		}, nil)
		if err != nil {
			return err
		}
	}
	s.orphans = nil
	return nil
}

// nextID takes a number that no collection of this store ever had.
func nextID(txn *badger.Txn) (uint32, error) {
	b, ok, err := get(txn, []byte{keyNextID})
	if err != nil {
		return 0, err
	}
	id := uint32(1)
	if ok && len(b) == 4 {
		id = binary.BigEndian.Uint32(b)
	}
	if err := txn.Set([]byte{keyNextID}, binary.BigEndian.AppendUint32(nil, id+1)); err != nil {
		return 0, &partialError{err}
	}
	return id, nil
}

func setJSON(txn *badger.Txn, key []byte, v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		err = txn.Set(key, b)
	}
	if err != nil {
		return &partialError{err}
	}
	return nil
}

func moment() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
