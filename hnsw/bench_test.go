package hnsw_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// The benchmarks use 100,000 codes of 192 bytes, of vectors that are distributed
// like text embeddings.
const (
	benchRows    = 100_000
	benchDims    = 192
	benchQueries = 1000
)

type benchSet struct {
	codes   *quant.Codes
	queries [][]byte
	graph   *hnsw.Graph
	nearest [][]hnsw.Hit // the true 10 of each query
}

var benchData = sync.OnceValue(func() *benchSet {
	z, err := quant.NewQuantizer(benchDims)
	if err != nil {
		panic(err)
	}
	codes, err := quant.NewCodes(benchDims)
	if err != nil {
		panic(err)
	}
	s := &benchSet{codes: codes}
	next := embeddings(benchDims)
	for id := range uint32(benchRows + benchQueries) {
		code := make([]byte, z.CodeSize())
		z.Encode(code, next())
		if id < benchRows {
			codes.Set(id, code)
		} else {
			s.queries = append(s.queries, code)
		}
	}
	s.graph = s.build(benchRows)
	for _, q := range s.queries {
		s.nearest = append(s.nearest, s.graph.Scan(nil, q, hnsw.Search{K: 10}))
	}
	return s
})

// embeddings generates unit vectors: topics of power-law sizes in a latent space
// of 40 dimensions, mapped by one random layer with tanh, with noise.
func embeddings(dims int) func() []float32 {
	const latent, hidden, topics = 40, 96, 1000
	rng := rand.New(rand.NewPCG(seed, 6))
	normal := func(n int, size float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(rng.NormFloat64() * size)
		}
		return v
	}
	in, out := normal(hidden*latent, 1.2/math.Sqrt(latent)), normal(dims*hidden, 1)
	centres := normal(topics*latent, 1.2)
	return func() []float32 {
		z := normal(latent, 0.6*(0.5+rng.ExpFloat64()/2))
		topic := int(topics * math.Pow(rng.Float64(), 2))
		for i := range z {
			z[i] = z[i]/float32(math.Sqrt(1+float64(i)/8)) + centres[topic*latent+i]
		}
		v := normal(dims, 0.3*math.Sqrt(hidden))
		for h := range hidden {
			x := float32(math.Tanh(float64(quant.Dot(z, in[h*latent:(h+1)*latent]))))
			for d := range v {
				v[d] += x * out[d*hidden+h]
			}
		}
		quant.Normalize(v)
		return v
	}
}

func (s *benchSet) build(n int) *hnsw.Graph {
	g, err := hnsw.New(s.codes, nil)
	if err != nil {
		panic(err)
	}
	for id := range uint32(n) {
		if err := g.Add(id); err != nil {
			panic(err)
		}
	}
	return g
}

func BenchmarkBuild10k(b *testing.B) {
	s := benchData()
	for b.Loop() {
		s.build(10_000)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10_000, "µs/node")
}

// BenchmarkSearch also reports recall@10 over the codes.
func BenchmarkSearch(b *testing.B) {
	s := benchData()
	for _, c := range []hnsw.Search{
		{K: 10, Ef: 16},
		{K: 10, Ef: 32},
		{K: 10, Ef: 64},
		{K: 10, Ef: 128},
	} {
		b.Run(fmt.Sprintf("ef=%d", c.Ef), func(b *testing.B) {
			var dst []hnsw.Hit
			sum, i := 0.0, 0
			for b.Loop() {
				dst = s.graph.Search(dst[:0], s.queries[i%benchQueries], c)
				sum += recall(dst, s.nearest[i%benchQueries])
				i++
			}
			b.ReportMetric(sum/float64(i), "recall@10")
		})
	}
}

// BenchmarkFilter reports the time of a filtered search, that of a scan of the
// allowed nodes, and the recall of the one compared with the other.
func BenchmarkFilter(b *testing.B) {
	s := benchData()
	anchor := s.graph.Scan(nil, s.queries[0], hnsw.Search{K: benchRows})
	rng := rand.New(rand.NewPCG(seed, 7))
	for _, kind := range []string{"random", "near", "far"} {
		for _, share := range []float64{0.0001, 0.01, 0.05, 0.1, 0.2, 0.5, 0.9} {
			order := slices.Clone(anchor)
			switch kind {
			case "random":
				rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			case "far":
				slices.Reverse(order)
			}
			allow := hnsw.NewBitset(benchRows)
			for _, h := range order[:max(1, int(share*benchRows))] {
				allow.Set(h.ID)
			}
			b.Run(fmt.Sprintf("%s=%g", kind, share), func(b *testing.B) {
				var dst, flat []hnsw.Hit
				var scan time.Duration
				sum, i := 0.0, 0
				for b.Loop() {
					q := s.codes.Code(anchor[i%50].ID) // near the anchor
					search := func() { dst = s.graph.Search(dst[:0], q, hnsw.Search{K: 10, Ef: 64, Allow: allow}) }
					if i%2 == 0 { // the second finds warm caches
						search()
					}
					start := time.Now()
					flat = s.graph.Scan(flat[:0], q, hnsw.Search{K: 10, Allow: allow})
					scan += time.Since(start)
					if i%2 == 1 {
						search()
					}
					sum += recall(dst, flat)
					i++
				}
				b.ReportMetric(sum/float64(i), "recall@10")
				b.ReportMetric(float64((b.Elapsed()-scan).Nanoseconds())/float64(i), "search-ns")
				b.ReportMetric(float64(scan.Nanoseconds())/float64(i), "scan-ns")
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := benchData()
	data := snapshot(b, s.graph)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := hnsw.Read(bytes.NewReader(data), s.codes); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRepair repeatedly deletes and adds a tenth of the rows.
func BenchmarkRepair(b *testing.B) {
	s := benchData()
	g, err := hnsw.Read(bytes.NewReader(snapshot(b, s.graph)), s.codes)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 8))
	var repairs time.Duration
	for b.Loop() {
		for _, id := range rng.Perm(benchRows)[:benchRows/10] {
			g.Delete(uint32(id))
		}
		start := time.Now()
		freed := g.Repair(hnsw.RepairOptions{})
		repairs += time.Since(start)
		for _, id := range freed {
			if err := g.Add(id); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(repairs.Milliseconds())/float64(b.N), "repair-ms")
}
