//go:build native && cgo

package ort

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/enginetest"
	"github.com/fronyai/frony-db/embedder/transformer/internal/onnx"
)

// These tests need ONNX Runtime's library, where findLibrary finds it.

// graph exports an encoder.
func graph(t *testing.T, c engine.Config, w engine.Weights) string {
	t.Helper()
	g, err := onnx.Encoder(c, w)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	model, err1 := os.Create(path)
	data, err2 := os.Create(path + "_data")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Write(model, data, "model.onnx_data"), model.Close(), data.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// The suite passes with vectors that the graph has pooled, and with those of
// tokens.
func TestEngine(t *testing.T) {
	t.Parallel()
	for name, tokens := range map[string]bool{"pooled": false, "tokens": true} {
		t.Run(name, func(t *testing.T) {
			enginetest.Run(t, func(t *testing.T, c engine.Config, w engine.Weights) engine.Engine {
				s, err := open(graph(t, c, w), c, Options{}, tokens)
				if err != nil {
					t.Fatal(err)
				}
				return task{s, 0}
			})
		})
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	c := enginetest.Tiny
	query, passage, err := New(graph(t, c, enginetest.Weights(c, 1, 0.1)), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	ids, out := enginetest.Texts(c, 1, 5)
	if err := errors.Join(query.Embed(t.Context(), ids, out), query.Close(), passage.Close()); err != nil {
		t.Error(err)
	}
	if err := passage.Embed(t.Context(), ids, out); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "model.onnx")
	if _, _, err := New(path, enginetest.Tiny, nil); !errors.Is(err, ErrGraph) {
		t.Errorf("no file: got %v, want ErrGraph", err)
	}
	if err := os.WriteFile(path, []byte("no graph"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := New(path, enginetest.Tiny, nil); !errors.Is(err, ErrGraph) {
		t.Errorf("no graph: got %v, want ErrGraph", err)
	}
}
