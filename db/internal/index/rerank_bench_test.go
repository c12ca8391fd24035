package index

import "testing"

// BenchmarkRerank fetches and compares 50 candidates of 384 dims by their full
// vectors, from warm rows.
func BenchmarkRerank(b *testing.B) {
	const n, candidates = 20_000, 50
	x := open(b, Settings{Dims: 384, M: 2, EfConstruction: 8})
	x.upsert(x.puts(0, n)...)
	r, err := x.Read()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	s := &search{Reader: r, q: &Query{K: 10, Vector: x.vector()}, trace: new(Trace)}
	nodes := make([]uint32, candidates)
	for b.Loop() {
		for i := range nodes {
			nodes[i] = x.rng.Uint32N(n)
		}
		if top, err := s.compare(nodes); err != nil || len(top) != candidates {
			b.Fatal(len(top), err)
		}
	}
}
