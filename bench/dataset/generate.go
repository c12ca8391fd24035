package dataset

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sort"
	"sync"

	"github.com/fronyai/frony-db/quant"
)

// Generate makes vectors that resemble text embeddings: topics with power-law sizes in a
// few fields, a nonlinear map from a small latent space, a spectrum that decreases with the
// dimension as after Matryoshka training, a direction that all vectors share, and noise.
// The same arguments produce the same vectors on every machine, up to the last bits of
// float32 arithmetic.
func Generate(n, queries, dims int, seed uint64) (base, query []float32) {
	g := newGenerator(dims, seed)
	all := make([]float32, (n+queries)*dims)
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n+queries; i += workers {
				g.vector(all[i*dims:(i+1)*dims], rand.New(rand.NewPCG(seed, uint64(i)+1)))
			}
		})
	}
	wg.Wait()
	return all[: n*dims : n*dims], all[n*dims:]
}

const (
	latent = 40   // dimensions of meaning
	hidden = 192  // width of the nonlinear map
	topics = 1000 // in fields
	fields = 50
	spread = 0.9 // of the texts within a topic
	decay  = 0.2 // exponent by which the spectrum falls
	noise  = 0.3 // of each dimension, relative to its size
)

type generator struct {
	centres  []float32 // of the topics
	share    []float64 // cumulative sizes of the topics
	deviates []float32 // of a text from its topic, by latent dimension
	in, out  []float32 // the two layers of the map, row by row
	mean     []float32
	size     []float32 // of each dimension
}

func newGenerator(dims int, seed uint64) *generator {
	r := rand.New(rand.NewPCG(seed, 0))
	normal := func(n int, size float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64() * size)
		}
		return v
	}
	g := &generator{
		in:       normal(hidden*latent, 1.2/math.Sqrt(latent)),
		out:      normal(dims*hidden, 1),
		mean:     normal(dims, 2.5),
		centres:  normal(topics*latent, 0.7),
		share:    make([]float64, topics),
		deviates: make([]float32, latent),
		size:     make([]float32, dims),
	}
	centre := normal(fields*latent, 1)
	total := 0.0
	for t := range topics {
		f := r.IntN(fields)
		for l := range latent {
			g.centres[t*latent+l] += centre[f*latent+l]
		}
		total += math.Pow(float64(t+3), -0.7)
		g.share[t] = total
	}
	for l := range g.deviates {
		g.deviates[l] = float32(spread * math.Pow(1+float64(l)/8, -0.5))
	}
	for d := range g.size {
		g.size[d] = float32(math.Pow(1+float64(d)/48, -decay))
	}
	return g
}

func (g *generator) vector(v []float32, r *rand.Rand) {
	var z [latent]float32
	var h [hidden]float32
	t := sort.SearchFloat64s(g.share, r.Float64()*g.share[topics-1])
	loose := float32(0.5 + 0.5*r.ExpFloat64())
	for l := range z {
		z[l] = g.centres[t*latent+l] + loose*g.deviates[l]*float32(r.NormFloat64())
	}
	for i := range h {
		h[i] = float32(math.Tanh(float64(quant.Dot(g.in[i*latent:(i+1)*latent], z[:]))))
	}
	for d := range v {
		x := quant.Dot(g.out[d*hidden:(d+1)*hidden], h[:]) + g.mean[d]
		x += float32(noise * math.Sqrt(hidden) * r.NormFloat64())
		v[d] = x * g.size[d]
	}
}
