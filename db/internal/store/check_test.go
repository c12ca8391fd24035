package store

import (
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// Every invariant that is broken by hand is found, and what can be mended is.
func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(cid uint32, txn *badger.Txn) error
		want  string
		whole bool // Mend makes it sound again
	}{
		{"nothing", func(uint32, *badger.Txn) error { return nil }, "", true},
		{"id lost", func(cid uint32, txn *badger.Txn) error { return txn.Delete(idKey(cid, "a")) }, "does not lead to it", true},
		{"id astray", func(cid uint32, txn *badger.Txn) error { return txn.Set(idKey(cid, "z"), nodeValue(77)) }, "node without a document", true},
		{"id of another", func(cid uint32, txn *badger.Txn) error { return txn.Set(idKey(cid, "z"), nodeValue(1)) }, "document of another", true},
		{"id led away", func(cid uint32, txn *badger.Txn) error { return txn.Set(idKey(cid, "a"), nodeValue(1)) }, "leads to node 1", true},
		{"document lost", func(cid uint32, txn *badger.Txn) error { return txn.Delete(nodeKey(keyDocument, cid, 1)) }, "node without a document", true},
		{"vector lost", func(cid uint32, txn *badger.Txn) error { return txn.Delete(nodeKey(keyVector, cid, 1)) }, "no vector", false},
		{"vector short", func(cid uint32, txn *badger.Txn) error { return txn.Set(nodeKey(keyVector, cid, 1), make([]byte, 4)) }, "4 bytes", false},
		{"vector of no length", func(cid uint32, txn *badger.Txn) error { return txn.Set(nodeKey(keyVector, cid, 1), make([]byte, 8)) }, "length is 0", false},
		{"tombstone of the living", func(cid uint32, txn *badger.Txn) error { return txn.Set(nodeKey(keyDead, cid, 1), nil) }, "with a tombstone", true},
		{"record damaged", func(cid uint32, txn *badger.Txn) error { return txn.Set(nodeKey(keyDocument, cid, 1), []byte{9}) }, "no known version", false},
		{"log with a gap", func(cid uint32, txn *badger.Txn) error { return txn.Delete(logKey(cid, 2)) }, "goes from 1 to 3", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.TempDir(), Options{SyncEvery: 1 << 40})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			info, err := s.CreateCollection("c", struct{}{})
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"a", "b", "c"} {
				done, err := s.Commit(&Batch{Collection: info.ID, Puts: []Put{{
					ID: id, Record: AppendRecord(nil, &Record{ID: id, Text: id}), Vector: AppendVector(nil, []float32{1, 0}),
				}}})
				if err != nil {
					t.Fatal(err)
				}
				done.Release()
			}
			if err := s.do(func(txn *badger.Txn) error { return c.spoil(info.ID, txn) }, nil); err != nil {
				t.Fatal(err)
			}
			check := func() (faults []Fault, all string) {
				v := s.View(nil)
				defer v.Close()
				if err := v.Check(info.ID, 2, func(f Fault) { faults = append(faults, f); all += f.Detail + "\n" }); err != nil {
					t.Fatal(err)
				}
				return faults, all
			}
			faults, all := check()
			if c.want == "" && all != "" || !strings.Contains(all, c.want) {
				t.Errorf("found %q, want %q", all, c.want)
			}
			if err := s.Mend(info.ID, faults); err != nil {
				t.Fatal(err)
			}
			if _, all := check(); (all == "") != c.whole {
				t.Errorf("after mending: %q", all)
			}
			if err := s.Scrub(); err != nil {
				t.Error(err)
			}
		})
	}
}
