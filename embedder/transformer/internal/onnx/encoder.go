package onnx

import (
	"fmt"
	"math"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// Encoder makes the graph of an encoder:
//
//	input_ids, attention_mask [batch, sequence] int64
//	  → last_hidden_state [batch, sequence, hidden]
//	  → sentence_embedding [batch, hidden], pooled and of unit length
//
// The mask is 1 for tokens and 0 for padding, which follows the tokens.
func Encoder(c engine.Config, w engine.Weights) (*Graph, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := w.Check(c); err != nil {
		return nil, err
	}
	e := &encoder{Graph: &Graph{}, c: c}
	batch, sequence := dim{name: "batch"}, dim{name: "sequence"}
	e.inputs = message(e.inputs, graphInput, value("input_ids", int64Type, batch, sequence))
	e.inputs = message(e.inputs, graphInput, value("attention_mask", int64Type, batch, sequence))
	e.mask = e.node("Cast", []string{"attention_mask"}, attrInt("to", float32Type))
	e.bias = e.attentionBias()
	x := e.embeddings(w)
	for i, l := range w.Layers {
		x = e.layer(fmt.Sprintf("layer.%d.", i), l, x)
	}
	e.nodeTo("last_hidden_state", "Identity", []string{x})
	e.pool(x)
	e.outputs = message(e.outputs, graphOutput, value("last_hidden_state", float32Type, batch, sequence, dim{n: c.Hidden}))
	e.outputs = message(e.outputs, graphOutput, value("sentence_embedding", float32Type, batch, dim{n: c.Hidden}))
	return e.Graph, nil
}

// encoder is a graph with the values that its parts share.
type encoder struct {
	*Graph
	c    engine.Config
	mask string // the attention mask as floats
	bias string // added to attention scores
}

func (e *encoder) scalar(v float64) string {
	return e.floats(fmt.Sprintf("float_%g", v), nil, float32(v))
}

func (e *encoder) index(values ...int64) string {
	return e.ints(fmt.Sprintf("int_%d", values), []int{len(values)}, values...)
}

// attentionBias is 0 for tokens and the least float32 for padding, of shape
// [batch, 1, 1, sequence].
func (e *encoder) attentionBias() string {
	m := e.node("Unsqueeze", []string{e.mask, e.index(1, 2)})
	m = e.node("Sub", []string{e.scalar(1), m})
	return e.node("Mul", []string{m, e.scalar(-math.MaxFloat32)})
}

func (e *encoder) embeddings(w engine.Weights) string {
	x := e.node("Gather", []string{e.weights("embeddings.word", w.Words), "input_ids"})
	positions := e.weights("embeddings.position", w.Positions)
	if e.c.PadPositions {
		// Counted from PadID+1, not counting padding.
		pad := e.ints("pad_id", nil, int64(e.c.PadID))
		same := e.node("Equal", []string{"input_ids", pad})
		counts := e.node("Cast", []string{e.node("Not", []string{same})}, attrInt("to", int64Type))
		at := e.node("CumSum", []string{counts, e.ints("axis_1", nil, 1)})
		at = e.node("Add", []string{e.node("Mul", []string{at, counts}), pad})
		x = e.node("Add", []string{x, e.node("Gather", []string{positions, at})})
	} else {
		shape := e.node("Shape", []string{"input_ids"})
		length := e.node("Slice", []string{shape, e.index(1), e.index(2), e.index(0)})
		x = e.node("Add", []string{x, e.node("Slice", []string{positions, e.index(0), length, e.index(0)})})
	}
	types := e.weights("embeddings.type", w.TokenType)
	x = e.node("Add", []string{x, e.node("Slice", []string{types, e.index(0), e.index(1), e.index(0)})})
	return e.norm("embeddings.norm", w.Norm, x)
}

func (e *encoder) norm(name string, n engine.Norm, x string) string {
	return e.node("LayerNormalization", []string{x, e.weights(name+".weight", n.Weight), e.weights(name+".bias", n.Bias)},
		attrInt("axis", -1), attrFloat("epsilon", e.c.Eps))
}

func (e *encoder) linear(name string, l engine.Linear, x string) string {
	y := e.node("MatMul", []string{x, e.transposed(name+".weight", l.Weight)})
	return e.node("Add", []string{y, e.weights(name+".bias", l.Bias)})
}

// layer adds attention and feed-forward, each with its residual and norm.
func (e *encoder) layer(name string, l engine.Layer, x string) string {
	size := e.c.Hidden / e.c.Heads
	split := e.index(0, 0, int64(e.c.Heads), int64(size))
	heads := func(part string, l engine.Linear, order ...int64) string {
		y := e.node("Reshape", []string{e.linear(name+part, l, x), split})
		return e.node("Transpose", []string{y}, attrInts("perm", order...))
	}
	q := heads("query", l.Query, 0, 2, 1, 3)
	k := heads("key", l.Key, 0, 2, 3, 1)
	v := heads("value", l.Value, 0, 2, 1, 3)
	scores := e.node("MatMul", []string{q, k})
	scores = e.node("Div", []string{scores, e.scalar(math.Sqrt(float64(size)))})
	scores = e.node("Softmax", []string{e.node("Add", []string{scores, e.bias})}, attrInt("axis", -1))
	mixed := e.node("Transpose", []string{e.node("MatMul", []string{scores, v})}, attrInts("perm", 0, 2, 1, 3))
	mixed = e.node("Reshape", []string{mixed, e.index(0, 0, int64(e.c.Hidden))})
	mixed = e.linear(name+"attention_out", l.AttentionOut, mixed)
	x = e.norm(name+"attention_norm", l.AttentionNorm, e.node("Add", []string{mixed, x}))

	y := e.linear(name+"inner", l.Inner, x)
	switch e.c.Activation {
	case engine.GELU:
		y = e.gelu(y)
	case engine.GELUTanh:
		y = e.geluTanh(y)
	case engine.ReLU:
		y = e.node("Relu", []string{y})
	}
	y = e.linear(name+"outer", l.Outer, y)
	return e.norm(name+"outer_norm", l.OuterNorm, e.node("Add", []string{y, x}))
}

// gelu is written in the form that optimisers recognise and fuse.
func (e *encoder) gelu(x string) string {
	y := e.node("Erf", []string{e.node("Div", []string{x, e.scalar(math.Sqrt2)})})
	y = e.node("Mul", []string{x, e.node("Add", []string{y, e.scalar(1)})})
	return e.node("Mul", []string{y, e.scalar(0.5)})
}

func (e *encoder) geluTanh(x string) string {
	cube := e.node("Pow", []string{x, e.scalar(3)})
	u := e.node("Add", []string{x, e.node("Mul", []string{cube, e.scalar(0.044715)})})
	y := e.node("Tanh", []string{e.node("Mul", []string{u, e.scalar(math.Sqrt(2 / math.Pi))})})
	y = e.node("Add", []string{y, e.scalar(1)})
	return e.node("Mul", []string{e.node("Mul", []string{x, e.scalar(0.5)}), y})
}

// pool makes sentence_embedding.
func (e *encoder) pool(x string) {
	var y string
	if e.c.Pooling == engine.CLS {
		y = e.node("Gather", []string{x, e.ints("first", nil, 0)}, attrInt("axis", 1))
	} else {
		mask := e.node("Unsqueeze", []string{e.mask, e.index(2)})
		sum := e.node("ReduceSum", []string{e.node("Mul", []string{x, mask}), e.index(1)}, attrInt("keepdims", 0))
		count := e.node("ReduceSum", []string{mask, e.index(1)}, attrInt("keepdims", 0))
		y = e.node("Div", []string{sum, count})
	}
	e.nodeTo("sentence_embedding", "LpNormalization", []string{y}, attrInt("axis", -1), attrInt("p", 2))
}
