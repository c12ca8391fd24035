package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Info is what the store remembers of a collection. Settings is the business
// of the layer above.
type Info struct {
	ID       uint32          `json:"id"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Settings json.RawMessage `json:"settings"`

	// Changed is the timestamp at which the name was made to lead to this number,
	// or the settings were replaced. View.Collections sets it.
	Changed uint64 `json:"-"`
}

// State is a collection's counters after its newest commit.
type State struct {
	Seq  uint64 // of the newest batch
	Next uint32 // all nodes are below
	Live uint64 // documents
}

func (st *state) read(v *View) error {
	b, ok, err := v.get(prefix(keyState, st.info.ID))
	if err != nil || !ok {
		return err
	}
	if len(b) != 20 {
		return fmt.Errorf("%w: state of collection %q", ErrCorrupt, st.info.Name)
	}
	st.seq = binary.BigEndian.Uint64(b)
	st.next = binary.BigEndian.Uint32(b[8:])
	st.live = binary.BigEndian.Uint64(b[12:])
	return nil
}

func (st *state) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 20), st.seq)
	b = binary.BigEndian.AppendUint32(b, st.next)
	return binary.BigEndian.AppendUint64(b, st.live)
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

// State returns the counters of a collection.
func (s *Store) State(cid uint32) State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := s.states[cid]
	if st == nil {
		return State{}
	}
	return State{Seq: st.seq, Next: st.next, Live: st.live}
}

// CreateCollection adds a collection and gives it a number that no collection
// of this store ever had.
func (s *Store) CreateCollection(name string, settings any) (Info, error) {
	raw, err := json.Marshal(settings)
	if err != nil {
		return Info{}, fmt.Errorf("create collection %q: %w", name, err)
	}
	info := Info{Name: name, Created: moment(), Settings: raw}
	err = s.doDurably(func(txn *badger.Txn) error {
		if _, ok := s.Lookup(name); ok {
			return fmt.Errorf("%w: %q", ErrCollectionExists, name)
		}
		if info.ID, err = nextID(txn); err != nil {
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

// SetSettings replaces a collection's settings.
func (s *Store) SetSettings(name string, settings any) error {
	raw, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("collection %q: %w", name, err)
	}
	info, ok := s.Lookup(name)
	if !ok {
		return fmt.Errorf("%w: %q", ErrNoCollection, name)
	}
	info.Settings = raw
	rec, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("collection %q: %w", name, err)
	}
	return s.doDurably(func(txn *badger.Txn) error { return txn.Set(collectionKey(name), rec) }, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		next := new(*s.states[info.ID])
		next.info = info
		s.states[info.ID] = next
	})
}

// DropCollection removes a collection and its hidden version. Its name is free at
// once; its data is marked as garbage in the same transaction and swept by Sweep.
// It returns both; the hidden version has no number if there was none.
func (s *Store) DropCollection(name string) (info Info, h Hidden, err error) {
	err = s.doDurably(func(txn *badger.Txn) error {
		var ok bool
		if info, ok = s.Lookup(name); !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, name)
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

// Sweep deletes the data of dropped collections, and of hidden versions that
// belong to nothing. It may be interrupted and
// called again; it returns how many collections it has swept.
func (s *Store) Sweep() (int, error) {
	if err := s.dropOrphans(); err != nil {
		return 0, err
	}
	var cids []uint32
	v := s.View(nil)
	for item, err := range v.items([]byte{keyGarbage}, nil, 0) {
		if err != nil {
			v.Close()
			return 0, err
		}
		cids = append(cids, binary.BigEndian.Uint32(item.Key()[1:]))
	}
	v.Close()
	for _, cid := range cids {
		for _, kind := range []byte{keyState, keyID, keyDocument, keyVector, keyDead, keyLog} {
			if err := s.deletePrefix(prefix(kind, cid), nil); err != nil {
				return 0, err
			}
		}
		err := s.do(func(txn *badger.Txn) error { return txn.Delete(prefix(keyGarbage, cid)) }, nil)
		if err != nil {
			return 0, err
		}
	}
	return len(cids), nil
}

// deletePrefix deletes the keys of a prefix below end, a bounded number in
// each transaction.
func (s *Store) deletePrefix(prefix, end []byte) error {
	for {
		var keys [][]byte
		size := 0
		v := s.View(nil)
		for item, err := range v.items(prefix, nil, 0) {
			if err != nil {
				v.Close()
				return err
			}
			if end != nil && string(item.Key()) >= string(end) || len(keys) == 10_000 || size > 1<<20 {
				break
			}
			keys = append(keys, item.KeyCopy(nil))
			size += len(item.Key())
		}
		v.Close()
		if len(keys) == 0 {
			return nil
		}
		err := s.do(func(txn *badger.Txn) error {
			for _, k := range keys {
				if err := txn.Delete(k); err != nil {
					return &partialError{err}
				}
			}
			return nil
		}, nil)
		if err != nil {
			return err
		}
	}
}

// Collections is the number of collections, without hidden versions.
func (s *Store) Collections() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.states) - len(s.hidden)
}

// Versions are all collections and their hidden versions, in order of their numbers.
func (s *Store) Versions() []Info {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Info, 0, len(s.states))
	for _, cid := range slices.Sorted(maps.Keys(s.states)) {
		all = append(all, s.states[cid].info)
	}
	return all
}
