package purego

import (
	"context"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/purego/internal/kernel"
)

// pass is one chunk on its way through the layers.
type pass struct {
	*Engine
	threads int
	ws      *workspace
	seqs    []span // the rows of each text
}

// each runs n independent units of work on the pass's threads.
func (p *pass) each(n int, f func(unit int)) {
	_ = each(p.threads, n, func(i int) error { // f cannot fail
		f(i)
		return nil
	})
}

func (p *pass) run(ctx context.Context, chunk []int, ids [][]int32, out [][]float32) error {
	tokens := 0
	for _, i := range chunk {
		p.seqs = append(p.seqs, span{tokens, tokens + len(ids[i])})
		tokens += len(ids[i])
	}
	hidden := p.config.Hidden
	grow(&p.ws.x, tokens*hidden)
	grow(&p.ws.qkv, tokens*3*hidden)
	grow(&p.ws.mixed, tokens*hidden)
	grow(&p.ws.delta, tokens*hidden)
	grow(&p.ws.inner, min(tokens, innerRows)*p.config.Inner)

	if err := p.embed(chunk, ids); err != nil {
		return err
	}
	for i := range p.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		// If only the first tokens are pooled, the last layer computes only those.
		p.layer(&p.layers[i], p.config.Pooling == engine.CLS && i == len(p.layers)-1)
	}
	for j, i := range chunk {
		p.pool(out[i], p.seqs[j])
	}
	return ctx.Err()
}

// embed fills x with the sum of each token's word and position embeddings,
// normalised.
func (p *pass) embed(chunk []int, ids [][]int32) error {
	hidden := p.config.Hidden
	return each(p.threads, len(chunk), func(j int) error {
		row := p.seqs[j].begin
		position := 0
		if p.config.PadPositions {
			position = int(p.config.PadID) + 1
		}
		for _, id := range ids[chunk[j]] {
			x := p.ws.x[row*hidden : (row+1)*hidden]
			if err := p.words.Read(x, int(id)*hidden); err != nil {
				return err
			}
			at := position
			if p.config.PadPositions && id == p.config.PadID {
				at = int(id) // padding has a row of its own and is not counted
			} else {
				position++
			}
			p.set.AddNorm(x, p.positions[at*hidden:(at+1)*hidden], p.norm.weight, p.norm.bias, p.config.Eps)
			row++
		}
		return nil
	})
}

// layer runs one layer in place on x. If first is set, it keeps only each text's first
// token, and updates p.seqs.
func (p *pass) layer(l *layer, first bool) {
	hidden := p.config.Hidden
	rows := len(p.ws.x) / hidden
	p.product(rows, p.ws.x, hidden, l.qkv, p.ws.qkv, 3*hidden, nil)
	p.attention(first)
	if first {
		rows = len(p.seqs)
		for i, s := range p.seqs {
			copy(p.ws.x[i*hidden:(i+1)*hidden], p.ws.x[s.begin*hidden:])
			p.seqs[i] = span{i, i + 1}
		}
	}
	p.product(rows, p.ws.mixed, hidden, l.attentionOut, p.ws.delta, hidden, nil)
	p.addNorm(0, rows, l.attentionNorm)

	var activate func([]float32)
	switch p.config.Activation {
	case engine.GELU:
		activate = p.set.GELU
	case engine.GELUTanh:
		activate = p.set.GELUTanh
	case engine.ReLU:
		activate = kernel.ReLU
	}
	for s := range split(rows, innerRows) {
		n, x := s.end-s.begin, p.ws.x[s.begin*hidden:]
		p.product(n, x, hidden, l.inner, p.ws.inner, p.config.Inner, activate)
		p.product(n, p.ws.inner, p.config.Inner, l.outer, p.ws.delta[s.begin*hidden:], hidden, nil)
		p.addNorm(s.begin, s.end, l.outerNorm)
	}
}

// addNorm adds delta to the rows of x and normalises them.
func (p *pass) addNorm(begin, end int, n norm) {
	hidden := p.config.Hidden
	p.each(min(p.threads, end-begin), func(unit int) {
		parts := min(p.threads, end-begin)
		for r := begin + (end-begin)*unit/parts; r < begin+(end-begin)*(unit+1)/parts; r++ {
			p.set.AddNorm(p.ws.x[r*hidden:(r+1)*hidden], p.ws.delta[r*hidden:(r+1)*hidden], n.weight, n.bias, p.config.Eps)
		}
	})
}

// pool makes one vector of a text's rows.
func (p *pass) pool(out []float32, s span) {
	hidden := p.config.Hidden
	x := p.ws.x[s.begin*hidden : s.end*hidden]
	copy(out, x)
	if p.config.Pooling == engine.CLS {
		return
	}
	for x = x[hidden:]; len(x) > 0; x = x[hidden:] {
		for i, v := range x[:hidden] {
			out[i] += v
		}
	}
	inv := 1 / float32(s.end-s.begin)
	for i := range out {
		out[i] *= inv
	}
}
