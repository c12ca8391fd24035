package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/internal/nfc"
)

var (
	// ErrAliased is returned when aliases keep a collection from being dropped, and when
	// a name is an alias where a collection itself is needed.
	ErrAliased = errors.New("an alias is in the way")
	// ErrNoAlias is returned when an alias does not exist.
	ErrNoAlias = errors.New("no such alias")
)

// Alias is a name that leads to a collection. It names the collection, and not its
// number, so that a switch to another version of the collection need not know it.
// Aliases and collections share one space of names.
type Alias struct {
	Name       string    `json:"name"`
	Collection string    `json:"collection"`
	Since      time.Time `json:"since"` // when it was made to lead there
}

// loadAliases reads the aliases, after the collections. A program that does not know
// about aliases may have dropped their collections, or taken their names: such aliases
// are left to DeleteGarbage.
func (s *Store) loadAliases(v *View) error {
	s.aliases, s.dangling = make(map[string]Alias), nil
	for a, err := range v.Aliases() {
		if err != nil {
			return err
		}
		_, taken := s.Lookup(a.Name)
		if _, ok := s.Lookup(a.Collection); !ok || taken {
			s.dangling = append(s.dangling, a.Name)
			continue
		}
		s.aliases[a.Name] = a
	}
	return nil
}

// Aliases yields all aliases in order of their names.
func (v *View) Aliases() func(yield func(Alias, error) bool) {
	return func(yield func(Alias, error) bool) {
		for item, err := range v.items([]byte{keyAlias}, nil, 16) {
			var a Alias
			if err == nil {
				err = item.Value(func(b []byte) error { return json.Unmarshal(b, &a) })
				if err != nil {
					err = fmt.Errorf("%w: alias %q: %w", ErrCorrupt, item.Key()[1:], err)
				}
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// Alias finds an alias by its name, or by one that differs by its Unicode normalisation
// alone.
func (s *Store) Alias(name string) (Alias, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.alias(name)
}

// alias is Alias for a caller that holds s.mu.
func (s *Store) alias(name string) (Alias, bool) {
	if a, ok := s.aliases[name]; ok {
		return a, true
	}
	if nfc.Others(name) == nil {
		return Alias{}, false
	}
	for _, a := range s.aliases {
		if nfc.Equal(a.Name, name) {
			return a, true
		}
	}
	return Alias{}, false
}

// Aliases lists the aliases in order of their names.
func (s *Store) Aliases() []Alias {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.aliases), func(a, b Alias) int { return cmp.Compare(a.Name, b.Name) })
}

// aliasesOf lists the names of a collection's aliases.
func (s *Store) aliasesOf(collection string) (names []string) {
	for _, a := range s.Aliases() {
		if a.Collection == collection {
			names = append(names, a.Name)
		}
	}
	return names
}

// free returns ErrCollectionExists if a name is that of a collection or an alias, or
// differs from one by its Unicode normalisation alone.
func (s *Store) free(name string) error {
	if a, ok := s.Alias(name); ok {
		return fmt.Errorf("%w: %q is an alias of %q", ErrCollectionExists, a.Name, a.Collection)
	}
	if _, ok := s.Lookup(s.Name(name)); ok {
		return fmt.Errorf("%w: %q", ErrCollectionExists, name)
	}
	return nil
}

// SetAlias makes a name lead to a collection, from now on or instead of the one that it
// has led to, in one transaction. It returns what it led to before, or "".
func (s *Store) SetAlias(name, collection string) (previous string, err error) {
	var a Alias
	err = s.doDurably(func(txn *badger.Txn) error {
		was, ok := s.Alias(name)
		if ok {
			name, previous = was.Name, was.Collection
		} else if err := s.free(name); err != nil {
			return err
		}
		if _, ok := s.Lookup(collection); !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, collection)
		}
		a = Alias{Name: name, Collection: collection, Since: now()}
		if previous == collection {
			a = was
			return nil
		}
		return setJSON(txn, aliasKey(name), a)
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.aliases[a.Name] = a
	})
	return previous, err
}

// DropAlias removes an alias. Its collection stays.
func (s *Store) DropAlias(name string) error {
	return s.doDurably(func(txn *badger.Txn) error {
		a, ok := s.Alias(name)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoAlias, name)
		}
		name = a.Name
		if err := txn.Delete(aliasKey(name)); err != nil {
			return &partialError{err}
		}
		return nil
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.aliases, name)
	})
}

// leads says that aliases lead somewhere.
func leads(names []string) string {
	if len(names) == 1 {
		return names[0] + " leads"
	}
	return strings.Join(names, ", ") + " lead"
}

// unaliased returns ErrAliased if aliases lead to a collection.
func (s *Store) unaliased(collection string) error {
	if names := s.aliasesOf(collection); len(names) > 0 {
		return fmt.Errorf("%w: %s to %q; switch or drop aliases first", ErrAliased, leads(names), collection)
	}
	return nil
}

// RenameCollection gives a collection another name, with its hidden version and its
// aliases, in one transaction. The names may differ by their Unicode normalisation alone.
func (s *Store) RenameCollection(from, to string) error {
	var info Info
	var hidden Hidden
	var moved []Alias
	return s.doDurably(func(txn *badger.Txn) error {
		var ok bool
		if info, ok = s.Lookup(from); !ok {
			return fmt.Errorf("%w: %q", ErrNoCollection, from)
		}
		if from == to || !nfc.Equal(from, to) {
			if err := s.free(to); err != nil {
				return err
			}
		}
		info.Name = to
		if err := errors.Join(txn.Delete(collectionKey(from)), setJSON(txn, collectionKey(to), info)); err != nil {
			return &partialError{err}
		}
		if hidden, ok = s.Hidden(from); ok {
			hidden.Name = to
			if err := errors.Join(txn.Delete(hiddenKey(from)), setJSON(txn, hiddenKey(to), hidden)); err != nil {
				return &partialError{err}
			}
		}
		for _, a := range s.Aliases() {
			if a.Collection != from {
				continue
			}
			a.Collection = to
			moved = append(moved, a)
			if err := setJSON(txn, aliasKey(a.Name), a); err != nil {
				return err
			}
		}
		return nil
	}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.states[info.ID].info = info
		if hidden.ID != 0 {
			delete(s.hidden, from)
			s.hidden[to], s.states[hidden.ID].info = hidden, hidden.Info
		}
		for _, a := range moved {
			s.aliases[a.Name] = a
		}
	})
}

// dropDangling deletes the aliases that lead nowhere.
func (s *Store) dropDangling() error {
	for _, name := range s.dangling {
		err := s.do(func(txn *badger.Txn) error {
			if _, ok := s.aliases[name]; ok { // it has been made anew
				return nil
			}
			return txn.Delete(aliasKey(name))
		}, nil)
		if err != nil {
			return err
		}
	}
	s.dangling = nil
	return nil
}
