package main

import (
	"fmt"
	"os"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/transformer"
)

// openModel opens an embedding model by name: "builtin" (or what it calls
// itself), "none" for no model, or the directory of a model's files.
func openModel(name string) (embedder.Embedder, error) {
	switch name {
	case "none":
		return nil, nil
	case "builtin":
		return builtin.New(), nil
	}
	if b := builtin.New(); name == b.Spec().Model {
		return b, nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return transformer.Open(name, nil)
	}
	return nil, fmt.Errorf("model %q is neither builtin nor a directory with a model's files; name one with --model", name)
}
