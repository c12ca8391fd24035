package hub

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Selector picks the files to fetch from a repository's list. It returns an
// error that wraps ErrNoWeights if a file that it needs is missing.
type Selector func(files []string) ([]string, error)

// settings are the small JSON files of an encoder: at the top of the repository, and in
// the directories of Sentence Transformers modules ("1_Pooling").
var (
	settings = regexp.MustCompile(`^(config|config_sentence_transformers|sentence_[a-z]+_config|modules|tokenizer|tokenizer_config|special_tokens_map)\.json$`)
	module   = regexp.MustCompile(`^[0-9]+_[A-Za-z]+$`)
	shard    = regexp.MustCompile(`^model-[0-9]+-of-[0-9]+\.safetensors$`)
)

func isSetting(file string) bool {
	dir, name := path.Split(file)
	return settings.MatchString(name) && (dir == "" || module.MatchString(strings.TrimSuffix(dir, "/")))
}

// Safetensors selects the files that the pure Go engine reads: settings, the tokenizer,
// and model.safetensors, in one file or in shards with their index.
func Safetensors(files []string) ([]string, error) {
	var picked, shards []string
	whole, index := false, false
	for _, f := range files {
		dir, name := path.Split(f)
		if dir != "" && !module.MatchString(strings.TrimSuffix(dir, "/")) {
			continue
		}
		switch {
		case isSetting(f):
			picked = append(picked, f)
		case name == "model.safetensors":
			picked = append(picked, f)
			whole = whole || dir == "" || strings.HasPrefix(dir, "0_")
		case name == "model.safetensors.index.json":
			shards = append(shards, f)
			index = true
		case shard.MatchString(name):
			shards = append(shards, f)
		}
	}
	if whole {
		return picked, nil
	}
	if index && len(shards) > 1 {
		return append(picked, shards...), nil
	}
	return nil, noWeights("model.safetensors", files)
}

// ONNX selects the files that ONNX Runtime reads: settings, the tokenizer, and
// onnx/model.onnx with its external data.
func ONNX(files []string) ([]string, error) {
	var picked []string
	found := false
	for _, f := range files {
		switch {
		case isSetting(f):
			picked = append(picked, f)
		case f == "onnx/model.onnx":
			picked = append(picked, f)
			found = true
		case f == "onnx/model.onnx_data", f == "onnx/model.onnx.data":
			picked = append(picked, f)
		}
	}
	if !found {
		return nil, noWeights("onnx/model.onnx", files)
	}
	return picked, nil
}

func noWeights(want string, files []string) error {
	var others []string
	for _, f := range files {
		switch path.Ext(f) {
		case ".bin", ".safetensors", ".onnx", ".gguf", ".pt", ".h5":
			others = append(others, f)
		}
	}
	hint := "it has no weights"
	if len(others) > 0 {
		hint = "it has " + strings.Join(others[:min(len(others), 5)], ", ")
	}
	return &Error{File: want, Err: ErrNoWeights, Hint: hint}
}

// isWeight reports whether a file is fetched last, so that weights in a directory imply
// that all smaller files are there.
func isWeight(file string) bool {
	switch path.Ext(file) {
	case ".safetensors", ".onnx", ".onnx_data", ".data":
		return true
	}
	return false
}

// looksWhole reports whether dir, a snapshot that another tool may have made, has
// everything that s selects and every shard that an index names.
func looksWhole(dir string, s Selector) bool {
	files, err := localFiles(dir)
	if err != nil {
		return false
	}
	picked, err := s(files)
	if err != nil {
		return false
	}
	if !slices.Contains(picked, "config.json") && !slices.Contains(picked, "modules.json") {
		return false
	}
	for _, f := range picked {
		if path.Base(f) == "model.safetensors.index.json" && !hasShards(dir, f, files) {
			return false
		}
	}
	return true
}

func hasShards(dir, index string, files []string) bool {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(index)))
	if err != nil {
		return false
	}
	var idx struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if json.Unmarshal(data, &idx) != nil || len(idx.WeightMap) == 0 {
		return false
	}
	for _, s := range idx.WeightMap {
		if !slices.Contains(files, path.Join(path.Dir(index), s)) {
			return false
		}
	}
	return true
}

// localFiles lists the files below dir that have content, with slashes.
func localFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		if fi, err := os.Stat(p); err != nil || !fi.Mode().IsRegular() {
			return nil //nolint:nilerr // a link without its blob does not count
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return fmt.Errorf("hub: %w", err)
		}
		files = append(files, filepath.ToSlash(rel))
		return nil
	})
	return files, err
}
