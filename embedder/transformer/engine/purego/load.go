package purego

import (
	"errors"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// load reads all weights except the word embeddings.
func (e *Engine) load(w engine.Weights) error {
	hidden := e.config.Hidden
	positions, err1 := read(w.Positions, e.config.Positions*hidden)
	types, err2 := read(w.TokenType, hidden)
	norm, err3 := readNorm(w.Norm, hidden)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	for at := 0; at < len(positions); at += hidden {
		for i, v := range types {
			positions[at+i] += v
		}
	}
	e.positions, e.norm = positions, norm
	e.layers = make([]layer, e.config.Layers)
	return each(e.threads, len(e.layers), func(i int) (err error) {
		e.layers[i], err = e.loadLayer(w.Layers[i])
		return err
	})
}

func (e *Engine) loadLayer(w engine.Layer) (l layer, err error) {
	var errs [6]error
	l.qkv, errs[0] = pack(e.set, w.Query, w.Key, w.Value)
	l.attentionOut, errs[1] = pack(e.set, w.AttentionOut)
	l.inner, errs[2] = pack(e.set, w.Inner)
	l.outer, errs[3] = pack(e.set, w.Outer)
	l.attentionNorm, errs[4] = readNorm(w.AttentionNorm, e.config.Hidden)
	l.outerNorm, errs[5] = readNorm(w.OuterNorm, e.config.Hidden)
	if err := errors.Join(errs[:]...); err != nil {
		return l, err
	}
	if e.int8 {
		for _, p := range []*packed{l.qkv, l.attentionOut, l.inner, l.outer} {
			p.toInt8(e.set)
		}
	}
	return l, nil
}

func read(t engine.Tensor, n int) ([]float32, error) {
	v := make([]float32, n)
	return v, t.Read(v, 0)
}

func readNorm(n engine.Norm, hidden int) (norm, error) {
	weight, err1 := read(n.Weight, hidden)
	bias, err2 := read(n.Bias, hidden)
	return norm{weight, bias}, errors.Join(err1, err2)
}
