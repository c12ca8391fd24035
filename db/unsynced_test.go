package db

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/store"
)

// stopped copies a database as a system failure leaves it: with the store's log
// truncated to a share of its bytes.
func stopped(t *testing.T, from string, synced int, share float64) string {
	t.Helper()
	to := copyTree(t, from)
	log, b := storeLog(t, to)
	size := len(bytes.TrimRight(b, "\x00"))
	if err := os.WriteFile(log, b[:synced+int(share*float64(size-synced))], 0o644); err != nil {
		t.Fatal(err)
	}
	return to
}

// storeLog is the only log of a store, and what is in it.
func storeLog(t *testing.T, dir string) (path string, b []byte) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, storeDir, "*.mem"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	if b, err = os.ReadFile(logs[0]); err != nil {
		t.Fatal(err)
	}
	return logs[0], b
}

// TestSystemStopped: a system failure loses writes that were not synced, but that the
// derived files already contain. The remaining batches are whole, and none is lost.
func TestSystemStopped(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(dir, &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	// What opening has written is synced; a record may end with zeros.
	_, log := storeLog(t, dir)
	synced := len(bytes.TrimRight(log, "\x00")) + 64
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	const batches = 60
	for i := range batches {
		docs := []Document{precomputed(rng, fmt.Sprint(i), 8), precomputed(rng, "rewritten", 8)}
		docs[1].Text = fmt.Sprint(i)
		if _, err := c.Upsert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
		if i == batches-10 {
			if err := c.Snapshot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 6 {
		left := stopped(t, dir, synced, rng.Float64())
		if err := os.WriteFile(filepath.Join(left, unsyncedFile), []byte("an earlier boot\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(left, &Options{ReadOnly: true}); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "for writing once") {
			t.Errorf("opened read only: %v", err)
		}
		again, log := openLogged(t, left)
		if !strings.Contains(log.String(), "the system stopped") {
			t.Errorf("the log says %q", log)
		}
		checkPrefix(t, again, batches)
		if err := again.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(left, unsyncedFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
	}
}

// checkPrefix checks that the first batches are there, whole, and no other documents.
func checkPrefix(t *testing.T, d *DB, batches int) {
	t.Helper()
	c, err := d.Collection(t.Context(), "c", &CollectionOptions{MustExist: true})
	if errors.Is(err, ErrNoCollection) {
		return // the collection itself was lost
	}
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; n < batches; n++ {
		if _, err := c.Get(t.Context(), fmt.Sprint(n)); err != nil {
			break
		}
	}
	s, err := c.Stats()
	if err != nil || n > 0 && s.Documents != n+1 || n == 0 && s.Documents != 0 {
		t.Errorf("%d of %d documents: %v", n+1, s.Documents, err)
	}
	if n == 0 {
		return
	}
	got, err := c.Get(t.Context(), "rewritten")
	if err != nil || got[0].Text != fmt.Sprint(n-1) {
		t.Errorf("after batch %d: %v %v", n-1, got, err)
	}
	r, err := d.Doctor(t.Context(), nil)
	if err != nil || !r.OK() {
		t.Errorf("doctor: %+v %v", r, err)
	}
}

// TestKilledUnsynced: a killed process loses nothing if the system keeps running.
func TestKilledUnsynced(t *testing.T) {
	if disk.Boot() == "" {
		t.Skip("this system does not tell its boots apart")
	}
	dir := t.TempDir()
	d, err := Open(dir, &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(5, 6))
	if _, err := c.Upsert(t.Context(), precomputed(rng, "1", 8), precomputed(rng, "2", 8)); err != nil {
		t.Fatal(err)
	}
	left := copyTree(t, dir)
	if err := os.Remove(filepath.Join(left, unsyncedFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(left, &Options{ReadOnly: true}); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "for writing once") {
		t.Errorf("opened read-only without the file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(left, unsyncedFile), []byte(disk.Boot()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	again, log := openLogged(t, left)
	if strings.Contains(log.String(), "the system stopped") {
		t.Errorf("the log says %q", log)
	}
	if got, err := openPrecomputed(t, again, 8).Get(t.Context(), "1", "2"); err != nil || len(got) != 2 {
		t.Error(got, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	// The file exists as long as the database is open with SyncEvery.
	mark := filepath.Join(dir, unsyncedFile)
	if _, err := os.Stat(mark); err != nil {
		t.Error(err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{mark, filepath.Join(left, unsyncedFile)} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
	if err := d.Sync(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestUnmarked: an opening that can't write the file leaves nothing open.
func TestUnmarked(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	restore := disk.Fail(func(s disk.Step, path string) error {
		if s == disk.Create && filepath.Base(path) == unsyncedFile {
			return broken
		}
		return nil
	})
	_, err := Open(dir, &Options{SyncEvery: time.Hour})
	restore()
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	d, err := Open(dir, &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestSyncFailed: after a failed sync the next opening repairs the store, also if the
// system was not restarted.
func TestSyncFailed(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(dir, &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	if _, err := c.Upsert(t.Context(), precomputed(rng, "1", 8)); err != nil {
		t.Fatal(err)
	}
	restore := disk.Fail(func(s disk.Step, path string) error {
		if s == disk.Sync && filepath.Base(path) == storeDir {
			return errors.New("input/output error")
		}
		return nil
	})
	err = d.Sync()
	restore()
	if err == nil || !strings.Contains(err.Error(), "input/output error") {
		t.Fatal(err)
	}
	if _, err := c.Upsert(t.Context(), precomputed(rng, "2", 8)); err == nil || !strings.Contains(err.Error(), "open it again") {
		t.Errorf("a write after that: %v", err)
	}
	if m, err := c.Search(t.Context(), Query{Embedding: precomputed(rng, "q", 8).Embedding, K: 1}); err != nil || len(m) != 1 {
		t.Errorf("a search after that: %v, %v", m, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, log := openLogged(t, dir)
	if !strings.Contains(log.String(), "its disk failed") {
		t.Errorf("the log says %q", log)
	}
	if got, err := openPrecomputed(t, again, 8).Get(t.Context(), "1"); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, unsyncedFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestMendedLater: if a repair fails, the next opening tries again.
func TestMendedLater(t *testing.T) {
	d, c := sick(t, 10)
	vec := make([]float32, 8)
	vec[0] = 1
	if _, err := d.st.Commit(&store.Batch{Collection: idOf(c), Puts: []store.Put{{
		ID: "other", Record: store.AppendRecord(nil, &store.Record{ID: "mine"}), Vector: store.AppendVector(nil, vec),
	}}}); err != nil {
		t.Fatal(err)
	}
	left := copyTree(t, d.dir)
	mark := filepath.Join(left, unsyncedFile)
	if err := os.WriteFile(mark, []byte("an earlier boot\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, works := range []bool{false, true} {
		restore := disk.Fail(func(s disk.Step, _ string) error {
			if s == disk.Commit && !works {
				return errors.New("not now")
			}
			return nil
		})
		again, log := openLogged(t, left)
		restore()
		if said := strings.Contains(log.String(), "tries again"); said == works {
			t.Errorf("works %v: the log says %q", works, log)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(mark)
		if works != errors.Is(err, fs.ErrNotExist) || !works && !strings.Contains(string(b), "earlier") {
			t.Errorf("works %v: the file has %q, %v", works, b, err)
		}
	}
}
