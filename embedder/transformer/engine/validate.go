package engine

import (
	"errors"
	"fmt"
	"slices"
)

// Validate reports every fault of an architecture, as ErrConfig.
func (c Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
	}
	for _, f := range []struct {
		name string
		n    int
	}{
		{"layers", c.Layers},
		{"hidden size", c.Hidden},
		{"heads", c.Heads},
		{"inner size", c.Inner},
		{"vocabulary", c.Vocab},
		{"longest text", c.MaxTokens()},
	} {
		if f.n < 1 || f.n > 1<<30 {
			fault("%s of %d", f.name, f.n)
		}
	}
	if c.Heads > 0 && c.Hidden%c.Heads != 0 {
		fault("hidden size %d is not a multiple of %d heads", c.Hidden, c.Heads)
	}
	if !(c.Eps > 0 && c.Eps < 1) {
		fault("epsilon of layer normalisation %g", c.Eps)
	}
	if c.Activation < GELU || c.Activation > ReLU {
		fault("activation %d", c.Activation)
	}
	if c.Pooling != Mean && c.Pooling != CLS {
		fault("pooling %d", c.Pooling)
	}
	return errors.Join(faults...)
}

// Check reports every tensor that is missing or whose shape doesn't fit the
// architecture, as ErrConfig.
func (w Weights) Check(c Config) error {
	var faults []error
	check := func(name string, t Tensor, want ...int) {
		switch {
		case t == nil:
			faults = append(faults, fmt.Errorf("%w: no tensor for %s", ErrConfig, name))
		case !slices.Equal(t.Dims(), want):
			faults = append(faults, fmt.Errorf("%w: %s has shape %v, want %v", ErrConfig, name, t.Dims(), want))
		}
	}
	linear := func(name string, l Linear, out, in int) {
		check(name+" weight", l.Weight, out, in)
		check(name+" bias", l.Bias, out)
	}
	norm := func(name string, n Norm) {
		check(name+" weight", n.Weight, c.Hidden)
		check(name+" bias", n.Bias, c.Hidden)
	}
	check("word embeddings", w.Words, c.Vocab, c.Hidden)
	check("position embeddings", w.Positions, c.Positions, c.Hidden)
	types := 1
	if w.TokenType != nil && len(w.TokenType.Dims()) > 0 {
		types = max(types, w.TokenType.Dims()[0])
	}
	check("token type embeddings", w.TokenType, types, c.Hidden)
	norm("embedding norm", w.Norm)
	if len(w.Layers) != c.Layers {
		faults = append(faults, fmt.Errorf("%w: weights of %d layers, want %d", ErrConfig, len(w.Layers), c.Layers))
	}
	for i, l := range w.Layers {
		p := fmt.Sprintf("layer %d ", i)
		linear(p+"query", l.Query, c.Hidden, c.Hidden)
		linear(p+"key", l.Key, c.Hidden, c.Hidden)
		linear(p+"value", l.Value, c.Hidden, c.Hidden)
		linear(p+"attention output", l.AttentionOut, c.Hidden, c.Hidden)
		norm(p+"attention norm", l.AttentionNorm)
		linear(p+"inner", l.Inner, c.Inner, c.Hidden)
		linear(p+"outer", l.Outer, c.Hidden, c.Inner)
		norm(p+"outer norm", l.OuterNorm)
	}
	return errors.Join(faults...)
}

// CheckCall reports sequences and vectors that Engine.Embed can't take.
func (c Config) CheckCall(ids [][]int32, out [][]float32) error {
	if len(out) != len(ids) {
		return fmt.Errorf("%w: %d vectors for %d sequences", ErrOutput, len(out), len(ids))
	}
	for i, seq := range ids {
		if len(seq) == 0 || len(seq) > c.MaxTokens() {
			return fmt.Errorf("%w: sequence %d has %d tokens, want 1 to %d", ErrLength, i, len(seq), c.MaxTokens())
		}
		if len(out[i]) != c.Hidden {
			return fmt.Errorf("%w: vector %d has length %d, want %d", ErrOutput, i, len(out[i]), c.Hidden)
		}
		for _, id := range seq {
			if id < 0 || int(id) >= c.Vocab {
				return fmt.Errorf("%w: %d in sequence %d, vocabulary of %d", ErrToken, id, i, c.Vocab)
			}
		}
	}
	return nil
}
