package enginetest

import (
	"fmt"
	"math/rand/v2"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// memory is a tensor of random weights.
type memory struct {
	dims []int
	data []float32
}

func (m *memory) Dims() []int { return m.dims }

func (m *memory) Read(dst []float32, from int) error {
	if from < 0 || from+len(dst) > len(m.data) {
		return fmt.Errorf("elements %d to %d of %d", from, from+len(dst), len(m.data))
	}
	copy(dst, m.data[from:])
	return nil
}

// Weights are an encoder's weights of standard deviation std.
func Weights(c engine.Config, seed uint64, std float32) engine.Weights {
	rng := rand.New(rand.NewPCG(seed, 1))
	tensor := func(mean float32, dims ...int) engine.Tensor {
		n := 1
		for _, d := range dims {
			n *= d
		}
		m := &memory{dims, make([]float32, n)}
		for i := range m.data {
			m.data[i] = mean + std*float32(rng.NormFloat64())
		}
		return m
	}
	linear := func(out, in int) engine.Linear {
		return engine.Linear{Weight: tensor(0, out, in), Bias: tensor(0, out)}
	}
	norm := func() engine.Norm { return engine.Norm{Weight: tensor(1, c.Hidden), Bias: tensor(0, c.Hidden)} }
	w := engine.Weights{
		Words: tensor(0, c.Vocab, c.Hidden), Positions: tensor(0, c.Positions, c.Hidden),
		TokenType: tensor(0, 2, c.Hidden), Norm: norm(),
	}
	for range c.Layers {
		w.Layers = append(w.Layers, engine.Layer{
			Query: linear(c.Hidden, c.Hidden), Key: linear(c.Hidden, c.Hidden), Value: linear(c.Hidden, c.Hidden),
			AttentionOut: linear(c.Hidden, c.Hidden), AttentionNorm: norm(),
			Inner: linear(c.Inner, c.Hidden), Outer: linear(c.Hidden, c.Inner), OuterNorm: norm(),
		})
	}
	return w
}

// Texts returns random sequences of the given lengths, and slices for their vectors.
func Texts(c engine.Config, seed uint64, lengths ...int) (ids [][]int32, out [][]float32) {
	rng := rand.New(rand.NewPCG(seed, 2))
	for _, length := range lengths {
		seq := make([]int32, length)
		for i := range seq {
			seq[i] = int32(rng.IntN(c.Vocab))
		}
		ids = append(ids, seq)
		out = append(out, make([]float32, c.Hidden))
	}
	return ids, out
}
