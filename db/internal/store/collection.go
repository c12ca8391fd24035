package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/internal/nfc"
)

// Info is what the store remembers of a collection. Settings belongs to the layer
// above.
type Info struct {
	ID       uint32          `json:"id"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Settings json.RawMessage `json:"settings"`

	// Changed is the timestamp of the transaction that made the name lead to this
	// number. View.Collections sets it.
	Changed uint64 `json:"-"`
}

// Lookup finds a collection by name.
func (s *Store) Lookup(name string) (Info, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, st := range s.states {
		if st.info.Name == name && s.visible(&st.info) {
			return st.info, true
		}
	}
	return Info{}, false
}

// Name returns the name of the collection that a name means: itself, the one that it is
// an alias of, or one of these that differs by its Unicode normalisation alone. A name
// that means none is returned as it is.
func (s *Store) Name(name string) string {
	if _, ok := s.Lookup(name); ok {
		return name
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if a, ok := s.alias(name); ok {
		return a.Collection
	}
	for _, st := range s.states {
		if nfc.Equal(st.info.Name, name) && s.visible(&st.info) {
			return st.info.Name
		}
	}
	return name
}

// State returns the counters of a collection.
func (s *Store) State(cid uint32) State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if st := s.states[cid]; st != nil {
		return st.State
	}
	return State{}
}

// CreateCollection adds a collection under a number that no collection of this
// store has ever had.
func (s *Store) CreateCollection(name string, settings any) (Info, error) {
	raw, err := json.Marshal(settings)
	if err != nil {
		return Info{}, fmt.Errorf("create collection %q: %w", name, err)
	}
	info := Info{Name: name, Created: now(), Settings: raw}
	err = s.doDurably(func(txn *badger.Txn) error {
		if err := s.free(name); err != nil {
			return err
		}
		if info.ID, err = s.nextID(txn); err != nil {
			return err
		}
		return setJSON(txn, collectionKey(name), info)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.states[info.ID] = &state{info: info}
	})
	return info, err
}

// DropCollection removes a collection and its hidden version. The name is free at
// once. The data is marked as garbage in the same transaction, for DeleteGarbage to delete.
// It returns ErrAliased while aliases lead to the collection.
// DropCollection returns both; the hidden version's ID is 0 if there was none.
func (s *Store) DropCollection(name string) (info Info, h Hidden, err error) {
	err = s.doDurably(func(txn *badger.Txn) error {
		var ok bool
		if info, ok = s.Lookup(name); !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, name)
		}
		if err := s.unaliased(name); err != nil {
			return err
		}
		if h, ok = s.Hidden(name); ok {
			if err := dropHidden(txn, h); err != nil {
				return err
			}
		}
		if err := txn.Set(prefix(keyGarbage, info.ID), nil); err != nil {
			return &partialError{err}
		}
		if err := txn.Delete(collectionKey(name)); err != nil {
			return &partialError{err}
		}
		return nil
	}, func() {
		s.forget(name, h.ID)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.states, info.ID)
	})
	return info, h, err
}

// NameOf is the name of a collection by its number, or "" if it does not exist.
func (s *Store) NameOf(cid uint32) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if st := s.states[cid]; st != nil {
		return st.info.Name
	}
	return ""
}

// Collections is the number of collections, not counting hidden versions.
func (s *Store) Collections() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.states) - len(s.hidden)
}

// Versions lists all collections and their hidden versions by number.
func (s *Store) Versions() []Info {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Info, 0, len(s.states))
	for _, cid := range slices.Sorted(maps.Keys(s.states)) {
		all = append(all, s.states[cid].info)
	}
	return all
}

// NextID is above the number of every collection that the store has ever had.
func (s *Store) NextID() (uint32, error) {
	v := s.View(nil)
	defer v.Close()
	b, ok, err := v.get([]byte{keyNextID})
	if err != nil || !ok || len(b) != 4 {
		return 1, err
	}
	return binary.BigEndian.Uint32(b), nil
}

// nextID takes a number that no collection of this store has ever had.
func (s *Store) nextID(txn *badger.Txn) (uint32, error) {
	b, ok, err := s.get(txn, []byte{keyNextID})
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

// now is the current time as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
