package enginetest

import (
	"math"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// Model is the encoder as the papers write it, in float64, one text and one
// number at a time.
func Model(c engine.Config, w engine.Weights, ids [][]int32) [][]float64 {
	var out [][]float64
	for _, seq := range ids {
		x := modelEmbed(c, w, seq)
		for _, l := range w.Layers {
			x = modelLayer(c, l, x)
		}
		pooled := make([]float64, c.Hidden)
		if c.Pooling == engine.CLS {
			x = x[:1]
		}
		for _, row := range x {
			for i, v := range row {
				pooled[i] += v / float64(len(x))
			}
		}
		out = append(out, pooled)
	}
	return out
}

func modelEmbed(c engine.Config, w engine.Weights, seq []int32) [][]float64 {
	var x [][]float64
	next := 0
	if c.PadPositions {
		next = int(c.PadID) + 1
	}
	for _, id := range seq {
		position := next
		if c.PadPositions && id == c.PadID {
			position = int(c.PadID)
		} else {
			next++
		}
		row := make([]float64, c.Hidden)
		for i := range row {
			row[i] = at(w.Words, int(id), i) + at(w.Positions, position, i) + at(w.TokenType, 0, i)
		}
		x = append(x, modelNorm(c, w.Norm, row))
	}
	return x
}

func modelLayer(c engine.Config, l engine.Layer, x [][]float64) [][]float64 {
	size := c.Hidden / c.Heads
	q, k, v := modelLinear(l.Query, x), modelLinear(l.Key, x), modelLinear(l.Value, x)
	mixed := make([][]float64, len(x))
	for i := range x {
		mixed[i] = make([]float64, c.Hidden)
		for h := range c.Heads {
			weights := make([]float64, len(x))
			sum := 0.0
			for j := range x {
				dot := 0.0
				for d := h * size; d < (h+1)*size; d++ {
					dot += q[i][d] * k[j][d]
				}
				weights[j] = math.Exp(dot / math.Sqrt(float64(size)))
				sum += weights[j]
			}
			for j := range x {
				for d := h * size; d < (h+1)*size; d++ {
					mixed[i][d] += weights[j] / sum * v[j][d]
				}
			}
		}
	}
	x = modelAddNorm(c, l.AttentionNorm, x, modelLinear(l.AttentionOut, mixed))
	inner := modelLinear(l.Inner, x)
	for _, row := range inner {
		for i, v := range row {
			switch c.Activation {
			case engine.GELU:
				row[i] = v * 0.5 * math.Erfc(-v/math.Sqrt2)
			case engine.GELUTanh:
				row[i] = 0.5 * v * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
			case engine.ReLU:
				row[i] = max(v, 0)
			}
		}
	}
	return modelAddNorm(c, l.OuterNorm, x, modelLinear(l.Outer, inner))
}

func modelLinear(l engine.Linear, x [][]float64) [][]float64 {
	out, in := l.Weight.Dims()[0], l.Weight.Dims()[1]
	y := make([][]float64, len(x))
	for i := range x {
		y[i] = make([]float64, out)
		for j := range out {
			y[i][j] = at(l.Bias, 0, j)
			for k := range in {
				y[i][j] += at(l.Weight, j, k) * x[i][k]
			}
		}
	}
	return y
}

func modelAddNorm(c engine.Config, n engine.Norm, x, y [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		row := make([]float64, c.Hidden)
		for j := range row {
			row[j] = x[i][j] + y[i][j]
		}
		out[i] = modelNorm(c, n, row)
	}
	return out
}

func modelNorm(c engine.Config, n engine.Norm, row []float64) []float64 {
	var mean, square float64
	for _, v := range row {
		mean += v / float64(len(row))
	}
	for _, v := range row {
		square += (v - mean) * (v - mean) / float64(len(row))
	}
	out := make([]float64, len(row))
	for i, v := range row {
		out[i] = (v-mean)/math.Sqrt(square+float64(c.Eps))*at(n.Weight, 0, i) + at(n.Bias, 0, i)
	}
	return out
}

// at is an element of a matrix or, in row 0, of a vector.
func at(t engine.Tensor, row, col int) float64 {
	m := t.(*memory)
	return float64(m.data[row*m.dims[len(m.dims)-1]+col])
}
