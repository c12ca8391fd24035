package onnx

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of the messages of onnx.proto.
const (
	modelIRVersion = 1
	modelProducer  = 2
	modelGraph     = 7
	modelOpset     = 8

	opsetDomain  = 1
	opsetVersion = 2

	graphNode        = 1
	graphName        = 2
	graphInitializer = 5
	graphInput       = 11
	graphOutput      = 12

	nodeInput     = 1
	nodeOutput    = 2
	nodeName      = 3
	nodeOp        = 4
	nodeAttribute = 5

	attributeName  = 1
	attributeFloat = 2
	attributeInt   = 3
	attributeInts  = 8
	attributeType  = 20

	tensorDims     = 1
	tensorType     = 2
	tensorName     = 8
	tensorRaw      = 9
	tensorExternal = 13
	tensorLocation = 14

	entryKey   = 1
	entryValue = 2

	valueName   = 1
	valueType   = 2
	typeTensor  = 1
	tensorElem  = 1
	tensorShape = 2
	shapeDim    = 1
	dimValue    = 1
	dimParam    = 2
)

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func number(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

// Attributes of a node.

func attrInt(name string, v int64) []byte {
	return number(number(text(nil, attributeName, name), attributeInt, v), attributeType, 2)
}

func attrFloat(name string, v float32) []byte {
	b := protowire.AppendTag(text(nil, attributeName, name), attributeFloat, protowire.Fixed32Type)
	return number(protowire.AppendFixed32(b, math.Float32bits(v)), attributeType, 1)
}

func attrInts(name string, values ...int64) []byte {
	b := text(nil, attributeName, name)
	for _, v := range values {
		b = number(b, attributeInts, v)
	}
	return number(b, attributeType, 7)
}

// external completes a TensorProto with where in the data file it is.
func external(b []byte, file string, offset, length int64) []byte {
	for _, e := range [][2]string{
		{"location", file},
		{"offset", strconv.FormatInt(offset, 10)},
		{"length", strconv.FormatInt(length, 10)},
	} {
		b = message(b, tensorExternal, text(text(nil, entryKey, e[0]), entryValue, e[1]))
	}
	return number(b, tensorLocation, 1)
}

// dim is an axis of an input or output: a number, or a name for any number.
type dim struct {
	n    int
	name string
}

// value is a ValueInfoProto: the name, type and shape of an input or output.
func value(name string, kind int64, dims ...dim) []byte {
	var shape []byte
	for _, d := range dims {
		var b []byte
		if d.name != "" {
			b = text(b, dimParam, d.name)
		} else {
			b = number(b, dimValue, int64(d.n))
		}
		shape = message(shape, shapeDim, b)
	}
	t := message(number(nil, tensorElem, kind), tensorShape, shape)
	return message(text(nil, valueName, name), valueType, message(nil, typeTensor, t))
}
