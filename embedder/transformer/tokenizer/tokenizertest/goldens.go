// Package tokenizertest compares tokenizers with Hugging Face's library on the same files
// and texts, with one suite for all of them.
package tokenizertest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Goldens are texts and their ids, in a directory written by tools/tokenizer.
type Goldens struct{ dir string }

// In returns the goldens in dir, the package tokenizer's testdata, or the large
// ones that `make -C tools/tokenizer full` names in FRONYDB_TOKENIZER_GOLDENS.
func In(dir string) Goldens {
	if full := os.Getenv("FRONYDB_TOKENIZER_GOLDENS"); full != "" {
		dir = full
	}
	return Goldens{dir}
}

// Names lists the tokenizers in the goldens.
func (g Goldens) Names(tb testing.TB) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(g.dir, "*.ids.gz"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("no goldens in %s: %v", g.dir, err)
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(filepath.Base(n), ".ids.gz")
	}
	return names
}

// File is the content of one tokenizer's tokenizer.json.
func (g Goldens) File(tb testing.TB, name string) []byte {
	tb.Helper()
	path := filepath.Join(g.dir, name+".json")
	if _, err := os.Stat(path); err != nil {
		path += ".gz"
	}
	return readFile(tb, path)
}

// Cases returns the texts, as bytes that need not be UTF-8.
func (g Goldens) Cases(tb testing.TB) []string {
	tb.Helper()
	var cases []string
	g.lines(tb, "cases.jsonl.gz", func(line []byte) {
		var s string
		if err := json.Unmarshal(line, &s); err != nil {
			tb.Fatal(err)
		}
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			tb.Fatal(err)
		}
		cases = append(cases, string(b))
	})
	return cases
}

// Ordinary returns the lines of the golden cases that are plain Korean and
// English text, each with the Hangul of ordinary text in whole syllables.
func Ordinary(tb testing.TB, g Goldens) []string {
	var lines []string
	for _, s := range g.Cases(tb) {
		plain := utf8.ValidString(s) && len(s) > 20
		for _, r := range s {
			plain = plain && (r >= ' ' && r < 0x7f || r >= 0xAC00 && r <= 0xD7A3 || r == '…')
		}
		if plain {
			lines = append(lines, s)
		}
	}
	if len(lines) < 100 {
		tb.Fatalf("only %d ordinary lines", len(lines))
	}
	return lines
}

func (g Goldens) lines(tb testing.TB, name string, f func([]byte)) {
	tb.Helper()
	sc := bufio.NewScanner(bytes.NewReader(readFile(tb, filepath.Join(g.dir, name))))
	sc.Buffer(nil, 1<<26)
	for sc.Scan() {
		f(sc.Bytes())
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
}

// readFile reads a file, unpacked if its name ends in .gz.
func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			tb.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
