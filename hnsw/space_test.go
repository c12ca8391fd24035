package hnsw_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

// rows is a Space of int8 codes in plain Go. The distance is 1 − cosine, times
// 2^20. Each row ends with its inverse norm.
type rows struct {
	dims int
	data [][]byte
}

func (r *rows) Code(id uint32) []byte   { return r.data[id] }
func (r *rows) Prefetch([]uint32)       {}
func (r *rows) Equal(a, b uint32) bool  { return bytes.Equal(r.data[a], r.data[b]) }
func (r *rows) Len() int                { return len(r.data) }
func (r *rows) set(id uint32, v []int8) { r.data[id] = r.encode(v) }
func (r *rows) add(v []int8)            { r.data = append(r.data, r.encode(v)) }
func (r *rows) encode(v []int8) []byte {
	code := make([]byte, 0, r.dims+4)
	sum := 0
	for _, x := range v {
		code = append(code, byte(x))
		sum += int(x) * int(x)
	}
	inverse := float32(0)
	if sum > 0 {
		inverse = float32(1 / math.Sqrt(float64(sum)))
	}
	return binary.LittleEndian.AppendUint32(code, math.Float32bits(inverse))
}

func (r *rows) Distances(q []byte, ids []uint32, out []uint32) {
	for i, id := range ids {
		out[i] = r.distance(q, r.data[id])
	}
}

func (r *rows) distance(a, b []byte) uint32 {
	b = b[:len(a)]
	var dot int32
	n := r.dims
	for i := range n {
		dot += int32(int8(a[i])) * int32(int8(b[i]))
	}
	scale := math.Float32frombits(binary.LittleEndian.Uint32(a[n:])) * math.Float32frombits(binary.LittleEndian.Uint32(b[n:]))
	return uint32(max(0, 1-float64(float32(dot)*scale)) * (1 << 20))
}

// clustered returns n random rows around centres whose sizes follow a power law,
// and a generator of queries of the same kind.
func clustered(seed uint64, n, dims int) (*rows, func() []byte) {
	rng := rand.New(rand.NewPCG(seed, 1))
	centres := make([][]float64, 1+n/200)
	for i := range centres {
		centres[i] = make([]float64, dims)
		for d := range centres[i] {
			centres[i][d] = rng.NormFloat64()
		}
	}
	next := func() []int8 {
		c := centres[int(float64(len(centres))*math.Pow(rng.Float64(), 2))]
		v := make([]int8, dims)
		for d := range v {
			v[d] = int8(max(-127, min(127, 24*(c[d]+1.2*rng.NormFloat64()/math.Sqrt(1+float64(d)/8)))))
		}
		return v
	}
	r := &rows{dims: dims}
	for range n {
		r.add(next())
	}
	return r, func() []byte { return r.encode(next()) }
}

// build adds every row of r, in order.
func build(tb testing.TB, r *rows, opts *hnsw.Options) *hnsw.Graph {
	tb.Helper()
	g, err := hnsw.New(r, opts)
	if err != nil {
		tb.Fatal(err)
	}
	for id := range r.Len() {
		if err := g.Add(uint32(id)); err != nil {
			tb.Fatal(err)
		}
	}
	return g
}

func check(tb testing.TB, g *hnsw.Graph) {
	tb.Helper()
	if err := g.Check(); err != nil {
		tb.Fatal(err)
	}
}

// nearest is the oracle: it measures every row that keep accepts.
func nearest(r *rows, q []byte, k int, keep func(id uint32) bool) []hnsw.Hit {
	var all []hnsw.Hit
	for id := range uint32(r.Len()) {
		if keep == nil || keep(id) {
			all = append(all, hnsw.Hit{ID: id, Distance: r.distance(q, r.data[id])})
		}
	}
	slices.SortFunc(all, func(a, b hnsw.Hit) int { return int(int64(a.Distance) - int64(b.Distance)) })
	return all[:min(k, len(all))]
}

// recall is the share of the true nearest nodes in got. Nodes as near as the last
// of the true ones count, because any of several equal nodes may be returned.
func recall(got, want []hnsw.Hit) float64 {
	if len(want) == 0 {
		return 1
	}
	hit := 0
	for _, h := range got {
		if h.Distance <= want[len(want)-1].Distance {
			hit++
		}
	}
	return float64(min(hit, len(want))) / float64(len(want))
}

// fewer returns few with -short, and under the race detector, which is ten times
// as slow and finds as much in less. Otherwise it returns many.
func fewer(many, few int) int {
	if slow || testing.Short() {
		return few
	}
	return many
}
