package lexical

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// benchmarked returns an index of made-up texts; real ones have a longer tail
// of rare terms.
func benchmarked(docs int) (*Index, *vocabulary) {
	v := newVocabulary(rand.New(rand.NewPCG(1, 1)), 20000)
	x := New()
	for node := range docs {
		x.Add(uint32(node), Fields{Text: v.text(20)})
	}
	return x, v
}

func BenchmarkAdd(b *testing.B) {
	v := newVocabulary(rand.New(rand.NewPCG(1, 1)), 20000)
	texts := make([]string, 1000)
	bytes := 0
	for i := range texts {
		texts[i] = v.text(20)
		bytes += len(texts[i])
	}
	x := New()
	b.SetBytes(int64(bytes / len(texts)))
	b.ReportAllocs()
	for node := uint32(0); b.Loop(); node++ {
		x.Add(node, Fields{Text: texts[node%1000]})
	}
}

func BenchmarkReplace(b *testing.B) {
	x, v := benchmarked(10000)
	text := v.text(20)
	b.ReportAllocs()
	for i := uint32(0); b.Loop(); i++ {
		x.Add(i%10000, Fields{Text: text})
	}
}

func BenchmarkSearch(b *testing.B) {
	x, v := benchmarked(100000)
	queries := make([]string, 100)
	for i := range queries {
		queries[i] = v.text(5)
	}
	for _, bm := range []struct {
		name  string
		allow func(uint32) bool
	}{
		{"all", nil},
		{"one in 100", func(node uint32) bool { return node%100 == 0 }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			var hits []Hit
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				hits = x.Search(hits[:0], Query{Text: queries[i%100], K: 10, Allow: bm.allow})
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	x, _ := benchmarked(20000)
	var whole bytes.Buffer
	if _, err := x.WriteTo(&whole); err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(whole.Len()))
		for b.Loop() {
			if _, err := x.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(whole.Len()))
		for b.Loop() {
			if _, err := Read(bytes.NewReader(whole.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
	})
}
