package hub

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestVerifyListRemove(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	h := f.hub(Options{})
	if list, err := h.List(); err != nil || len(list) != 0 {
		t.Fatalf("empty cache: %v, %v", list, err)
	}
	if _, err := h.Verify(t.Context(), testRepo, "", false); !errors.Is(err, ErrNotCached) {
		t.Errorf("Verify of nothing: %v", err)
	}
	if _, err := h.Remove(testRepo, ""); !errors.Is(err, ErrNotCached) {
		t.Errorf("Remove of nothing: %v", err)
	}
	dir, err := h.Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := h.List()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if m := list[0]; m.Repo != testRepo || m.Commit != testCommit || !m.Complete || m.Files != len(wanted) || m.Bytes < 1_000_000 || m.Dir != dir || !slices.Equal(m.Refs, []string{"main"}) || m.Pulled.IsZero() {
		t.Errorf("%+v", m)
	}
	if damage, err := h.Verify(t.Context(), testRepo, "", false); err != nil || len(damage) > 0 {
		t.Errorf("%v, %v", damage, err)
	}
	// A flipped bit, a cut file, a lost one.
	r := repoOf(t, h)
	weights := r.blob(f.etag("model.safetensors"))
	data := []byte(f.files["model.safetensors"])
	data[77] ^= 1
	if err := os.WriteFile(weights, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(r.blob(f.etag("tokenizer.json")), 3); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "config.json")); err != nil {
		t.Fatal(err)
	}
	damage, err := h.Verify(t.Context(), testRepo, "", true)
	found := map[string]bool{}
	for _, d := range damage {
		found[d.File] = true
	}
	if want := map[string]bool{"model.safetensors": true, "tokenizer.json": true, "config.json": true}; err != nil || !maps.Equal(found, want) {
		t.Errorf("damage %v, %v", damage, err)
	}
	if dir, err = h.Pull(t.Context(), testRepo, "", nil); err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, dir)
	if damage, err := h.Verify(t.Context(), testRepo, "", false); err != nil || len(damage) > 0 {
		t.Errorf("after the repair: %v, %v", damage, err)
	}
	// A second commit shares most content with the first.
	f.commit = strings.Repeat("a", 40)
	f.files["config.json"] = `{"v":2}`
	second, err := f.hub(Options{CacheDir: h.CacheDir(), Refresh: true}).Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	freed, err := h.Remove(testRepo, testCommit)
	if err != nil || freed != int64(len(`{"model_type":"bert"}`)) {
		t.Errorf("freed %d, %v", freed, err)
	}
	checkModel(t, f, second)
	if freed, err = h.Remove(testRepo, ""); err != nil || freed < 1_000_000 {
		t.Errorf("freed %d, %v", freed, err)
	}
	if list, err := h.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
