//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/knights-analytics/hugot"

	"github.com/fronyai/frony-db/embedder/transformer"
)

// embedFunc embeds texts.
type embedFunc func(ctx context.Context, texts []string) ([][]float32, error)

// engines in the order of the table; "onnx" needs -tags native. purego-avx2 is
// the Go engine on a processor without AVX-512.
var engines = []string{"purego", "purego-avx2", "onnx", "hugot"}

// open opens a model with an engine. GOMAXPROCS bounds what hugot uses.
func open(name, dir string, threads int) (embedFunc, error) {
	switch name {
	case "purego":
		return own(dir, transformer.Options{Threads: threads})
	case "purego-avx2":
		return own(dir, transformer.Options{Threads: threads, Kernel: "avx2"})
	case "onnx":
		return own(dir, transformer.Options{Threads: threads, Engine: transformer.EngineONNX})
	case "hugot":
		return peer(dir)
	}
	return nil, fmt.Errorf("engine %q, want one of %q", name, engines)
}

func own(dir string, o transformer.Options) (embedFunc, error) {
	e, err := transformer.Open(dir, &o)
	if err != nil {
		return nil, err
	}
	return e.EmbedPassages, nil
}

// peer is hugot with its engine in Go.
func peer(dir string) (embedFunc, error) {
	s, err := hugot.NewGoSession()
	if err != nil {
		return nil, err
	}
	p, err := hugot.NewPipeline(s, hugot.FeatureExtractionConfig{ModelPath: filepath.Join(dir, "hugot"), Name: "bench", OnnxFilename: "model.onnx"})
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, texts []string) ([][]float32, error) {
		out, err := p.RunPipeline(texts)
		if err != nil {
			return nil, err
		}
		return out.Embeddings, nil
	}, nil
}
