package db

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A snapshot of another history of the same database, to which it was set back, is
// refused although its numbers fit.
func TestSnapshotOfAnotherHistory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	put := func(history string, n int) (snapshot string) {
		t.Helper()
		d, _ := openLogged(t, dir)
		c := openPrecomputed(t, d, 2)
		for i := range n {
			doc := Document{ID: fmt.Sprint(i), Text: history, Embedding: []float32{1, float32(i)}, Metadata: Metadata{"history": history}}
			if _, err := c.Upsert(t.Context(), doc); err != nil {
				t.Fatal(err)
			}
		}
		path := snapshotPath(c)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("zero", 20)
	was := readTree(t, dir)
	path := put("one", 10)
	foreign, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	(&campaign{files: was}).write(t, dir)
	put("two", 30)
	if err := os.WriteFile(path, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	d, log := openLogged(t, dir)
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 2)
	if !strings.Contains(log.String(), "another history") {
		t.Error("no word of the foreign snapshot:", log)
	}
	m, err := c.Search(t.Context(), Query{Text: "two", Mode: Lexical, K: 50})
	if err != nil || len(m) != 30 {
		t.Errorf("%d results, %v", len(m), err)
	}
	if h := examineAll(t, d, nil); !h.OK() || h.Documents != 30 {
		t.Errorf("%+v", h)
	}
}
