package purego

import (
	"math"

	"github.com/fronyai/frony-db/embedder/transformer/engine/purego/internal/kernel"
)

// queryBlock is the number of rows of attention scores held at a time.
const queryBlock = 48

// attention mixes the values of each text's tokens:
//
//	out = softmax(Q·Kᵀ / √d)·V        for each head, d its size
//
// from p.ws.qkv, whose rows are Q, K and V side by side, to p.ws.mixed. If
// first is set, only each text's first token is a query.
func (p *pass) attention(first bool) {
	heads := p.config.Heads
	p.each(len(p.seqs)*heads, func(unit int) {
		seq := unit / heads
		s := p.seqs[seq]
		queries, to := s.end-s.begin, s.begin
		if first {
			queries, to = 1, seq
		}
		b := p.heads.Get().(*headBuffers)
		p.head(b, s, unit%heads, queries, p.ws.mixed[to*p.config.Hidden:])
		p.heads.Put(b)
	})
}

// head runs one head over one text.
func (p *pass) head(b *headBuffers, s span, head, queries int, out []float32) {
	var (
		set    = p.set
		hidden = p.config.Hidden
		size   = hidden / p.config.Heads
		n      = s.end - s.begin
		width  = roundUp(n, set.Cols) // of a row of scores
		stride = 3 * hidden
		q      = p.ws.qkv[s.begin*stride+head*size:]
		k, v   = q[hidden:], q[2*hidden:]
		keys   = grow(&b.keys, width*size)                  // Kᵀ in panels of [size, cols]
		values = grow(&b.values, roundUp(size, set.Cols)*n) // V in panels of [n, cols]
		scores = grow(&b.scores, min(queries, queryBlock)*width)
		scale  = float32(1 / math.Sqrt(float64(size)))
	)
	for i := range n {
		scatter(keys[i/set.Cols*set.Cols*size+i%set.Cols:], k[i*stride:i*stride+size], set.Cols)
		for j := 0; j < size; j += set.Cols {
			copy(values[j*n+i*set.Cols:j*n+(i+1)*set.Cols], v[i*stride+j:i*stride+min(size, j+set.Cols)])
		}
	}
	for begin := 0; begin < queries; begin += queryBlock {
		rows := min(queryBlock, queries-begin)
		for j := 0; j < width; j += set.Cols {
			f := factors{k: size, lda: stride, a: q[begin*stride:], panel: keys[j*size:], bias: b.zero}
			p.tiles(rows, &f, scores[j:], width, set.Cols)
		}
		for i := range rows {
			row := scores[i*width : (i+1)*width]
			kernel.Mask(row[n:])
			set.Softmax(row, scale)
		}
		for j := 0; j < size; j += set.Cols {
			f := factors{k: n, lda: width, a: scores, panel: values[j*n:], bias: b.zero}
			p.tiles(rows, &f, out[begin*hidden+head*size+j:], hidden, min(set.Cols, size-j))
		}
	}
}

// headBuffers are one goroutine's memory in attention. The padding of keys and
// values may hold anything: it only meets scores that are masked, or columns
// that are not stored.
type headBuffers struct{ keys, values, scores, zero []float32 }
