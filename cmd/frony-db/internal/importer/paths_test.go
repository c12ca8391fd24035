package importer

import (
	"path/filepath"
	"testing"
)

func TestRejectsName(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for path, want := range map[string]string{
		"-": "stdin", "a/b.jsonl": "b", "b.jsonl.gz": "b", "docs/": "docs", "docs/**/*.md": "_", "x": "x", ".": filepath.Base(dir),
	} {
		if got := RejectsName([]string{path}); got != want+".rejects.jsonl" {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
