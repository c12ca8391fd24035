package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// A power failure may take any of the transactions that were not synced, and
// leave later ones. Whatever is left is put in order: every id leads to the
// document that has it, and what was durable and not touched since is as it was.
func TestLostTransactions(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		if testing.Short() && seed == 8 {
			break
		}
		rng := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		s, err := Open(dir, Options{SyncEvery: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
		cid := create(t, s, "c")
		want := map[string]string{} // as it is durable
		for n := range 12 {
			id := fmt.Sprint(n % 7)
			want[id] = change(t, s, cid, id, n)
		}
		durable := s.pins.newest()
		for n := range 30 {
			id := fmt.Sprint(rng.IntN(9))
			delete(want, id)
			if rng.IntN(3) == 0 {
				done, err := s.Commit(&Batch{Collection: cid, Deletes: []Delete{{ID: id, Node: AnyNode}}})
				if err != nil {
					t.Fatal(err)
				}
				done.Release()
				if err := s.Reclaim(cid, done.Dead); err != nil { // so that numbers are given again
					t.Fatal(err)
				}
			} else {
				change(t, s, cid, id, 100+n)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		lossy := t.TempDir()
		lost := replayWithout(t, dir, lossy, func(ts uint64) bool { return ts > durable && rng.IntN(2) == 0 })
		checkMended(t, lossy, cid, want, fmt.Sprintf("seed %d, lost %d", seed, lost))
	}
}

// change puts a document and returns its text.
func change(t *testing.T, s *Store, cid uint32, id string, n int) string {
	t.Helper()
	text := fmt.Sprintf("%s in version %d", id, n)
	commit(t, s, &Batch{Collection: cid, Puts: []Put{{
		ID: id, Record: AppendRecord(nil, &Record{ID: id, Text: text}), Vector: AppendVector(nil, []float32{1, 0}),
	}}})
	return text
}

// replayWithout copies a closed store, transaction by transaction, but for those
// that are lost.
func replayWithout(t *testing.T, from, to string, lost func(ts uint64) bool) (missing []uint64) {
	t.Helper()
	type entry struct {
		key, value []byte
		deleted    bool
	}
	byTS := map[uint64][]entry{}
	old, err := badger.OpenManaged(badger.DefaultOptions(from).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	txn := old.NewTransactionAt(1<<62, false)
	o := badger.DefaultIteratorOptions
	o.AllVersions = true
	it := txn.NewIterator(o)
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		value, err := item.ValueCopy(nil)
		if err != nil {
			t.Fatal(err)
		}
		byTS[item.Version()] = append(byTS[item.Version()], entry{item.KeyCopy(nil), value, item.IsDeletedOrExpired()})
	}
	it.Close()
	txn.Discard()
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	fresh, err := badger.OpenManaged(badger.DefaultOptions(to).WithLogger(nil).WithCompression(options.None))
	if err != nil {
		t.Fatal(err)
	}
	for ts := uint64(1); len(byTS) > 0; ts++ {
		entries, ok := byTS[ts]
		delete(byTS, ts)
		if ok && lost(ts) {
			missing = append(missing, ts)
			continue
		}
		txn := fresh.NewTransactionAt(ts, true)
		for _, e := range entries {
			err := error(nil)
			if e.deleted {
				err = txn.Delete(e.key)
			} else {
				err = txn.Set(e.key, e.value)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := txn.CommitAt(ts, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := fresh.Close(); err != nil {
		t.Fatal(err)
	}
	return missing
}

// checkMended mends a store until there is nothing to mend, and compares it.
func checkMended(t *testing.T, dir string, cid uint32, want map[string]string, what string) {
	t.Helper()
	s := open(t, dir)
	defer func() { _ = s.Close() }()
	v := s.View(nil)
	defer func() { v.Close() }()
	for round := 0; ; round++ {
		var faults []Fault
		if err := v.Check(cid, 2, func(f Fault) {
			switch {
			case f.Mendable():
				faults = append(faults, f)
			case !strings.HasPrefix(f.Detail, "the change log"): // it is trimmed when the collection is rebuilt
				t.Errorf("%s: %s %d: %s", what, f.ID, f.Node, f.Detail)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if len(faults) == 0 {
			break
		}
		if round == 4 {
			t.Fatalf("%s: still %v", what, faults)
		}
		if err := s.Mend(cid, faults); err != nil {
			t.Fatal(err)
		}
		v.Close()
		v = s.View(nil)
	}
	var ids []string
	for id, err := range v.IDs(cid, "") {
		if err != nil {
			t.Fatal(err)
		}
		r, ok, err := v.Record(cid, id.Node, WithAll)
		if err != nil || !ok || r.ID != id.ID {
			t.Errorf("%s: id %s leads to %+v, %v %v", what, id.ID, r, ok, err)
			continue
		}
		ids = append(ids, id.ID)
		if text, ok := want[id.ID]; ok && r.Text != text {
			t.Errorf("%s: %s has %q, want %q", what, id.ID, r.Text, text)
		}
	}
	for id := range want {
		if !slices.Contains(ids, id) {
			t.Errorf("%s: %s is gone", what, id)
		}
	}
	if live := s.State(cid).Live; live != uint64(len(ids)) {
		t.Errorf("%s: %d documents are counted, %d have ids", what, live, len(ids))
	}
}
