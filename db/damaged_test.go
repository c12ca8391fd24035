package db

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// TestDamagedDocuments damages a document: its vector is missing, zero or of the
// wrong length, or its record can't be decoded. The collection must open from a
// snapshot and the log, from the store, and from the snapshot of that. The document
// is named, the others are found, and writing it again repairs it.
func TestDamagedDocuments(t *testing.T) {
	t.Parallel()
	const dims = 8
	whole := func() []float32 { return make([]float32, dims) }
	record := func(id string) []byte {
		return store.AppendRecord(nil, &store.Record{ID: id, Text: "서울의 봄", Hash: [16]byte{1}})
	}
	nan := whole()
	nan[3] = float32(math.NaN())
	for _, test := range []struct {
		name    string
		record  []byte
		vector  []float32
		readers bool // the document can be read
	}{
		{"short", record("bad"), make([]float32, dims-1), true},
		{"long", record("bad"), make([]float32, dims+1), true},
		{"none", record("bad"), nil, true},
		{"zero", record("bad"), whole(), true},
		{"NaN", record("bad"), nan, true},
		{"version", append([]byte{99}, record("bad")[1:]...), unitVector(dims), false},
		{"torn", record("bad")[:len(record("bad"))-3], unitVector(dims), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			d, _ := openLogged(t, dir)
			c := openPrecomputed(t, d, dims)
			rng := rand.New(rand.NewPCG(1, 2))
			docs := make([]Document, 50)
			for i := range docs {
				docs[i] = precomputed(rng, fmt.Sprint(i), dims)
			}
			if _, err := c.Upsert(t.Context(), docs...); err != nil {
				t.Fatal(err)
			}
			if err := c.Snapshot(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Directly in the store, and before other writes.
			done, err := d.st.Commit(&store.Batch{Collection: idOf(c), Puts: []store.Put{{
				ID: "bad", Record: test.record, Vector: store.AppendVector(nil, test.vector),
			}}})
			if err != nil {
				t.Fatal(err)
			}
			done.Release()
			killed := copyTree(t, dir)
			_ = d.Close() // its snapshot lacks the document

			open := func(dir, from string) (*DB, *Collection) {
				t.Helper()
				d, log := openLogged(t, dir)
				c := openPrecomputed(t, d, dims)
				if text := log.String(); !strings.Contains(text, "id=bad") || !strings.Contains(text, "restore a backup") {
					t.Errorf("%s: the log does not name the document: %s", from, text)
				}
				return d, c
			}
			look := func(d *DB, c *Collection, from string) {
				t.Helper()
				for _, doc := range docs {
					if m, err := c.Search(t.Context(), Query{Embedding: doc.Embedding, K: 1}); err != nil || len(m) != 1 || m[0].Document.ID != doc.ID {
						t.Fatal(from, doc.ID, m, err)
					}
				}
				got, err := c.Get(t.Context(), "bad")
				n, _ := c.Count(t.Context(), filter.All())
				switch {
				case test.readers && (err != nil || got[0].Text != "서울의 봄" || n != len(docs)+1):
					t.Error(from, got, n, err)
				case !test.readers && (!errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), `"bad"`) || n != len(docs)):
					t.Error(from, got, n, err)
				}
				if test.readers {
					if m, err := c.Search(t.Context(), Query{Text: "서울", Mode: Lexical, K: 1}); err != nil || len(m) != 1 || m[0].Document.ID != "bad" {
						t.Error(from, m, err)
					}
				}
				r, err := d.Doctor(t.Context(), &DoctorOptions{Repair: true})
				if err != nil || r.OK() || r.Collections[0].FaultCount != 1 || r.Collections[0].Faults[0].ID != "bad" {
					t.Errorf("%s: %+v %v", from, r, err)
				}
			}
			d, c = open(killed, "snapshot and log")
			look(d, c, "snapshot and log")
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(snapshotPath(c)); err != nil {
				t.Fatal(err)
			}
			d, c = open(killed, "store")
			look(d, c, "store")
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d, log := openLogged(t, killed)
			defer func() { _ = d.Close() }()
			c = openPrecomputed(t, d, dims)
			if strings.Contains(log.String(), "rebuilding") {
				t.Error("the snapshot after the rebuild was not used:", log)
			}
			look(d, c, "snapshot")
			again := precomputed(rng, "bad", dims)
			if _, err := c.Upsert(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			if m, err := c.Search(t.Context(), Query{Embedding: again.Embedding, K: 1}); err != nil || len(m) != 1 || m[0].Document.ID != "bad" {
				t.Error("written again:", m, err)
			}
			if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
				t.Errorf("written again: %+v %v", r, err)
			}
		})
	}
}

func unitVector(dims int) []float32 {
	v := make([]float32, dims)
	v[0] = 1
	return v
}
