package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

func createHidden(t *testing.T, s *Store, name string) uint32 {
	t.Helper()
	h, err := s.CreateHidden(name, map[string]int{"y": 2})
	if err != nil {
		t.Fatal(err)
	}
	return h.ID
}

// names are the numbers that names lead to, and of the hidden versions.
func names(t *testing.T, s *Store, name string) (visible, hidden uint32) {
	t.Helper()
	info, _ := s.Lookup(name)
	h, _ := s.Hidden(name)
	n := 0
	v := s.View(nil)
	defer v.Close()
	for listed, err := range v.Collections() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; listed.Name == name && listed.ID != info.ID {
			t.Errorf("%q leads to %d and is listed as %d", name, info.ID, listed.ID)
		}
	}
	if s.Collections() != n {
		t.Errorf("%d collections are counted, %d listed", s.Collections(), n)
	}
	return info.ID, h.ID
}

func TestHidden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	reopen := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir)
	}
	if _, err := s.CreateHidden("a", nil); !errors.Is(err, ErrNoCollection) {
		t.Errorf("a version of nothing: %v", err)
	}
	if err := s.Switch("a", false); !errors.Is(err, ErrNoCollection) {
		t.Errorf("switch of nothing: %v", err)
	}
	a := create(t, s, "a")
	if err := s.Switch("a", false); !errors.Is(err, ErrNoCollection) {
		t.Errorf("switch to nothing: %v", err)
	}
	b := createHidden(t, s, "a")
	if _, err := s.CreateHidden("a", nil); !errors.Is(err, ErrCollectionExists) {
		t.Errorf("a second hidden version: %v", err)
	}
	commit(t, s, &Batch{Collection: a, Puts: put("1")})
	commit(t, s, &Batch{Collection: b, Puts: put("1", "2")})
	reopen()
	if v, h := names(t, s, "a"); v != a || h != b {
		t.Fatalf("%d and %d, want %d and %d", v, h, a, b)
	}
	if st := s.State(b); st.Live != 2 {
		t.Errorf("the hidden version has %+v", st)
	}

	if err := s.Switch("a", false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h, _ := s.Hidden("a")
		if v, _ := names(t, s, "a"); v != b || h.ID != a || !h.Previous || h.Of != b || string(h.Settings) != `{"x":1}` {
			t.Fatalf("switched to %d, hidden is %+v", v, h)
		}
		if info, _ := s.Lookup("a"); string(info.Settings) != `{"y":2}` {
			t.Errorf("the settings are %s", info.Settings)
		}
		reopen()
	}
	commit(t, s, &Batch{Collection: a, Puts: put("3")})

	// Back, for good.
	if err := s.Switch("a", true); err != nil {
		t.Fatal(err)
	}
	reopen()
	if v, h := names(t, s, "a"); v != a || h != 0 {
		t.Errorf("back at %d, and %d is hidden", v, h)
	}
	if n, err := s.DeleteGarbage(); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if got := ids(t, s, b); len(got) != 0 {
		t.Errorf("the dropped version has %v", got)
	}
	if got := ids(t, s, a); !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("the version has %v", got)
	}

	// Dropped with its collection, and alone.
	c := createHidden(t, s, "a")
	if err := s.DropHidden("a"); err != nil {
		t.Fatal(err)
	}
	e := createHidden(t, s, "a")
	if _, h, err := s.DropCollection("a"); err != nil || h.ID != e {
		t.Fatal(h, err)
	}
	if n, err := s.DeleteGarbage(); n != 3 || err != nil || c == e {
		t.Errorf("swept %d, %v", n, err)
	}
	reopen()
	if v, h := names(t, s, "a"); v != 0 || h != 0 {
		t.Errorf("dropped, and there are %d and %d", v, h)
	}
}

// A program that knows no hidden versions drops a collection and makes another of
// its name: the version of the first is swept, and the second has none.
func TestHiddenOrphan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	a := create(t, s, "a")
	h := createHidden(t, s, "a")
	kept := create(t, s, "kept")
	createHidden(t, s, "kept")
	commit(t, s, &Batch{Collection: h, Puts: put("1")})
	commit(t, s, &Batch{Collection: kept, Puts: put("2")})
	old := s.hidden
	s.hidden = map[string]Hidden{"kept": old["kept"]}
	if err := s.do(func(txn *badger.Txn) error {
		return errors.Join(txn.Set(prefix(keyGarbage, a), nil), txn.Delete(collectionKey("a")))
	}, func() { delete(s.states, a); delete(s.states, h) }); err != nil {
		t.Fatal(err)
	}
	again := create(t, s, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, dir)
	if v, h := names(t, s, "a"); v != again || h != 0 {
		t.Errorf("%d and %d, want %d and none", v, h, again)
	}
	next := createHidden(t, s, "a") // before the sweep
	if n, err := s.DeleteGarbage(); n != 2 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if got := ids(t, s, h); len(got) != 0 {
		t.Errorf("the orphan has %v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if v, h := names(t, s, "a"); v != again || h != next {
		t.Errorf("%d and %d, want %d and %d", v, h, again, next)
	}
	if v, h := names(t, s, "kept"); v != kept || h == 0 {
		t.Errorf("the other collection has %d and %d", v, h)
	}
}

// A collection that is being filled has no name until it is published, and is garbage
// after a kill.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	lost, err := s.CreateUnnamed("a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateUnnamed("a", nil); !errors.Is(err, ErrCollectionExists) {
		t.Error(err)
	}
	commit(t, s, &Batch{Collection: lost.ID, Puts: put("x")})
	kept, err := s.CreateUnnamed("b", nil)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, &Batch{Collection: kept.ID, Puts: put("y")})
	if visible, _ := names(t, s, "b"); visible != 0 {
		t.Error("it has a name already")
	}
	if err := s.Publish(kept); err != nil {
		t.Fatal(err)
	}
	c := create(t, s, "c")
	late, err := s.CreateUnnamed("c", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(late); !errors.Is(err, ErrCollectionExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := s.DropHidden(late.Name); err != nil {
		t.Error(err)
	}
	for _, reopened := range []bool{false, true} {
		if reopened {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir)
			if n, err := s.DeleteGarbage(); err != nil || n != 2 {
				t.Errorf("%d deleted: %v", n, err)
			}
		}
		if visible, _ := names(t, s, "b"); visible != kept.ID || s.State(kept.ID).Live != 1 {
			t.Errorf("%d, want %d: %+v", visible, kept.ID, s.State(kept.ID))
		}
		if visible, _ := names(t, s, "c"); visible != c {
			t.Errorf("%d, want %d", visible, c)
		}
		if visible, _ := names(t, s, "a"); visible != 0 {
			t.Error("a collection that was not published has a name")
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
