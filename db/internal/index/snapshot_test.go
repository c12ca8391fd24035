package index

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// saved is an index with a snapshot, and that.
func saved(tb testing.TB, docs int) (*fixture, []byte) {
	tb.Helper()
	x := open(tb, Settings{Dims: 8})
	puts := x.puts(0, docs)
	for i := range puts {
		puts[i].Text = fmt.Sprintf("문서 %d of all", i)
		puts[i].Metadata = map[string]any{"n": int64(i % 7)}
	}
	puts[0].Expires = time.Now().Add(time.Hour)
	x.upsert(puts...)
	if err := x.Save(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	b, err := os.ReadFile(x.path(snapshotExt))
	if err != nil {
		tb.Fatal(err)
	}
	return x, b
}

// decodeBytes reads a snapshot into an index of its own.
func (f *fixture) decodeBytes(b []byte) error {
	x := &Index{opts: f.opts, st: f.st, id: f.id, set: f.set, log: f.Index.log}
	_, _, err := x.decode(bufio.NewReaderSize(bytes.NewReader(b), 1<<20), int64(len(b)), f.st.State(f.id))
	return err
}

// Every cut of the snapshot and every flipped byte is an error.
func TestTornSnapshot(t *testing.T) {
	t.Parallel()
	x, good := saved(t, 50)
	if err := x.decodeBytes(good); err != nil {
		t.Fatal(err)
	}
	for cut := range good {
		if x.decodeBytes(good[:cut]) == nil {
			t.Fatalf("cut at %d of %d was not noticed", cut, len(good))
		}
	}
	if x.decodeBytes(append(bytes.Clone(good), 0)) == nil {
		t.Error("a byte too many was not noticed")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	bad := bytes.Clone(good)
	for i := range bad {
		bad[i] ^= 1 << rng.IntN(8)
		if err := x.decodeBytes(bad); err == nil {
			t.Fatalf("flip at %d of %d was not noticed", i, len(good))
		}
		bad[i] = good[i]
	}
}

// FuzzSnapshot: no input makes the loader panic or take memory out of
// proportion.
func FuzzSnapshot(f *testing.F) {
	x, good := saved(f, 20)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(snapshotMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := x.decodeBytes(b); err == nil && !bytes.Equal(b, good) {
			t.Log("another snapshot that is sound")
		}
	})
}

// A snapshot of another format version is not used, and the index is rebuilt.
func TestSnapshotOfAnotherVersion(t *testing.T) {
	t.Parallel()
	x, b := saved(t, 50)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	b[len(snapshotMagic)]--
	if err := os.WriteFile(x.path(snapshotExt), b, 0o600); err != nil {
		t.Fatal(err)
	}
	x.reopen()
	if e := x.examine(); !e.Sound() || e.Documents != 50 || !strings.Contains(x.log.String(), "rebuilding") {
		t.Errorf("%+v %s", e, x.log)
	}
}

// An index knows when documents expire after it was loaded, from a snapshot and
// from the store.
func TestExpirySurvives(t *testing.T) {
	t.Parallel()
	x, _ := saved(t, 5)
	for _, from := range []string{"snapshot", "store"} {
		x.reopen()
		at := time.Now().Add(2 * time.Hour).UnixMicro()
		if !x.expiry.passed(x.nodeOf("0"), at) || x.expiry.passed(x.nodeOf("1"), at) {
			t.Errorf("from the %s: it is forgotten which document expires", from)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		Remove(x.dir, x.id)
	}
}

// A document that is damaged after it was indexed does not make the searches
// fail that find it.
func TestDamagedAmongResults(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 9)...)
	put := Put{Record: store.Record{ID: "bad"}, Vector: x.vector()}
	b := put.encode()
	b.Record = append([]byte{99}, make([]byte, 8)...)
	done, err := x.st.Commit(&store.Batch{Collection: x.id, Puts: []store.Put{b}})
	if err != nil {
		t.Fatal(err)
	}
	x.link([]Put{put}, done)
	if m, _, err := x.search(put.Vector, 10); err != nil || len(m) != 9 {
		t.Error(len(m), err)
	}
	if !strings.Contains(x.log.String(), "run doctor") {
		t.Error(x.log)
	}
}

// Rows of an older copy of the file, and of another version, are not trusted: even
// an exact search would answer with other documents' cosines.
func TestForeignRows(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"past", "other"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			x, _ := saved(t, 50)
			old, err := os.ReadFile(x.path(rowsExt))
			if err != nil {
				t.Fatal(err)
			}
			if from == "other" {
				y, _ := saved(t, 60)
				if old, err = os.ReadFile(y.path(rowsExt)); err != nil {
					t.Fatal(err)
				}
			}
			puts := x.puts(0, 50) // other vectors under the same ids
			if _, err := x.Delete([]string{"0", "1", "2", "3"}); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Repair(); err != nil {
				t.Fatal(err)
			}
			x.upsert(puts...)
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(x.path(rowsExt), old, 0o600); err != nil {
				t.Fatal(err)
			}
			x.reopen()
			if !strings.Contains(x.log.String(), "vector rows are not those of the snapshot") {
				t.Error("no word of the foreign rows:", x.log)
			}
			for _, p := range puts {
				if m, _, err := x.search(p.Vector, 1); err != nil || len(m) != 1 || m[0].Record.ID != p.ID || m[0].Score < 0.999 {
					t.Fatalf("%s: %+v %v", p.ID, m, err)
				}
			}
		})
	}
}
