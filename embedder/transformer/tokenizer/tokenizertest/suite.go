package tokenizertest

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
)

// Tokenizer is the interface under test.
type Tokenizer interface {
	// AppendEncode appends the ids of text, framed by special tokens if special is
	// set.
	AppendEncode(dst []int32, text string, special bool) []int32
	// EncodeTruncated appends the framed ids, at most limit. The frame is kept.
	EncodeTruncated(dst []int32, text string, limit int) []int32
	VocabSize() int
}

// Open makes a tokenizer of the content of a tokenizer.json.
type Open func(tb testing.TB, data []byte) Tokenizer

// Run compares every id of every case that the tokenizer accepts; nil means all.
func Run(t *testing.T, g Goldens, open Open, takes func(text string) bool) {
	cases := g.Cases(t)
	if takes == nil {
		takes = func(string) bool { return true }
	}
	for _, name := range g.Names(t) {
		t.Run(name, func(t *testing.T) {
			tok := open(t, g.File(t, name))
			compare(t, g, tok, name+".ids.gz", cases, takes, func(dst []int32, s string) []int32 {
				return tok.AppendEncode(dst, s, true)
			})
			compare(t, g, tok, name+".cut.gz", cases, takes, func(dst []int32, s string) []int32 {
				return tok.EncodeTruncated(dst, s, 16)
			})
			concurrent(t, tok, cases[:min(200, len(cases))])
		})
	}
}

func compare(t *testing.T, g Goldens, tok Tokenizer, file string, cases []string, takes func(string) bool, encode func([]int32, string) []int32) {
	t.Helper()
	var got, want []int32
	i, bad, ids, left := 0, 0, 0, 0
	g.lines(t, file, func(line []byte) {
		want = want[:0]
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		if !takes(cases[i]) {
			i, left = i+1, left+1
			return
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
	if i < 2*left+1 {
		t.Fatalf("%d of %d lines can't be given to it", left, i)
	}
	t.Logf("%s: %d mismatches in %d lines, %d ids", file, bad, i-left, ids)
}

// concurrent runs one tokenizer from many goroutines.
func concurrent(t *testing.T, tok Tokenizer, cases []string) {
	t.Helper()
	want := make([][]int32, len(cases))
	for i, s := range cases {
		want[i] = tok.AppendEncode(nil, s, true)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range cases {
				i = (i + g*25) % len(cases)
				if got := tok.AppendEncode(nil, cases[i], true); !slices.Equal(got, want[i]) {
					t.Errorf("%q beside others: %v, want %v", cases[i], got, want[i])
				}
			}
		})
	}
	wg.Wait()
}
