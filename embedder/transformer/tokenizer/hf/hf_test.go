//go:build native && cgo

package hf

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer"
	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/tokenizertest"
)

func goldens() tokenizertest.Goldens { return tokenizertest.In(filepath.Join("..", "testdata")) }

func parse(tb testing.TB, data []byte) *Tokenizer {
	tb.Helper()
	tok, err := Parse(data)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = tok.Close() })
	return tok
}

// The library takes C strings, and so no NUL.
func TestGoldens(t *testing.T) {
	t.Parallel()
	tokenizertest.Run(t, goldens(),
		func(tb testing.TB, data []byte) tokenizertest.Tokenizer { return parse(tb, data) },
		func(text string) bool { return !strings.Contains(text, "\x00") })
}

// Both tokenizers give the same ids for texts that nobody chose, whole and cut
// anywhere.
func TestSame(t *testing.T) {
	t.Parallel()
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	cases := goldens().Cases(t)
	var pieces []string
	for _, s := range cases {
		s = strings.ReplaceAll(s, "\x00", "")
		for len(s) > 0 {
			n := min(len(s), 1+rng.IntN(9)) // not at the borders of characters
			pieces, s = append(pieces, s[:n]), s[n:]
		}
	}
	for _, name := range goldens().Names(t) {
		data := goldens().File(t, name)
		rust := parse(t, data)
		own, err := tokenizer.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if rust.VocabSize() != own.VocabSize() || rust.Hash() != own.Hash() {
			t.Errorf("%s: vocabulary of %d, want %d", name, rust.VocabSize(), own.VocabSize())
		}
		bad := 0
		for range 4000 {
			var text strings.Builder
			for range rng.IntN(12) {
				text.WriteString(pieces[rng.IntN(len(pieces))])
			}
			limit := rng.IntN(20)
			got, want := rust.EncodeTruncated(nil, text.String(), limit), own.EncodeTruncated(nil, text.String(), limit)
			if !slices.Equal(got, want) {
				if bad++; bad <= 5 {
					t.Errorf("%s (seed %d): %+q cut to %d\n got %v\nwant %v", name, seed, text.String(), limit, got, want)
				}
			}
		}
		t.Logf("%s: %d of 4000 differ", name, bad)
	}
}

// What the Go tokenizer doesn't know.
func TestBytePairs(t *testing.T) {
	t.Parallel()
	bytePairs, err := os.ReadFile(filepath.Join("testdata", "byte-pairs.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokenizer.Parse(bytePairs); !errors.Is(err, tokenizer.ErrUnsupported) {
		t.Errorf("in Go: %v, want ErrUnsupported", err)
	}
	tok := parse(t, bytePairs)
	for _, test := range []struct {
		text  string
		limit int
		want  []int32
	}{
		{"abba", 0, []int32{0, 5, 4, 3, 2}},
		{"<Q>ab a", 0, []int32{0, 7, 5, 6, 3, 2}},
		{"<Q>ab a", 4, []int32{0, 7, 5, 2}},
		{"<Q>ab a", 1, []int32{0}},
		{"", 5, []int32{0, 2}},
		{"a\x00b", 0, []int32{0, 3, 4, 2}},
	} {
		if got := tok.EncodeTruncated([]int32{-7}, test.text, test.limit)[1:]; !slices.Equal(got, test.want) {
			t.Errorf("%q cut to %d: %v, want %v", test.text, test.limit, got, test.want)
		}
	}
	if id, ok := tok.TokenID("<Q>"); !ok || id != 7 || tok.VocabSize() != 9 {
		t.Errorf("<Q> is %d, %v, of %d", id, ok, tok.VocabSize())
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is none", err)
	}
	for _, text := range []string{"", "{", "{}", `{"model":{"type":"BPE"}}`, `{"added_tokens":7}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v, want an error that names the file", text, err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, name := range goldens().Names(b) {
		b.Run(name, func(b *testing.B) {
			tok := parse(b, goldens().File(b, name))
			lines := tokenizertest.Ordinary(b, goldens())
			var dst []int32
			tokens := 0
			for b.Loop() {
				for _, s := range lines {
					dst = tok.AppendEncode(dst[:0], s, true)
					tokens += len(dst)
				}
			}
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
