package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files are the files of a store as a kill leaves it, without the room that
// Badger maps behind the end of its logs.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if ext := filepath.Ext(e.Name()); ext == ".mem" || ext == ".vlog" {
			b = b[:max(20, len(bytes.TrimRight(b, "\x00")))] // 20: the header
		}
		all[e.Name()] = b
	}
	return all
}

func named(all map[string][]byte, ext string) (last string) {
	for name := range all {
		if strings.HasSuffix(name, ext) {
			last = max(last, name)
		}
	}
	return last
}

// openCut opens a store of the files with name cut at size, and returns its
// documents or the error of opening or of reading them.
func openCut(t *testing.T, all map[string][]byte, name string, size int, cid uint32) (docs []string, err error) {
	t.Helper()
	dir := t.TempDir()
	for n, b := range all {
		if n == name {
			b = b[:size]
		}
		if err := os.WriteFile(filepath.Join(dir, n), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, Options{})
	if err != nil {
		for n, b := range all { // nothing but the log files may have been touched
			if n == name {
				b = b[:size]
			}
			if got, err := os.ReadFile(filepath.Join(dir, n)); strings.HasSuffix(n, ".sst") && (err != nil || !bytes.Equal(got, b)) {
				t.Errorf("%s cut at %d: opening failed and %s was changed: %v", name, size, n, err)
			}
		}
		return nil, err
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	}()
	v := s.View(nil)
	defer v.Close()
	for id, err := range v.IDs(cid, "") {
		if err != nil {
			return nil, err
		}
		r, ok, err := v.Record(cid, id.Node, WithAll)
		if err != nil || !ok || r.ID != id.ID {
			return docs, fmt.Errorf("document %s: %v %w", id.ID, ok, err)
		}
		if _, ok, err := v.Vector(nil, cid, id.Node); err != nil || !ok {
			return docs, fmt.Errorf("vector of %s: %v %w", id.ID, ok, err)
		}
		docs = append(docs, id.ID)
	}
	return docs, nil
}

// every are the sizes from first to end: all, or some if the test is to be short.
func every(first, end int) (sizes []int) {
	step := 1
	if testing.Short() {
		step = 1 + (end-first)/20
	}
	for size := first; size < end; size += step {
		sizes = append(sizes, size)
	}
	return sizes
}

// The log is cut at each byte of its last transaction. If a kill tore it before it was
// acknowledged, what was acknowledged is there. If it was acknowledged, it is said
// that it is lost, and nothing is changed.
func TestTornLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	for i := range 5 {
		commit(t, s, &Batch{Collection: cid, Puts: put(fmt.Sprint(i))})
	}
	before := files(t, dir)
	commit(t, s, &Batch{Collection: cid, Puts: put("last")})
	all := files(t, dir)
	name := named(all, ".mem")
	first := len(before[name])
	want := []string{"0", "1", "2", "3", "4"}
	torn := maps.Clone(all)
	torn[ledgerFile] = before[ledgerFile]
	for _, size := range every(first, len(all[name])) {
		if got, err := openCut(t, torn, name, size, cid); err != nil || !slices.Equal(got, want) {
			t.Fatalf("cut at %d of %d: %v %v", size, len(all[name]), got, err)
		}
		if got, err := openCut(t, all, name, size, cid); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "accept-loss") {
			t.Fatalf("acknowledged, cut at %d of %d: %v %v", size, len(all[name]), got, err)
		}
	}
	if got, err := openCut(t, all, name, len(all[name]), cid); err != nil || len(got) != 6 {
		t.Error(got, err)
	}
}

// The list of tables is cut at each byte of its last record, and lost: it is said
// what is wrong, and no table is deleted.
func TestTornManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("1", "2")})
	if err := s.Close(); err != nil { // makes a table
		t.Fatal(err)
	}
	first := len(files(t, dir)["MANIFEST"])
	s = open(t, dir)
	commit(t, s, &Batch{Collection: cid, Puts: put("3")})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all := files(t, dir)
	if got, err := openCut(t, all, "MANIFEST", len(all["MANIFEST"]), cid); err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	for _, size := range every(first+1, len(all["MANIFEST"])) {
		_, err := openCut(t, all, "MANIFEST", size, cid)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "restore a backup") || !strings.Contains(err.Error(), ".sst") {
			t.Fatalf("cut at %d of %d: %v", size, len(all["MANIFEST"]), err)
		}
	}
	for size := range 8 {
		if _, err := openCut(t, all, "MANIFEST", size, cid); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "restore a backup") {
			t.Fatalf("cut at %d: %v", size, err)
		}
	}
	delete(all, "MANIFEST")
	if _, err := openCut(t, all, "MANIFEST", 0, cid); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "missing") {
		t.Error(err)
	}
}

// A table that is cut is not opened, and the error says so.
func TestTornTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("1", "2")})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all := files(t, dir)
	name := named(all, ".sst")
	end := len(all[name])
	for _, size := range every(end-100, end) {
		if _, err := openCut(t, all, name, size, cid); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "restore a backup") {
			t.Fatalf("cut at %d of %d: %v", size, end, err)
		}
	}
}

// A table that a kill left half written is not in the list: the store opens.
func TestHalfTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("1", "2")})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all := files(t, dir)
	all["000099.sst"] = all[named(all, ".sst")][:100]
	if got, err := openCut(t, all, "", 0, cid); err != nil || len(got) != 2 {
		t.Error(got, err)
	}
}

// The log of large values is cut within its last record: what was written before
// is there, and the torn document is there or named.
func TestTornValueLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	cid := create(t, s, "c")
	large := func(id string) []Put {
		p := put(id)
		p[0].Record = AppendRecord(nil, &Record{ID: id, Text: strings.Repeat("긴 글 ", 1<<17)})
		return p
	}
	commit(t, s, &Batch{Collection: cid, Puts: large("1")})
	before := len(files(t, dir)[named(files(t, dir), ".vlog")])
	commit(t, s, &Batch{Collection: cid, Puts: large("2")})
	all := files(t, dir)
	name := named(all, ".vlog")
	end := len(all[name])
	if end < before+1<<20 {
		t.Fatalf("the value log grew from %d to %d", before, end)
	}
	sizes := slices.Concat(every(before, before+40), []int{(before + end) / 2}, every(end-20, end))
	for _, size := range sizes {
		got, err := openCut(t, all, name, size, cid)
		if len(got) == 0 || got[0] != "1" || err != nil && !strings.Contains(err.Error(), "document 2") || err == nil && len(got) == 1 {
			t.Fatalf("cut at %d of %d to %d: %v %v", size, before, end, got, err)
		}
	}
}
