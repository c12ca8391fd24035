// Package onnx writes encoders as ONNX graphs of plain opset 17 operators, which every
// runtime has and fuses with its own optimiser.
//
// A model is one protobuf message. It contains the weights if they are small. Otherwise
// they are in a second file, each tensor at a page boundary so that a reader can map it,
// because protobuf is limited to 2 GB:
//
//	model.onnx        graph, names, shapes, where in the data
//	model.onnx_data   │ tensor │ padding │ tensor │ …
//
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the field
// numbers in proto.go are from there.
package onnx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// Opset is the version of the operators: the first with LayerNormalization.
const Opset = 17

// irVersion is the message's version that goes with Opset.
const irVersion = 8

// page is what tensors in the data file are aligned to.
const page = 4096

// Element types.
const (
	float32Type = 1
	int64Type   = 7
)

// Graph is a model under construction. Nodes are added in the order in which
// they run.
type Graph struct {
	nodes, inputs, outputs []byte
	tensors                []tensor
	named                  map[string]bool
	count                  int
}

// tensor is a constant of the graph.
type tensor struct {
	name  string
	kind  int64
	dims  []int
	bytes int64
	write func(w io.Writer) error
}

// Bytes is the size of all constants.
func (g *Graph) Bytes() int64 {
	var n int64
	for _, t := range g.tensors {
		n += t.bytes
	}
	return n
}

// node adds an operator with one output and returns the output's name.
func (g *Graph) node(op string, inputs []string, attributes ...[]byte) string {
	g.count++
	out := fmt.Sprintf("%s_%d", op, g.count)
	g.nodeTo(out, op, inputs, attributes...)
	return out
}

// nodeTo is node with an output of that name.
func (g *Graph) nodeTo(out, op string, inputs []string, attributes ...[]byte) {
	var n []byte
	for _, in := range inputs {
		n = text(n, nodeInput, in)
	}
	n = text(n, nodeOutput, out)
	n = text(n, nodeName, "node_"+out)
	n = text(n, nodeOp, op)
	for _, a := range attributes {
		n = message(n, nodeAttribute, a)
	}
	g.nodes = message(g.nodes, graphNode, n)
}

// once reports whether a constant's name is new, and registers it.
func (g *Graph) once(name string) bool {
	if g.named == nil {
		g.named = make(map[string]bool)
	}
	if g.named[name] {
		return false
	}
	g.named[name] = true
	return true
}

func (g *Graph) floats(name string, dims []int, values ...float32) string {
	if g.once(name) {
		g.tensors = append(g.tensors, tensor{name, float32Type, dims, 4 * int64(len(values)), func(w io.Writer) error {
			return writeFloats(w, values)
		}})
	}
	return name
}

func (g *Graph) ints(name string, dims []int, values ...int64) string {
	if g.once(name) {
		g.tensors = append(g.tensors, tensor{name, int64Type, dims, 8 * int64(len(values)), func(w io.Writer) error {
			return binary.Write(w, binary.LittleEndian, values)
		}})
	}
	return name
}

// weights adds a tensor that is read when the model is written.
func (g *Graph) weights(name string, t engine.Tensor) string {
	n := elements(t)
	g.tensors = append(g.tensors, tensor{name, float32Type, t.Dims(), 4 * int64(n), func(w io.Writer) error {
		buf := make([]float32, min(n, 1<<16))
		for at := 0; at < n; at += len(buf) {
			buf = buf[:min(len(buf), n-at)]
			if err := t.Read(buf, at); err != nil {
				return err
			}
			if err := writeFloats(w, buf); err != nil {
				return err
			}
		}
		return nil
	}})
	return name
}

// transposed is weights for a matrix, [out, in] as [in, out].
func (g *Graph) transposed(name string, t engine.Tensor) string {
	out, in := t.Dims()[0], t.Dims()[1]
	g.tensors = append(g.tensors, tensor{name, float32Type, []int{in, out}, 4 * int64(out) * int64(in), func(w io.Writer) error {
		from, to := make([]float32, out*in), make([]float32, out*in)
		if err := t.Read(from, 0); err != nil {
			return err
		}
		for o := range out {
			for i := range in {
				to[i*out+o] = from[o*in+i]
			}
		}
		return writeFloats(w, to)
	}})
	return name
}

func elements(t engine.Tensor) int {
	n := 1
	for _, d := range t.Dims() {
		n *= d
	}
	return n
}

func writeFloats(w io.Writer, values []float32) error {
	var buf [4096]byte
	for len(values) > 0 {
		n := min(len(values), len(buf)/4)
		for i, v := range values[:n] {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buf[:4*n]); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// Write writes the model. The constants go to data, which the message refers to by
// dataName, or into the message if data is nil.
func (g *Graph) Write(model, data io.Writer, dataName string) error {
	graph := append([]byte(nil), g.nodes...)
	graph = text(graph, graphName, "encoder")
	var out *bufio.Writer
	if data != nil {
		out = bufio.NewWriterSize(data, 1<<20)
	}
	var offset int64
	for _, t := range g.tensors {
		head := t.head()
		if out == nil || t.bytes < page { // small ones go into the message
			var raw rawBytes
			if err := t.write(&raw); err != nil {
				return err
			}
			graph = message(graph, graphInitializer, message(head, tensorRaw, raw))
			continue
		}
		head = external(head, dataName, offset, t.bytes)
		graph = message(graph, graphInitializer, head)
		if err := t.write(out); err != nil {
			return err
		}
		padding := (page - t.bytes%page) % page
		if _, err := out.Write(make([]byte, padding)); err != nil {
			return err
		}
		offset += t.bytes + padding
	}
	if out != nil {
		if err := out.Flush(); err != nil {
			return err
		}
	}
	graph = append(graph, g.inputs...)
	graph = append(graph, g.outputs...)

	m := number(nil, modelIRVersion, irVersion)
	m = text(m, modelProducer, "frony-db")
	m = message(m, modelOpset, number(text(nil, opsetDomain, ""), opsetVersion, Opset))
	m = message(m, modelGraph, graph)
	_, err := model.Write(m)
	return err
}

// head is a TensorProto without its data.
func (t *tensor) head() []byte {
	var b []byte
	for _, d := range t.dims {
		b = number(b, tensorDims, int64(d))
	}
	b = number(b, tensorType, t.kind)
	return text(b, tensorName, t.name)
}

// rawBytes collects the bytes written to it.
type rawBytes []byte

// Write implements [io.Writer].
func (r *rawBytes) Write(p []byte) (int, error) {
	*r = append(*r, p...)
	return len(p), nil
}
