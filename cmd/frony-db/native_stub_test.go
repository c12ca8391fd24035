//go:build !native || !cgo

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program without ONNX Runtime says so, even if only the model of a collection might
// need it.
func TestNoNative(t *testing.T) {
	c := newCLI(t)
	if err := os.CopyFS("model", os.DirFS(testModel(t, "bert-mean-f32"))); err != nil {
		t.Fatal(err)
	}
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--model", "model")
	weights, err := os.ReadFile(filepath.Join("model", "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	weights[len(weights)-2] ^= 1
	c.write(filepath.Join("model", "model.safetensors"), string(weights))
	if r := c.run("", "search", "화산"); r.code != exitError || !strings.Contains(r.err, "does not match") {
		t.Errorf("other weights: %+v", r)
	}
	c.write(filepath.Join("model", "onnx", "model.onnx"), "a graph")
	for _, args := range [][]string{{"search", "화산"}, {"embed", "x", "--model", "model", "--model-engine", "onnx"}} {
		if r := c.run("", args...); r.code != exitError || !strings.Contains(r.err, "without ONNX Runtime") || !strings.Contains(r.err, "-tags native") {
			t.Errorf("%q: %+v", args, r)
		}
	}
}
