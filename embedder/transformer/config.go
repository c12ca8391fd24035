package transformer

import (
	"fmt"
	"path/filepath"

	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// family holds the differences between the architectures.
type family struct {
	prefix    string // of tensor names, where a checkpoint has one
	padID     int32  // unless config.json says otherwise
	padsCount bool   // positions are counted from padID+1
}

// families by model_type. XLM-RoBERTa's checkpoints name their tensors as
// RoBERTa's do.
var families = map[string]family{
	"bert":        {prefix: "bert.", padID: 0},
	"roberta":     {prefix: "roberta.", padID: 1, padsCount: true},
	"xlm-roberta": {prefix: "roberta.", padID: 1, padsCount: true},
}

var activations = map[string]engine.Activation{
	"gelu":              engine.GELU,
	"gelu_new":          engine.GELUTanh,
	"gelu_pytorch_tanh": engine.GELUTanh,
	"gelu_fast":         engine.GELUTanh,
	"relu":              engine.ReLU,
}

// modelConfig is config.json.
type modelConfig struct {
	ModelType    string  `json:"model_type"`
	Hidden       int     `json:"hidden_size"`
	Layers       int     `json:"num_hidden_layers"`
	Heads        int     `json:"num_attention_heads"`
	Inner        int     `json:"intermediate_size"`
	Vocab        int     `json:"vocab_size"`
	Positions    int     `json:"max_position_embeddings"`
	PadID        *int32  `json:"pad_token_id"`
	Activation   string  `json:"hidden_act"`
	Eps          float32 `json:"layer_norm_eps"`
	PositionType string  `json:"position_embedding_type"`
	Decoder      bool    `json:"is_decoder"`
	Cross        bool    `json:"add_cross_attention"`
	Quantization any     `json:"quantization_config"`
	Custom       any     `json:"auto_map"`
	Embedding    *int    `json:"embedding_size"`
}

// readConfig reads the architecture. A missing size is an error; other missing fields have
// the defaults of transformers. If a graph has the layers, only the sizes outside them
// are required.
func (r *repository) readConfig() error {
	path := filepath.Join(r.dir, "config.json")
	c := modelConfig{Activation: "gelu", Eps: 1e-12, PositionType: "absolute"}
	if err := readJSON(path, &c); err != nil {
		return err
	}
	sizes := []size{{"hidden_size", c.Hidden}, {"vocab_size", c.Vocab}, {"max_position_embeddings", c.Positions}}
	if r.runtime == profile.Transformer {
		if err := c.supported(path); err != nil {
			return err
		}
		sizes = append(sizes, size{"num_hidden_layers", c.Layers}, size{"num_attention_heads", c.Heads}, size{"intermediate_size", c.Inner})
	}
	for _, s := range sizes {
		if s.n < 1 {
			return &FileError{Path: path, Field: s.field, Err: fmt.Errorf("%w: %d", ErrInvalid, s.n)}
		}
	}
	r.family = families[c.ModelType]
	pad := r.family.padID
	if c.PadID != nil {
		pad = *c.PadID
	}
	if pad < 0 || int(pad) >= c.Vocab {
		return &FileError{Path: path, Field: "pad_token_id", Err: fmt.Errorf("%w: %d in a vocabulary of %d", ErrInvalid, pad, c.Vocab)}
	}
	r.config = engine.Config{
		Layers: c.Layers, Hidden: c.Hidden, Heads: c.Heads, Inner: c.Inner,
		Vocab: c.Vocab, Positions: c.Positions,
		PadID: pad, PadPositions: r.family.padsCount,
		Activation: activations[c.Activation], Eps: c.Eps, Pooling: r.pooling,
	}
	if r.runtime == profile.Transformer {
		if err := r.config.Validate(); err != nil {
			return &FileError{Path: path, Err: fmt.Errorf("%w: %w", ErrInvalid, err)}
		}
	}
	return nil
}

// size is a required field.
type size struct {
	field string
	n     int
}

// supported returns an error for what the Go engine does not support.
func (c *modelConfig) supported(path string) error {
	unsupported := func(field, format string, args ...any) error {
		return &FileError{Path: path, Field: field, Err: fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...)}
	}
	if _, ok := families[c.ModelType]; !ok {
		return unsupported("model_type", "%q, want bert, roberta or xlm-roberta", c.ModelType)
	}
	_, ok := activations[c.Activation]
	switch {
	case !ok:
		return unsupported("hidden_act", "%q, want gelu, gelu_new or relu", c.Activation)
	case c.PositionType != "absolute":
		return unsupported("position_embedding_type", "%q, want absolute", c.PositionType)
	case c.Decoder:
		return unsupported("is_decoder", "true")
	case c.Cross:
		return unsupported("add_cross_attention", "true")
	case c.Quantization != nil:
		return unsupported("quantization_config", "quantised weights")
	case c.Custom != nil:
		return unsupported("auto_map", "the model has custom code")
	case c.Embedding != nil && *c.Embedding != c.Hidden:
		return unsupported("embedding_size", "%d, want hidden_size %d", *c.Embedding, c.Hidden)
	}
	return nil
}
