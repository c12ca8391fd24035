package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Hidden is a version of a collection that its name does not lead to: the one that
// is being filled before a switch, or the previous one after it. A collection has at
// most one. It takes batches and views by its number, as any collection does.
//
// Its key names the number of the visible version. A program that does not know
// about hidden versions may drop that one, and even create another collection of the
// same name. The hidden version then belongs to no collection, and DeleteGarbage deletes it.
type Hidden struct {
	Info
	Of       uint32    `json:"of"` // the version that the name leads to
	Previous bool      `json:"previous"`
	Since    time.Time `json:"since"` // when it was created, or hidden by the switch
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

// loadHidden reads the hidden versions, after all collections have been read. Those
// that belong to no collection are left to DeleteGarbage.
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
			continue // never treat what a name leads to as garbage
		case of == nil || of.info.Name != h.Name:
			s.orphans = append(s.orphans, h)
			continue
		}
		st, err := v.stateOf(h.Info)
		if err != nil {
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
		return h, fmt.Errorf("hidden version of collection %q: %w", name, err)
	}
	err = s.doDurably(func(txn *badger.Txn) error {
		of, ok := s.Lookup(name)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, name)
		}
		if _, ok := s.Hidden(name); ok {
			return fmt.Errorf("%w: a hidden version of %q", ErrCollectionExists, name)
		}
		h = Hidden{Info: of, Of: of.ID, Since: now()}
		h.Settings = raw
		if h.ID, err = s.nextID(txn); err != nil {
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

// unnamed begins the name under which a collection without one is kept. No collection
// can have such a name.
const unnamed = "\x00"

// CreateUnnamed adds a collection that is being filled and has no name yet: a hidden
// version that belongs to no collection. After a kill, DeleteGarbage deletes it.
func (s *Store) CreateUnnamed(name string, settings any) (h Hidden, err error) {
	raw, err := json.Marshal(settings)
	if err != nil {
		return h, fmt.Errorf("collection %q: %w", name, err)
	}
	h = Hidden{Info: Info{Name: unnamed + name, Created: now(), Settings: raw}, Since: now()}
	err = s.doDurably(func(txn *badger.Txn) error {
		if _, ok := s.Hidden(h.Name); ok {
			return fmt.Errorf("%w: %q is being filled", ErrCollectionExists, name)
		}
		if h.ID, err = s.nextID(txn); err != nil {
			return err
		}
		return setJSON(txn, hiddenKey(h.Name), h)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.states[h.ID], s.hidden[h.Name] = &state{info: h.Info}, h
	})
	return h, err
}

// Publish gives a collection from CreateUnnamed its name.
func (s *Store) Publish(h Hidden) error {
	info := h.Info
	info.Name = h.Name[len(unnamed):]
	return s.doDurably(func(txn *badger.Txn) error {
		if err := s.free(info.Name); err != nil {
			return err
		}
		if err := txn.Delete(hiddenKey(h.Name)); err != nil {
			return &partialError{err}
		}
		return setJSON(txn, collectionKey(info.Name), info)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.hidden, h.Name)
		s.states[h.ID].info = info
	})
}

// Switch makes the name lead to the hidden version, in one transaction. The previous
// version is then hidden, or garbage if it is to be discarded.
func (s *Store) Switch(name string, discard bool) error {
	var previous Hidden
	return s.doDurably(func(txn *badger.Txn) error {
		to, ok := s.Hidden(name)
		if !ok {
			return fmt.Errorf("%w: a hidden version of %q", ErrNoCollection, name)
		}
		from, ok := s.Lookup(name)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, name)
		}
		previous = Hidden{Info: from, Of: to.ID, Previous: true, Since: now()}
		if err := setJSON(txn, collectionKey(name), to.Info); err != nil {
			return err
		}
		if discard {
			return dropHidden(txn, previous)
		}
		return setJSON(txn, hiddenKey(name), previous)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if discard {
			delete(s.hidden, name)
			delete(s.states, previous.ID)
			return
		}
		s.hidden[name] = previous
	})
}

// DropHidden drops the hidden version of a collection. Its data is garbage, for DeleteGarbage
// to delete.
func (s *Store) DropHidden(name string) error {
	h, ok := s.Hidden(name)
	if !ok {
		return fmt.Errorf("%w: a hidden version of %q", ErrNoCollection, name)
	}
	return s.doDurably(func(txn *badger.Txn) error { return dropHidden(txn, h) }, func() { s.forget(name, h.ID) })
}

// forget removes a hidden version from what is known.
func (s *Store) forget(name string, cid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hidden, name)
	delete(s.states, cid)
}

// dropHidden turns a version into garbage and frees its key.
func dropHidden(txn *badger.Txn, h Hidden) error {
	if err := txn.Set(prefix(keyGarbage, h.ID), nil); err != nil {
		return &partialError{err}
	}
	if err := txn.Delete(hiddenKey(h.Name)); err != nil {
		return &partialError{err}
	}
	return nil
}
