package transformer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer/internal/onnx"
)

// inlineLimit is the size of the weights up to which an ONNX file contains them. Larger
// ones go to a second file.
const inlineLimit = 64 << 20

// ExportONNX writes the model in dir as an ONNX graph for other runtimes. Its inputs are
// input_ids and attention_mask, its output is sentence_embedding: pooled and of unit
// length, for text that includes its prefix. Weights become float32. If they are large
// they go to a second file, path + "_data". Existing files are replaced once the new ones
// are complete.
func ExportONNX(dir, path string, opts *Options) (err error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if err := checkDir(dir); err != nil {
		return err
	}
	p, err := o.profile(dir)
	if err != nil {
		return err
	}
	r, err := readRepository(dir, p, profile.Transformer)
	if err != nil {
		return err
	}
	w, err := openWeights(r.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	parts, err := w.encoder(r.config, r.family)
	if err != nil {
		return err
	}
	graph, err := onnx.Encoder(r.config, parts)
	if err != nil {
		return err
	}
	dataPath := path + "_data"
	if graph.Bytes() <= inlineLimit {
		return replace(path, func(model io.Writer) error { return graph.Write(model, nil, "") })
	}
	return replace(dataPath, func(data io.Writer) error {
		return replace(path, func(model io.Writer) error {
			return graph.Write(model, data, filepath.Base(dataPath))
		})
	})
}

// replace writes a file under a temporary name, and renames it when it is complete.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
