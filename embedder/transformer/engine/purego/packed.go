package purego

import (
	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/purego/internal/kernel"
)

// packed is a constant matrix B [k, n] with a bias [n], in panels of the
// kernel's tile width: element (x, j) is at panels[j/cols·k·cols + x·cols + j%cols].
// The last panel and the bias are filled up with zeros.
type packed struct {
	k, n   int
	panels []float32
	bias   []float32
}

// pack makes one matrix of linear layers that share their input: their outputs
// lie side by side.
func pack(set *kernel.Set, parts ...engine.Linear) (*packed, error) {
	p := &packed{k: parts[0].Weight.Dims()[1]}
	for _, l := range parts {
		p.n += l.Weight.Dims()[0]
	}
	width := roundUp(p.n, set.Cols)
	p.panels = make([]float32, width*p.k)
	p.bias = make([]float32, width)
	row := make([]float32, p.k)
	j := 0
	for _, l := range parts {
		out := l.Weight.Dims()[0]
		if err := l.Bias.Read(p.bias[j:j+out], 0); err != nil {
			return nil, err
		}
		for i := range out {
			if err := l.Weight.Read(row, i*p.k); err != nil {
				return nil, err
			}
			scatter(p.panels[j/set.Cols*set.Cols*p.k+j%set.Cols:], row, set.Cols)
			j++
		}
	}
	return p, nil
}

// panel returns the panel that begins at column j, and its bias.
func (p *packed) panel(j, cols int) (b, bias []float32) {
	return p.panels[j*p.k : (j+cols)*p.k], p.bias[j : j+cols]
}

// scatter writes row down a column: every stride-th element of dst.
func scatter(dst, row []float32, stride int) {
	at := 0
	for _, v := range row {
		dst[at] = v
		at += stride
	}
}

// roundUp returns the least multiple of m that is at least n.
func roundUp(n, m int) int { return (n + m - 1) / m * m }
