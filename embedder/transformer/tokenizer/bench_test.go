package tokenizer

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/tokenizertest"
)

func BenchmarkEncode(b *testing.B) {
	lines := tokenizertest.Ordinary(b, goldens())
	size := 0
	for _, s := range lines {
		size += len(s)
	}
	for _, name := range goldens().Names(b) {
		b.Run(name, func(b *testing.B) {
			tok := goldenTokenizer(b, name)
			b.SetBytes(int64(size))
			b.ReportAllocs()
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

// multilingual makes a file like XLM-R's: 250,002 pieces, indented, 17 MB with
// the charsmap of the goldens.
func multilingual(tb testing.TB) []byte {
	tb.Helper()
	var small struct {
		Normalizer json.RawMessage `json:"normalizer"`
	}
	if err := json.Unmarshal(goldens().File(tb, "xlmr-old"), &small); err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var sb strings.Builder
	fmt.Fprintf(&sb, `{"version":"1.0","added_tokens":[{"id":0,"content":"<s>"},{"id":250002,"content":"<Q>"}],"normalizer":%s,`, small.Normalizer)
	sb.WriteString(`"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"model":{"type":"Unigram","unk_id":1,"vocab":[` + "\n" + `["<s>",0],["<unk>",0]`)
	for seen := map[string]bool{}; len(seen) < 250_000; {
		var piece strings.Builder
		if r.IntN(2) == 0 {
			piece.WriteString("▁")
		}
		script := []rune{'a', 26, 'а', 32, 'α', 24, 'ا', 36, '가', 11172, '一', 20000, 'あ', 80}
		s := r.IntN(len(script)/2) * 2
		for range 2 + r.IntN(7) {
			span := script[s+1]
			if r.IntN(4) > 0 { // pieces share beginnings
				span = min(span, 12)
			}
			piece.WriteRune(script[s] + r.Int32N(span))
		}
		if !seen[piece.String()] {
			seen[piece.String()] = true
			fmt.Fprintf(&sb, ",\n      [\n        %q,\n        %v\n      ]", piece.String(), -8-8*r.Float64())
		}
	}
	sb.WriteString("]}}")
	return []byte(sb.String())
}

// BenchmarkParse loads a vocabulary of 250,000 pieces, and reports the memory
// that the tokenizer keeps.
func BenchmarkParse(b *testing.B) {
	data := multilingual(b)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // the first one sweeps lazily
	runtime.ReadMemStats(&before)
	tok, err := Parse(data)
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/(1<<20), "MiB-kept")
	runtime.KeepAlive(tok)
	runtime.KeepAlive(data)
}
