package db

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

// openLogged opens a database and returns its log.
func openLogged(t testing.TB, dir string) (*DB, *lockedBuffer) {
	t.Helper()
	log := &lockedBuffer{}
	d, err := Open(dir, &Options{SyncEvery: time.Hour, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return d, log
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func precomputed(rng *rand.Rand, id string, dims int) Document {
	v := make([]float32, dims)
	for i := range v {
		v[i] = rng.Float32() - 0.5
	}
	return Document{ID: id, Embedding: v, Metadata: Metadata{"n": rng.IntN(10)}}
}

func openPrecomputed(t testing.TB, d *DB, dims int) *Collection {
	t.Helper()
	c, err := d.Collection(context.Background(), "c", &CollectionOptions{Dims: dims, EfConstruction: 32, M: 8, Graph: GraphAlways})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// copyTree copies a database as a kill would leave it.
func copyTree(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestBackgroundSnapshot: a snapshot is taken in the background once enough has
// changed.
func TestBackgroundSnapshot(t *testing.T) {
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "c", &CollectionOptions{Dims: 8, EfConstruction: 8, M: 4}) // fast
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 21 {
		docs := make([]Document, 1000)
		for j := range docs {
			docs[j] = precomputed(rng, fmt.Sprint(i, "-", j), 8)
		}
		if _, err := c.Upsert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
		if i < 18 && c.current.Load().Saved() != 0 {
			t.Fatalf("a snapshot after %d documents", (i+1)*1000)
		}
	}
	for end := time.Now().Add(20 * time.Second); c.current.Load().Saved() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no snapshot was taken")
		}
	}
	again, log := openLogged(t, copyTree(t, dir))
	defer func() { _ = again.Close() }()
	copied, err := again.Collection(t.Context(), "c", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := copied.Count(t.Context(), filter.All()); n != 21_000 || err != nil {
		t.Error(n, err)
	}
	if strings.Contains(log.String(), "rebuilding") {
		t.Error(log.String())
	}
}

// TestSnapshotWhileWriting takes snapshots while writers insert, replace and delete.
// From each snapshot and the log after it, the collection opens without a rebuild
// and has every document.
func TestSnapshotWhileWriting(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	for round := range 4 {
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(seed+uint64(round), uint64(w)))
				for ctx.Err() == nil {
					id := func() string { return fmt.Sprint(w, "-", rng.IntN(900)) }
					if _, err := c.Upsert(context.Background(), precomputed(rng, id(), 8)); err != nil {
						t.Error(err)
					}
					if _, err := c.Delete(context.Background(), id(), id()); err != nil {
						t.Error(err)
					}
					if rng.IntN(300) == 0 {
						repair(t, c)
					}
				}
			})
		}
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
			if err := c.Snapshot(t.Context()); err != nil {
				t.Error(err)
			}
		}
		stop()
		wg.Wait()
		again, log := openLogged(t, copyTree(t, dir))
		copied := openPrecomputed(t, again, 8)
		if strings.Contains(log.String(), "rebuilding") {
			t.Error(log.String())
		}
		sameDocuments(t, c, copied)
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}

// sameDocuments compares two collections, and examines the second.
func sameDocuments(t *testing.T, a, b *Collection) {
	t.Helper()
	var all [2]map[string]Document
	for i, c := range []*Collection{a, b} {
		all[i] = map[string]Document{}
		for doc, err := range c.Scan(t.Context(), Scan{Fields: FieldText | FieldMetadata | FieldEmbedding}) {
			if err != nil {
				t.Fatal(err)
			}
			all[i][doc.ID] = doc
		}
	}
	if len(all[0]) != len(all[1]) || len(all[0]) == 0 {
		t.Fatalf("%d documents, want %d", len(all[1]), len(all[0]))
	}
	for id, doc := range all[0] {
		if fmt.Sprint(doc) != fmt.Sprint(all[1][id]) {
			t.Fatalf("%s: %v, want %v", id, all[1][id], doc)
		}
	}
	if h := examineAll(t, b.db, &DoctorOptions{Collections: []string{b.Name()}}); !h.OK() || h.Documents != len(all[1]) {
		t.Errorf("%+v for %d documents", h, len(all[1]))
	}
}

// TestLeftOvers: the next opening removes partly written files that a kill left, and
// writes a missing marker file.
func TestLeftOvers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(7, 8))
	if _, err := c.Upsert(t.Context(), precomputed(rng, "1", 8)); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, derivedDir, "00000001.snapshot.tmp-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, markerFile)); err != nil {
		t.Fatal(err)
	}
	d, log := openLogged(t, dir)
	defer func() { _ = d.Close() }()
	if _, err := os.Stat(left); err == nil {
		t.Error("a temporary file was left")
	}
	if !strings.Contains(log.String(), "marker") {
		t.Error("the missing marker file was not logged:", log)
	}
	if n, err := openPrecomputed(t, d, 8).Count(t.Context(), filter.All()); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// TestTornMarker truncates the marker file anywhere. The database opens, or the error
// says what is wrong and what to do; the documents are there afterwards.
func TestTornMarker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(9, 10))
	if _, err := c.Upsert(t.Context(), precomputed(rng, "1", 8)); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, markerFile)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range good {
		if err := os.WriteFile(path, good[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(dir, nil)
		switch {
		case err == nil && cut < len(good)-1:
			t.Errorf("cut at %d: it opened", cut)
		case err != nil && !strings.Contains(err.Error(), "delete it and open again"):
			t.Errorf("cut at %d: %v", cut, err)
		}
		if err == nil {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d, _ = openLogged(t, dir)
	defer func() { _ = d.Close() }()
	if n, err := openPrecomputed(t, d, 8).Count(t.Context(), filter.All()); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// TestSnapshotFails: if the derived files can't be written, writes are still
// acknowledged, Snapshot returns the error, and the next opening rebuilds.
func TestSnapshotFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, log := openLogged(t, dir)
	c := openPrecomputed(t, d, 8)
	if err := os.RemoveAll(filepath.Join(dir, derivedDir)); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		if _, err := c.Upsert(t.Context(), precomputed(rng, fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Snapshot(t.Context()); err == nil || !strings.Contains(err.Error(), "snapshot") {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "rebuilt when it is opened") {
		t.Error("the failed snapshot was not logged:", log)
	}
	d, _ = openLogged(t, dir)
	defer func() { _ = d.Close() }()
	c = openPrecomputed(t, d, 8)
	if n, err := c.Count(t.Context(), filter.All()); n != 20 || err != nil {
		t.Error(n, err)
	}
	if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
		t.Error(r, err)
	}
}
