//go:build unix

package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/bench/dataset"
)

// TestMissingPackage has an interpreter that answers as peers.py does without a package.
func TestMissingPackage(t *testing.T) {
	dir := t.TempDir()
	python := filepath.Join(dir, "python")
	script := "#!/bin/sh\nread -r line\necho '{\"missing\": \"svs\"}'\nread -r line || exit 0\n"
	if err := os.WriteFile(python, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	base, query := dataset.Generate(100, 2, 96, 7)
	s, err := dataset.New("test", 96, 48, base, query)
	if err != nil {
		t.Fatal(err)
	}
	p := &Python{Peer: "svs", Interpreter: python}
	if _, err := p.Build(t.Context(), s, dir); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "svs") {
		t.Errorf("%v, want ErrMissing with the name of the module", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
