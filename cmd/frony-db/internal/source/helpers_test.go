package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// outcome is everything that was read from a path.
type outcome struct {
	records []Record
	rejects []*Reject
	files   []*FileError
}

// readAll reads a path to its end. It fails the test on undocumented errors of Next.
func readAll(t testing.TB, path string, opts *Options) outcome {
	t.Helper()
	r, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatalf("Open(%q): %v", path, err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	var out outcome
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err == nil {
			out.records = append(out.records, rec)
		} else if reject, ok := errors.AsType[*Reject](err); ok {
			out.rejects = append(out.rejects, reject)
		} else if ended, ok := errors.AsType[*FileError](err); ok {
			out.files = append(out.files, ended)
		} else {
			t.Fatalf("Next: %v", err)
		}
	}
}

// readBytes reads content as a file of the given name.
func readBytes(t testing.TB, name string, content []byte, opts *Options) outcome {
	t.Helper()
	return readAll(t, write(t, t.TempDir(), name, content), opts)
}

func write(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func zst(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// ids joins the ids of the records that were read.
func (o outcome) ids() string {
	ids := make([]string, len(o.records))
	for i, r := range o.records {
		ids[i] = r.ID
	}
	return strings.Join(ids, " ")
}
