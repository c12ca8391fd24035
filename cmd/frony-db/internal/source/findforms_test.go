package source

import (
	"os"
	"path/filepath"
	"testing"
)

// A path and a glob find files whose names differ by Unicode normalisation alone, as
// archives of macOS have them on other systems; the id of a file is as it is spelt there.
func TestFindForms(t *testing.T) {
	const composed, decomposed = "보고서", "\u1107\u1169\u1100\u1169\u1109\u1165"
	for _, there := range []string{composed, decomposed} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, there), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, there, there+".md"), []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{composed, decomposed} {
			for _, name := range []string{
				filepath.Join(dir, asked, asked+".md"), filepath.Join(dir, asked), filepath.Join(dir, "*", asked[:len(asked)-len(asked)/3]+"*.md"),
				filepath.Join(dir, asked, "*.md"), filepath.Join(dir, asked+"*", "**"),
			} {
				got := readAll(t, name, nil)
				if len(got.records) != 1 || filepath.Base(got.records[0].ID) != there+".md" {
					t.Errorf("%+q: %+v, %v", name, got.records, got.files)
				}
			}
		}
	}
}
