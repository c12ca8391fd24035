package transformer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/safetensors"
)

// weights are a model's open weight files.
type weights struct {
	path    string // model.safetensors, or the index
	files   []*safetensors.File
	tensors map[string]*safetensors.Tensor
	hash    string
}

// openWeights maps model.safetensors, or the shards that its index lists.
func openWeights(dir string) (w *weights, err error) {
	w = &weights{path: filepath.Join(dir, "model.safetensors"), tensors: make(map[string]*safetensors.Tensor)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
			w = nil
		}
	}()
	switch err := w.add(w.path); {
	case err == nil:
		w.hash, err = fileHash(w.path)
		return w, err
	case !errors.Is(err, fs.ErrNotExist):
		return w, err
	}
	single := w.path
	w.path += ".index.json"
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := readJSON(w.path, &index); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return w, err
		}
		hint := "the directory holds no weights"
		if _, err := os.Stat(filepath.Join(dir, "pytorch_model.bin")); err == nil {
			hint = "pytorch_model.bin is not supported: save the model again with safe_serialization=True"
		}
		return w, &FileError{Path: single, Err: fs.ErrNotExist, Hint: hint}
	}
	return w, w.addShards(dir, index.Map)
}

// addShards opens every shard once, and checks that the shards have the tensors in the
// index.
func (w *weights) addShards(dir string, index map[string]string) error {
	var names []string
	for _, name := range index {
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	sum := sha256.New()
	for _, name := range names {
		if !filepath.IsLocal(name) {
			return &FileError{Path: w.path, Field: "weight_map", Err: fmt.Errorf("%w: %q leads out of the directory", ErrInvalid, name)}
		}
		path := filepath.Join(dir, name)
		if err := w.add(path); err != nil {
			return err
		}
		hash, err := fileHash(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s  %s\n", hash, name)
	}
	for tensor, name := range index {
		if w.tensors[tensor] == nil {
			return &FileError{Path: w.path, Field: "weight_map", Err: fmt.Errorf("%w: no tensor %q in %s", ErrInvalid, tensor, name)}
		}
	}
	w.hash = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (w *weights) add(path string) error {
	f, err := safetensors.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fs.ErrNotExist
		}
		return &FileError{Path: path, Err: err}
	}
	w.files = append(w.files, f)
	for t := range f.Tensors() {
		if w.tensors[t.Name] != nil {
			return &FileError{Path: path, Field: t.Name, Err: fmt.Errorf("%w: the tensor is in another shard as well", ErrInvalid)}
		}
		w.tensors[t.Name] = t
	}
	return nil
}

// Close unmaps the files.
func (w *weights) Close() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	w.files = nil
	return errors.Join(errs...)
}

// encoder finds the tensors of an encoder by their names in transformers.
func (w *weights) encoder(c engine.Config, f family) (engine.Weights, error) {
	prefix := ""
	if w.tensors["embeddings.word_embeddings.weight"] == nil {
		prefix = f.prefix // a checkpoint with a head on top
	}
	var missing []error
	tensor := func(names ...string) engine.Tensor {
		for _, name := range names {
			if t := w.tensors[prefix+name]; t != nil {
				if t.DType != "F32" && t.DType != "F16" && t.DType != "BF16" {
					missing = append(missing, &FileError{
						Path: w.path, Field: t.Name, Hint: "weights can be F32, F16 or BF16",
						Err: fmt.Errorf("%w: dtype %s", ErrUnsupported, t.DType),
					})
				}
				return t
			}
		}
		missing = append(missing, &FileError{Path: w.path, Field: names[0], Err: fmt.Errorf("%w: no such tensor", ErrInvalid)})
		return nil
	}
	linear := func(name string) engine.Linear {
		return engine.Linear{Weight: tensor(name + ".weight"), Bias: tensor(name + ".bias")}
	}
	// Checkpoints converted from TensorFlow have the names gamma and beta.
	norm := func(name string) engine.Norm {
		return engine.Norm{
			Weight: tensor(name+".LayerNorm.weight", name+".LayerNorm.gamma"),
			Bias:   tensor(name+".LayerNorm.bias", name+".LayerNorm.beta"),
		}
	}
	e := engine.Weights{
		Words:     tensor("embeddings.word_embeddings.weight"),
		Positions: tensor("embeddings.position_embeddings.weight"),
		TokenType: tensor("embeddings.token_type_embeddings.weight"),
		Norm:      norm("embeddings"),
	}
	for i := range c.Layers {
		if len(missing) > 0 {
			break // do not list thousands
		}
		p := fmt.Sprintf("encoder.layer.%d.", i)
		e.Layers = append(e.Layers, engine.Layer{
			Query:         linear(p + "attention.self.query"),
			Key:           linear(p + "attention.self.key"),
			Value:         linear(p + "attention.self.value"),
			AttentionOut:  linear(p + "attention.output.dense"),
			AttentionNorm: norm(p + "attention.output"),
			Inner:         linear(p + "intermediate.dense"),
			Outer:         linear(p + "output.dense"),
			OuterNorm:     norm(p + "output"),
		})
	}
	if err := errors.Join(missing...); err != nil {
		return e, err
	}
	if err := e.Check(c); err != nil {
		return e, &FileError{Path: w.path, Err: fmt.Errorf("%w: %w", ErrInvalid, err), Hint: "config.json and the weights belong to different models"}
	}
	return e, nil
}

// blob matches the path of a large file in a hub's cache: its name is its SHA-256 sum,
// which was checked when it was downloaded.
var blob = regexp.MustCompile(`[/\\]blobs[/\\]([0-9a-f]{64})$`)

// fileHash is the file's SHA-256 sum in hexadecimal.
func fileHash(path string) (string, error) {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		if m := blob.FindStringSubmatch(to); m != nil {
			return m[1], nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
