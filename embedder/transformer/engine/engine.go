// Package engine defines the engine: the part of a transformer embedder that turns token
// ids into vectors. It runs the layers, and knows nothing of tokens, files and prefixes.
//
// The engine in pure Go is [github.com/fronyai/frony-db/embedder/transformer/engine/purego].
package engine

import "context"

// Engine runs an encoder. It is safe for concurrent use.
type Engine interface {
	// Embed runs every sequence of token ids and writes its pooled vector, not
	// normalised, to the slice with the same index in out, which has length
	// Config.Hidden. A sequence's vector does not depend on the others. An empty
	// sequence, one that is too long, or an id outside the vocabulary is an error.
	// Embed returns ctx.Err() soon after ctx is cancelled.
	Embed(ctx context.Context, ids [][]int32, out [][]float32) error

	// Close releases what the engine holds. No Embed may be running.
	Close() error
}

// Pooling is how the vectors of a text's tokens become one.
type Pooling int

const (
	// Mean is the average of all tokens, special ones included.
	Mean Pooling = iota
	// CLS is the first token's vector.
	CLS
)

func (p Pooling) String() string {
	if p == CLS {
		return "cls"
	}
	return "mean"
}

// Activation is the function between the two halves of a feed-forward block.
type Activation int

const (
	// GELU is x·Φ(x) by the error function.
	GELU Activation = iota
	// GELUTanh is GELU's approximation by tanh, "gelu_new".
	GELUTanh
	// ReLU is max(x, 0).
	ReLU
)

// Config is an encoder's architecture: BERT and its descendants, with layers
// normalised after each residual.
type Config struct {
	Layers, Hidden, Heads, Inner int
	Vocab                        int
	Positions                    int // rows of the position table
	// PadPositions: in the RoBERTa family positions are counted from PadID+1, and a
	// padding token does not count. In BERT positions are counted from 0.
	PadID        int32
	PadPositions bool
	Activation   Activation
	Eps          float32 // of layer normalisation
	Pooling      Pooling
}

// MaxTokens is the longest sequence that the position table allows.
func (c Config) MaxTokens() int {
	if c.PadPositions {
		return c.Positions - int(c.PadID) - 1
	}
	return c.Positions
}

// Tensor is an array of weights that stays where it is, for instance in a mapped file,
// until it is read. It is safe for concurrent use.
type Tensor interface {
	// Dims is the shape.
	Dims() []int
	// Read fills dst with elements starting at index from, in row-major order.
	Read(dst []float32, from int) error
}

// Linear is y = W·x + b; Weight has shape [out, in], Bias [out].
type Linear struct{ Weight, Bias Tensor }

// Norm is a layer normalisation's scale and shift, each of shape [hidden].
type Norm struct{ Weight, Bias Tensor }

// Weights holds the parameters of an encoder.
type Weights struct {
	Words     Tensor // [vocab, hidden]
	Positions Tensor // [positions, hidden]
	TokenType Tensor // [types, hidden], of which row 0 is used
	Norm      Norm
	Layers    []Layer
}

// Layer holds the parameters of one layer.
type Layer struct {
	Query, Key, Value Linear // [hidden, hidden]
	AttentionOut      Linear // [hidden, hidden]
	AttentionNorm     Norm
	Inner             Linear // [inner, hidden]
	Outer             Linear // [hidden, inner]
	OuterNorm         Norm
}
