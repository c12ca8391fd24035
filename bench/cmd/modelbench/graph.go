//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of ONNX's messages that are needed here.
const (
	modelGraph  = 7
	graphNode   = 1
	graphOutput = 12
	nodeOutput  = 2
	outputName  = 1
)

// unpooled writes the model's directory for hugot, which does its own pooling and does not
// support the graph's operators for it: it omits the nodes after the token vectors.
func unpooled(from, to string) error {
	model, err := os.ReadFile(filepath.Join(from, "model.onnx"))
	if err != nil {
		return err
	}
	model = rewrite(model, func(field protowire.Number, graph []byte) ([]byte, bool) {
		if field != modelGraph {
			return graph, true
		}
		done := false
		return rewrite(graph, func(field protowire.Number, part []byte) ([]byte, bool) {
			if field == graphNode {
				keep := !done
				done = done || name(part, nodeOutput) == "last_hidden_state"
				return part, keep
			}
			return part, field != graphOutput || name(part, outputName) == "last_hidden_state"
		}), true
	})
	errs := []error{os.MkdirAll(to, 0o755), os.WriteFile(filepath.Join(to, "model.onnx"), model, 0o600)}
	if err := os.Link(filepath.Join(from, "model.onnx_data"), filepath.Join(to, "model.onnx_data")); !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err) // a small graph has its weights inside
	}
	for _, file := range []string{"config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"} {
		text, err := os.ReadFile(filepath.Join(from, file))
		errs = append(errs, err, os.WriteFile(filepath.Join(to, file), text, 0o600))
	}
	return errors.Join(errs...)
}

// rewrite passes the message's parts that are bytes through f, which may leave
// them out.
func rewrite(message []byte, f func(protowire.Number, []byte) ([]byte, bool)) []byte {
	var out []byte
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		size := protowire.ConsumeFieldValue(field, kind, message[n:])
		if n < 0 || size < 0 {
			return nil
		}
		value := message[n : n+size]
		message = message[n+size:]
		if kind != protowire.BytesType {
			out = append(protowire.AppendTag(out, field, kind), value...)
			continue
		}
		part, _ := protowire.ConsumeBytes(value)
		if part, keep := f(field, part); keep {
			out = protowire.AppendBytes(protowire.AppendTag(out, field, kind), part)
		}
	}
	return out
}

// name is the first string of a field.
func name(message []byte, field protowire.Number) (s string) {
	rewrite(message, func(f protowire.Number, part []byte) ([]byte, bool) {
		if f == field && s == "" {
			s = string(part)
		}
		return nil, false
	})
	return s
}
