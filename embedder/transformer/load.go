package transformer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/ort"
	"github.com/fronyai/frony-db/embedder/transformer/engine/purego"
)

// The engines that run a model's layers.
const (
	// EngineGo reads the weights and runs them in Go.
	EngineGo = "go"
	// EngineONNX runs the directory's onnx/model.onnx, or model.onnx, with ONNX
	// Runtime. The program must be built with -tags native. Only the sizes are taken
	// from config.json: the graph has the layers.
	EngineONNX = "onnx"
)

// runtime returns the runtime that the options and the profile agree on.
func (o *Options) runtime(p profile.Profile) (profile.Runtime, error) {
	if p.Runtime == profile.Remote {
		return "", fmt.Errorf("%w: the profile of %s is for a provider: use package remote", ErrUnsupported, p.Name)
	}
	switch {
	case o.Int8 && (o.Engine == EngineONNX || p.Runtime == profile.ONNX):
		return "", fmt.Errorf("%w: Int8 is for engine %q", ErrUnsupported, EngineGo)
	case o.Engine == EngineONNX, o.Engine == "" && p.Runtime == profile.ONNX:
		return profile.ONNX, nil
	case p.Runtime == profile.ONNX:
		return "", fmt.Errorf("%w: the profile of %s asks for engine %q", ErrUnsupported, p.Name, EngineONNX)
	case o.Engine == "", o.Engine == EngineGo:
		return profile.Transformer, nil
	}
	return "", fmt.Errorf("%w: engine %q, want %q or %q", ErrUnsupported, o.Engine, EngineGo, EngineONNX)
}

// loaded is a model ready to run.
type loaded struct {
	query, passage engine.Engine
	hash           string
	close          func() error
}

func (o *Options) load(r *repository) (*loaded, error) {
	if r.runtime == profile.ONNX {
		return o.loadONNX(r)
	}
	w, err := openWeights(r.dir)
	if err != nil {
		return nil, err
	}
	parts, err := w.encoder(r.config, r.family)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	run, err := purego.New(r.config, parts, &purego.Options{Threads: o.Threads, Kernel: o.Kernel, Int8: o.Int8})
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	hash := w.hash
	if o.Int8 {
		sum := sha256.Sum256([]byte(hash + "  int8\n"))
		hash = hex.EncodeToString(sum[:])
	}
	return &loaded{query: run, passage: run, hash: hash, close: func() error { return errors.Join(run.Close(), w.Close()) }}, nil
}

func (o *Options) loadONNX(r *repository) (*loaded, error) {
	path := filepath.Join(r.root, "onnx", "model.onnx")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(r.dir, "model.onnx")
	}
	hash, err := graphHash(path)
	if err != nil {
		return nil, err
	}
	query, passage, err := ort.New(path, r.config, &ort.Options{Threads: o.Threads, Library: o.Library})
	if err != nil {
		return nil, err
	}
	return &loaded{query: query, passage: passage, hash: hash, close: func() error { return errors.Join(query.Close(), passage.Close()) }}, nil
}

// graphHash is the hash of a graph, or of a list of the hashes of graph and data file.
func graphHash(path string) (string, error) {
	hash, err := fileHash(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", &FileError{Path: path, Err: fs.ErrNotExist, Hint: "export the model as ONNX first"}
		}
		return "", err
	}
	data, err := fileHash(path + "_data")
	if errors.Is(err, fs.ErrNotExist) {
		data, err = fileHash(path + ".data") // the other usual name
	}
	if errors.Is(err, fs.ErrNotExist) {
		return hash, nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s  model.onnx\n%s  model.onnx_data\n", hash, data))
	return hex.EncodeToString(sum[:]), err
}
