package transformer

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// readModules reads the steps of a Sentence Transformers model, and its pooling. Vectors
// are normalised whether there is a Normalize step or not: it changes no cosine.
func (r *repository) readModules() error {
	path := filepath.Join(r.root, "modules.json")
	var modules []struct {
		Path string `json:"path"`
		Type string `json:"type"`
	}
	if err := readJSON(path, &modules); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// A plain transformers directory does not say how to pool.
		if r.profile.Pooling == "" {
			return &FileError{
				Path: path, Err: fs.ErrNotExist,
				Hint: "not a Sentence Transformers directory: to use it anyway, set pooling to mean or cls in a profile",
			}
		}
		return r.setPooling("")
	}
	pooled := ""
	for i, m := range modules {
		field := fmt.Sprintf("[%d].type", i)
		if m.Path != "" && !filepath.IsLocal(m.Path) {
			return &FileError{Path: path, Field: fmt.Sprintf("[%d].path", i), Err: fmt.Errorf("%w: %q leads out of the directory", ErrInvalid, m.Path)}
		}
		kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
		switch {
		case kind == "Transformer" && i == 0:
			r.dir = filepath.Join(r.root, m.Path)
		case kind == "Pooling" && i == 1:
			pooled = filepath.Join(r.root, m.Path, "config.json")
		case kind == "Normalize" && i == 2:
		default:
			return &FileError{
				Path: path, Field: field, Err: fmt.Errorf("%w: step %q", ErrUnsupported, m.Type),
				Hint: "the steps can be Transformer, Pooling and Normalize, in this order",
			}
		}
	}
	if len(modules) == 0 {
		return &FileError{Path: path, Err: fmt.Errorf("%w: no steps", ErrInvalid)}
	}
	if pooled == "" && r.profile.Pooling == "" {
		return &FileError{Path: path, Err: fmt.Errorf("%w: no Pooling step", ErrInvalid), Hint: "set pooling to mean or cls in a profile"}
	}
	return r.setPooling(pooled)
}

// setPooling takes the pooling from the profile, or else from the step's file.
func (r *repository) setPooling(path string) error {
	switch r.profile.Pooling {
	case "mean":
		r.pooling = engine.Mean
		return nil
	case "cls":
		r.pooling = engine.CLS
		return nil
	}
	var c struct {
		Mode          string `json:"pooling_mode"` // newer files
		CLS           bool   `json:"pooling_mode_cls_token"`
		Mean          bool   `json:"pooling_mode_mean_tokens"`
		Max           bool   `json:"pooling_mode_max_tokens"`
		MeanSqrt      bool   `json:"pooling_mode_mean_sqrt_len_tokens"`
		Weighted      bool   `json:"pooling_mode_weightedmean_tokens"`
		Last          bool   `json:"pooling_mode_lasttoken"`
		IncludePrompt *bool  `json:"include_prompt"`
	}
	if err := readJSON(path, &c); err != nil {
		return err
	}
	unsupported := func(field, format string, args ...any) error {
		return &FileError{
			Path: path, Field: field, Err: fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...),
			Hint: "pooling can be mean or cls",
		}
	}
	if c.IncludePrompt != nil && !*c.IncludePrompt {
		return unsupported("include_prompt", "the prefix is left out of the mean")
	}
	for _, other := range []struct {
		field string
		on    bool
	}{
		{"pooling_mode_max_tokens", c.Max},
		{"pooling_mode_mean_sqrt_len_tokens", c.MeanSqrt},
		{"pooling_mode_weightedmean_tokens", c.Weighted},
		{"pooling_mode_lasttoken", c.Last},
	} {
		if other.on {
			return unsupported(other.field, "true")
		}
	}
	switch {
	case c.Mode == "mean", c.Mode == "" && c.Mean && !c.CLS:
		r.pooling = engine.Mean
	case c.Mode == "cls", c.Mode == "" && c.CLS && !c.Mean:
		r.pooling = engine.CLS
	case c.Mode != "":
		return unsupported("pooling_mode", "%q", c.Mode)
	case c.CLS && c.Mean:
		return unsupported("pooling_mode_cls_token", "both cls and mean")
	default:
		return unsupported("pooling_mode_mean_tokens", "no pooling is chosen")
	}
	return nil
}
