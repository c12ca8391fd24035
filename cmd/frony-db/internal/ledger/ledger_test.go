package ledger

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var key = Key{Folder: "/notes", Collection: "c", Created: time.Unix(1, 0)}

func open(t *testing.T, dir string, key Key) *Ledger {
	t.Helper()
	l, err := Open(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func files(l *Ledger) []string { return slices.Collect(l.Files()) }

// TestModel compares a ledger that is reopened again and again with a map.
func TestModel(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "imports")
	model := map[string]bool{}
	l := open(t, dir, key)
	for range 300 {
		name := fmt.Sprintf("글 %d\n\"x\".md", r.IntN(20))
		var err error
		switch r.IntN(5) {
		case 0, 1:
			err = l.Add(name, "b.md")
			model[name], model["b.md"] = true, true
		case 2, 3:
			err = l.Remove(name)
			delete(model, name)
		case 4:
			_ = l.Close()
			l = open(t, dir, key)
		}
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for name := range model {
			want = append(want, name)
		}
		slices.Sort(want)
		if got := files(l); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// A ledger that was truncated anywhere opens with its complete lines.
func TestTorn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir, key)
	if err := l.Add("a.md", "b.md"); err != nil {
		t.Fatal(err)
	}
	if err := l.Remove("a.md"); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	paths, err := filepath.Glob(filepath.Join(dir, "*.ledger"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	whole, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]bool{}
	for n := range len(whole) + 1 {
		if err := os.WriteFile(paths[0], whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, dir, key)
		steps[fmt.Sprint(files(l))] = true
		_ = l.Close()
	}
	for got := range steps {
		if !slices.Contains([]string{"[]", "[a.md]", "[a.md b.md]", "[b.md]"}, got) {
			t.Errorf("torn: %s", got)
		}
	}
	if len(steps) != 4 {
		t.Errorf("torn: %v", steps)
	}
}

func TestOthers(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, key)
	if err := l.Add("a.md"); err != nil {
		t.Fatal(err)
	}
	for _, other := range []Key{
		{Folder: "/other", Collection: "c", Created: key.Created},
		{Folder: "/notes", Collection: "d", Created: key.Created},
		{Folder: "/notes", Collection: "c", Prefix: "p/", Created: key.Created},
		{Folder: "/notes", Collection: "c", Created: time.Unix(2, 0)},
	} {
		if got := files(open(t, dir, other)); len(got) != 0 {
			t.Errorf("%+v: %q", other, got)
		}
	}
}
