package tokenizer

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goldenDir is where the goldens lie. tools/tokenizer makes them, small ones
// for testdata and large ones for `make goldens-tokenizer`, which names them in
// FRONYDB_TOKENIZER_GOLDENS.
func goldenDir() string {
	if dir := os.Getenv("FRONYDB_TOKENIZER_GOLDENS"); dir != "" {
		return dir
	}
	return "testdata"
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

func goldenNames(tb testing.TB) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(goldenDir(), "*.ids.gz"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("no goldens in %s: %v", goldenDir(), err)
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(filepath.Base(n), ".ids.gz")
	}
	return names
}

func goldenTokenizer(tb testing.TB, name string) *Tokenizer {
	tb.Helper()
	path := filepath.Join(goldenDir(), name+".json")
	if _, err := os.Stat(path); err != nil {
		path += ".gz"
	}
	tok, err := Parse(readFile(tb, path))
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

func goldenCases(tb testing.TB) []string {
	tb.Helper()
	var cases []string
	eachLine(tb, filepath.Join(goldenDir(), "cases.jsonl.gz"), func(line []byte) {
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

func eachLine(tb testing.TB, path string, f func([]byte)) {
	tb.Helper()
	sc := bufio.NewScanner(strings.NewReader(string(readFile(tb, path))))
	sc.Buffer(nil, 1<<26)
	for sc.Scan() {
		f(sc.Bytes())
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
}

// TestGoldens compares every id with Hugging Face tokenizers'.
func TestGoldens(t *testing.T) {
	cases := goldenCases(t)
	for _, name := range goldenNames(t) {
		t.Run(name, func(t *testing.T) {
			tok := goldenTokenizer(t, name)
			compare(t, tok, filepath.Join(goldenDir(), name+".ids.gz"), cases, func(dst []int32, s string) []int32 {
				return tok.AppendEncode(dst, s, true)
			})
			compare(t, tok, filepath.Join(goldenDir(), name+".cut.gz"), cases, func(dst []int32, s string) []int32 {
				return tok.EncodeTruncated(dst, s, 16)
			})
		})
	}
}

func compare(t *testing.T, tok *Tokenizer, path string, cases []string, encode func([]int32, string) []int32) {
	t.Helper()
	var got, want []int32
	i, bad, ids := 0, 0, 0
	eachLine(t, path, func(line []byte) {
		want = want[:0]
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		got = encode(got[:0], cases[i])
		ids += len(want)
		if !slices.Equal(got, want) {
			if bad++; bad <= 5 {
				t.Errorf("line %d: %+q\n got %v\nwant %v", i+1, cases[i], got, want)
			}
		}
		for _, id := range got {
			if int(id) >= tok.VocabSize() {
				t.Fatalf("line %d: id %d, VocabSize %d", i+1, id, tok.VocabSize())
			}
		}
		i++
	})
	if i == 0 {
		t.Fatal("no lines")
	}
	t.Logf("%s: %d mismatches in %d lines, %d ids", filepath.Base(path), bad, i, ids)
}
