package purego

import (
	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/purego/internal/kernel"
)

// packed is a constant matrix B [k, n] with a bias [n], in panels of the
// kernel's tile width: element (x, j) is at panels[j/cols·k·cols + x·cols + j%cols].
// The last panel and the bias are padded with zeros.
type packed struct {
	k, n   int
	panels []float32
	bias   []float32
	int8   *packedInt8 // instead of panels
}

// pack makes one matrix of linear layers that share their input. Their outputs are side by
// side.
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

// packedInt8 is a matrix in bytes: see kernel.TileInt8 for the layout of a
// panel. Rows are padded with zeros to a multiple of kernel.Int8Step.
type packedInt8 struct {
	k      int // rounded up
	panels []int8
	scale  []float32 // value of one unit in each column
	shift  []int32
}

// toInt8 replaces the panels of floats with bytes.
func (p *packed) toInt8(set *kernel.Set) {
	width := len(p.bias)
	q := &packedInt8{k: roundUp(p.k, kernel.Int8Step), scale: make([]float32, width), shift: make([]int32, width)}
	q.panels = make([]int8, width*q.k)
	column := make([]float32, p.k)
	codes := make([]uint8, p.k)
	for j := range width {
		from, to := p.panels[j/set.Cols*set.Cols*p.k:], q.panels[j/set.Cols*set.Cols*q.k:]
		for x := range column {
			column[x] = from[x*set.Cols+j%set.Cols]
		}
		q.scale[j] = set.Quantize(codes, column)
		for x, code := range codes {
			c := int32(code) - 128
			q.shift[j] += 128 * c
			to[(x/kernel.Int8Step*set.Cols+j%set.Cols)*kernel.Int8Step+x%kernel.Int8Step] = int8(c)
		}
	}
	p.int8, p.panels = q, nil
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
