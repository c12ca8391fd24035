package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestLinearTime encodes megabytes of what turns a careless tokenizer
// quadratic. The bound is a hundred times what is usual, and a thousandth of
// what a quadratic step would take.
func TestLinearTime(t *testing.T) {
	const bound = 60 * time.Second
	large := map[string]string{
		"one letter": "a",
		"spaces":     " ",
		"marks":      "\u0301",
	}
	small := map[string]string{
		"one syllable":      "가",
		"unordered marks":   "\u0345\u0301\u0327\u0334",
		"meta symbols":      "▁",
		"flags":             "\U0001F1F0",
		"special tokens":    "<mask>",
		"spaces and tokens": "  \n\n  <mask>  [MASK]  ",
		"half a token":      "<mas",
		"invalid bytes":     "\xf0\x9f",
		"joined emoji":      "\U0001F468\u200d",
		"conjuncts":         "क्",
	}
	for _, name := range []string{"xlmr-new", "uncased", "albert"} {
		tok := goldenTokenizer(t, name)
		run := func(what, unit string, size int) {
			text := strings.Repeat(unit, size/len(unit))
			start := time.Now()
			ids := tok.Encode(text, true)
			took := time.Since(start)
			t.Logf("%s: %d MB of %s: %v, %d ids", name, size>>20, what, took.Round(time.Millisecond), len(ids))
			if took > bound {
				t.Errorf("%s: %s took %v, want less than %v", name, what, took, bound)
			}
			if len(ids) < 2 {
				t.Errorf("%s: %s: no ids", name, what)
			}
		}
		for what, unit := range large {
			run(what, unit, 10<<20)
		}
		for what, unit := range small {
			run(what, unit, 1<<20)
		}
	}
}

// TestTruncated holds EncodeTruncated to its contract for every limit.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, name := range goldens().Names(t) {
		tok := goldenTokenizer(t, name)
		for _, text := range []string{"", "고양이", "The quick brown fox <mask> jumps over 동해물", strings.Repeat("검색 문서 ", 40)} {
			all, plain := tok.Encode(text, true), tok.Encode(text, false)
			for limit := range len(all) + 2 {
				got := tok.EncodeTruncated([]int32{-7}, text, limit)[1:]
				want := all
				if limit > 0 && limit < len(all) {
					want = slices.Concat(tok.prefix, plain[:max(0, limit-tok.Specials())], tok.suffix)
					want = want[:min(len(want), limit)]
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%s: %q cut to %d: %v, want %v", name, text, limit, got, want)
				}
			}
		}
	}
}

// TestAppendValid follows the table of ill-formed sequences in the Unicode
// Standard, section 3.9, tables 3-8 to 3-11.
func TestAppendValid(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{ // how many U+FFFD
		"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82": 8,
		"\xED\xA0\x80\xED\xBF\xBF\xED\xAF": 8,
		"\xF4\x91\x92\x93\xFF\x80\xBF":     7,
		"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF": 4,
		"\xF1\xBF\xE1\x80":                 2,
		"a\xE1\x80":                        1,
		"\xFF\xFF가":                        2,
	} {
		got := string(appendValid(nil, in))
		if n := strings.Count(got, "\uFFFD"); n != want || !utf8.ValidString(got) {
			t.Errorf("%+q: %+q, %d replacements, want %d", in, got, n, want)
		}
	}
}

// FuzzEncode looks for panics, ids out of range, and truncation that isn't a
// prefix, in tokenizers of every shape.
func FuzzEncode(f *testing.F) {
	for _, s := range goldens().Cases(f)[:100] {
		f.Add(s)
	}
	var toks []*Tokenizer
	for _, name := range goldens().Names(f) {
		toks = append(toks, goldenTokenizer(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range toks {
			ids := tok.Encode(text, false)
			for _, id := range ids {
				if id < 0 || int(id) >= tok.VocabSize() {
					t.Fatalf("%q: id %d", text, id)
				}
			}
			cut := tok.EncodeTruncated(nil, text, 9)
			if n := min(len(ids), 9-tok.Specials()); !slices.Equal(cut[len(tok.prefix):len(cut)-len(tok.suffix)], ids[:n]) {
				t.Fatalf("%q: cut to %v, whole %v", text, cut, ids)
			}
		}
	})
}
