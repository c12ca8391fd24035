package onnx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// What runtimes make of a graph is checked by tools/goldens/check_onnx.py; here
// it is read back, for names that lead nowhere and bytes that are elsewhere
// than said.

// memory is a tensor whose elements say where they are.
type memory struct {
	dims  []int
	first int
}

func (m memory) Dims() []int { return m.dims }

func (m memory) Read(dst []float32, from int) error {
	for i := range dst {
		dst[i] = float32(m.first + from + i)
	}
	return nil
}

func weights(c engine.Config) engine.Weights {
	first := 0
	tensor := func(dims ...int) engine.Tensor {
		first += 100_000
		return memory{dims, first}
	}
	linear := func(out, in int) engine.Linear { return engine.Linear{Weight: tensor(out, in), Bias: tensor(out)} }
	norm := func() engine.Norm { return engine.Norm{Weight: tensor(c.Hidden), Bias: tensor(c.Hidden)} }
	w := engine.Weights{
		Words: tensor(c.Vocab, c.Hidden), Positions: tensor(c.Positions, c.Hidden), TokenType: tensor(2, c.Hidden), Norm: norm(),
	}
	for range c.Layers {
		w.Layers = append(w.Layers, engine.Layer{
			Query: linear(c.Hidden, c.Hidden), Key: linear(c.Hidden, c.Hidden), Value: linear(c.Hidden, c.Hidden),
			AttentionOut: linear(c.Hidden, c.Hidden), AttentionNorm: norm(),
			Inner: linear(c.Inner, c.Hidden), Outer: linear(c.Hidden, c.Inner), OuterNorm: norm(),
		})
	}
	return w
}

var config = engine.Config{
	Layers: 2, Hidden: 32, Heads: 4, Inner: 48, Vocab: 500, Positions: 20, Eps: 1e-5,
}

// field is one field of a message.
type field struct {
	number protowire.Number
	value  uint64
	bytes  []byte
}

func parse(t *testing.T, b []byte) []field {
	t.Helper()
	var all []field
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		f := field{number: num}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		default:
			t.Fatalf("wire type %d", kind)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		all = append(all, f)
	}
	return all
}

func texts(fields []field, number protowire.Number) []string {
	var s []string
	for _, f := range fields {
		if f.number == number {
			s = append(s, string(f.bytes))
		}
	}
	return s
}

func TestEncoder(t *testing.T) {
	t.Parallel()
	for _, activation := range []engine.Activation{engine.GELU, engine.GELUTanh, engine.ReLU} {
		for _, pooling := range []engine.Pooling{engine.Mean, engine.CLS} {
			for _, roberta := range []bool{false, true} {
				c := config
				c.Activation, c.Pooling, c.PadPositions, c.PadID = activation, pooling, roberta, 1
				t.Run(fmt.Sprintf("%d/%s/%t", activation, pooling, roberta), func(t *testing.T) { testEncoder(t, c) })
			}
		}
	}
}

func testEncoder(t *testing.T, c engine.Config) {
	g, err := Encoder(c, weights(c))
	if err != nil {
		t.Fatal(err)
	}
	var inline, model, data bytes.Buffer
	if err := errors.Join(g.Write(&inline, nil, ""), g.Write(&model, &data, "model.onnx_data")); err != nil {
		t.Fatal(err)
	}
	want := tensors(t, inline.Bytes(), nil)
	got := tensors(t, model.Bytes(), data.Bytes())
	for name, b := range want {
		if !bytes.Equal(got[name], b) {
			t.Errorf("%s differs between the message and the data file", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tensors with a data file, %d without", len(got), len(want))
	}
	if data.Len() == 0 || model.Len() > inline.Len()/2 {
		t.Errorf("a message of %d bytes and data of %d, want most in the data", model.Len(), data.Len())
	}
	// One matrix by hand: the first inner layer's, turned round.
	inner := got["layer.0.inner.weight"]
	first := weights(c).Layers[0].Inner.Weight.(memory).first
	for _, at := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {c.Inner - 1, c.Hidden - 1}} {
		o, i := at[0], at[1]
		v := math.Float32frombits(binary.LittleEndian.Uint32(inner[4*(i*c.Inner+o):]))
		if v != float32(first+o*c.Hidden+i) {
			t.Errorf("inner weight of output %d, input %d is %g, want %d", o, i, v, first+o*c.Hidden+i)
		}
	}

	fields := parse(t, model.Bytes())
	var graph []field
	for _, f := range fields {
		if f.number == modelGraph {
			graph = parse(t, f.bytes)
		}
	}
	known := make(map[string]bool)
	for name := range got {
		known[name] = true
	}
	for _, f := range graph {
		if f.number == graphInput {
			known[texts(parse(t, f.bytes), valueName)[0]] = true
		}
	}
	used := make(map[string]bool)
	for _, f := range graph {
		if f.number != graphNode {
			continue
		}
		node := parse(t, f.bytes)
		for _, in := range texts(node, nodeInput) {
			used[in] = true
			if !known[in] {
				t.Errorf("%s uses %q before it is made", texts(node, nodeOp), in)
			}
		}
		for _, out := range texts(node, nodeOutput) {
			if known[out] {
				t.Errorf("%q is made twice", out)
			}
			known[out] = true
		}
	}
	for _, f := range graph {
		if f.number == graphOutput {
			name := texts(parse(t, f.bytes), valueName)[0]
			if !known[name] {
				t.Errorf("the output %q is never made", name)
			}
			used[name] = true
		}
	}
	for name := range known {
		if !used[name] {
			t.Errorf("%q is never used", name)
		}
	}
}

// tensors reads the constants, of the sizes that their shapes say.
func tensors(t *testing.T, model, data []byte) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, f := range parse(t, model) {
		if f.number != modelGraph {
			continue
		}
		for _, f := range parse(t, f.bytes) {
			if f.number != graphInitializer {
				continue
			}
			fields := parse(t, f.bytes)
			size := 4
			var raw []byte
			entries := make(map[string]string)
			for _, f := range fields {
				switch f.number { //nolint:exhaustive // fields are numbers, of which these matter
				case tensorDims:
					size *= int(f.value)
				case tensorType:
					if f.value == int64Type {
						size *= 2
					}
				case tensorRaw:
					raw = f.bytes
				case tensorExternal:
					e := parse(t, f.bytes)
					entries[texts(e, entryKey)[0]] = texts(e, entryValue)[0]
				}
			}
			name := texts(fields, tensorName)[0]
			if len(entries) > 0 {
				offset, err1 := strconv.Atoi(entries["offset"])
				length, err2 := strconv.Atoi(entries["length"])
				if err := errors.Join(err1, err2); err != nil || offset%page != 0 || offset+length > len(data) || entries["location"] != "model.onnx_data" {
					t.Fatalf("%s: %v in data of %d bytes: %v", name, entries, len(data), err)
				}
				raw = data[offset : offset+length]
			}
			if len(raw) != size || all[name] != nil {
				t.Errorf("%s: %d bytes, want %d, and once", name, len(raw), size)
			}
			all[name] = raw
		}
	}
	return all
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := config
	c.Heads = 5
	if _, err := Encoder(c, weights(config)); !errors.Is(err, engine.ErrConfig) {
		t.Errorf("got %v, want ErrConfig", err)
	}
	w := weights(config)
	w.Layers = slices.Clone(w.Layers)[:1]
	if _, err := Encoder(config, w); !errors.Is(err, engine.ErrConfig) {
		t.Errorf("got %v, want ErrConfig", err)
	}
}

var errDisk = errors.New("disk failed")

type failing struct{ engine.Tensor }

func (failing) Read([]float32, int) error { return errDisk }

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errDisk }

func TestFailures(t *testing.T) {
	t.Parallel()
	w := weights(config)
	g, err := Encoder(config, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Write(full{}, nil, ""); !errors.Is(err, errDisk) {
		t.Errorf("model: got %v, want the disk's error", err)
	}
	if err := g.Write(&bytes.Buffer{}, full{}, "d"); !errors.Is(err, errDisk) {
		t.Errorf("data: got %v, want the disk's error", err)
	}
	w.Words = failing{w.Words}
	g, err = Encoder(config, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Write(&bytes.Buffer{}, nil, ""); !errors.Is(err, errDisk) {
		t.Errorf("weights: got %v, want the disk's error", err)
	}
}
