//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/embedder/transformer"
)

// The architecture of the measurements.
const (
	layers, hidden, heads, inner, positions = 12, 384, 12, 1536, 512
	specials                                = 5 // [PAD] to [MASK]
)

// tensor is one of the model's, of random numbers around mean.
type tensor struct {
	name string
	dims []int
	mean float32
}

func tensors(vocab int) []tensor {
	t := []tensor{
		{"embeddings.word_embeddings.weight", []int{vocab, hidden}, 0},
		{"embeddings.position_embeddings.weight", []int{positions, hidden}, 0},
		{"embeddings.token_type_embeddings.weight", []int{2, hidden}, 0},
	}
	linear := func(name string, out, in int) {
		t = append(t, tensor{name + ".weight", []int{out, in}, 0}, tensor{name + ".bias", []int{out}, 0})
	}
	norm := func(name string) {
		t = append(t, tensor{name + ".weight", []int{hidden}, 1}, tensor{name + ".bias", []int{hidden}, 0})
	}
	norm("embeddings.LayerNorm")
	for i := range layers {
		l := fmt.Sprintf("encoder.layer.%d.", i)
		for _, part := range []string{"query", "key", "value"} {
			linear(l+"attention.self."+part, hidden, hidden)
		}
		linear(l+"attention.output.dense", hidden, hidden)
		norm(l + "attention.output.LayerNorm")
		linear(l+"intermediate.dense", inner, hidden)
		linear(l+"output.dense", hidden, inner)
		norm(l + "output.LayerNorm")
	}
	return t
}

// makeModel writes a Sentence Transformers directory of random weights, and the
// same model as a graph for the engines that want one.
func makeModel(dir string, vocab int) error {
	words := map[string]int{"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
	for i := specials; i < vocab; i++ {
		words[word(i)] = i
	}
	added := []map[string]any{}
	for i, t := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		added = append(added, map[string]any{"id": i, "content": t, "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false})
	}
	files := map[string]any{
		"modules.json": []map[string]any{
			{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
			{"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
		},
		"1_Pooling/config.json":     map[string]any{"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": true},
		"sentence_bert_config.json": map[string]any{"max_seq_length": positions},
		"config.json": map[string]any{
			"model_type": "bert", "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
			"intermediate_size": inner, "vocab_size": vocab, "max_position_embeddings": positions, "pad_token_id": 0,
		},
		"tokenizer.json": map[string]any{
			"version": "1.0", "added_tokens": added,
			"normalizer":     map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": false},
			"pre_tokenizer":  map[string]any{"type": "BertPreTokenizer"},
			"post_processor": map[string]any{"type": "BertProcessing", "sep": []any{"[SEP]", 3}, "cls": []any{"[CLS]", 2}},
			"decoder":        map[string]any{"type": "WordPiece", "prefix": "##", "cleanup": true},
			"model":          map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": words},
		},
		"tokenizer_config.json":   map[string]any{"model_max_length": positions},
		"special_tokens_map.json": map[string]any{"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"},
	}
	for name, v := range files {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o600)); err != nil {
			return err
		}
	}
	if err := writeWeights(filepath.Join(dir, "model.safetensors"), vocab); err != nil {
		return err
	}
	if err := transformer.ExportONNX(dir, filepath.Join(dir, "model.onnx"), nil); err != nil {
		return err
	}
	return unpooled(dir, filepath.Join(dir, "hugot"))
}

func writeWeights(path string, vocab int) error {
	header := map[string]any{}
	offset := 0
	all := tensors(vocab)
	for _, t := range all {
		n := 4 * product(t.dims)
		header[t.name] = map[string]any{"dtype": "F32", "shape": t.dims, "data_offsets": []int{offset, offset + n}}
		offset += n
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	rng := rand.New(rand.NewPCG(1, 0))
	buf := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	_, err = w.Write(append(buf, text...)) // errors of w stay until Flush
	for _, t := range all {
		for range product(t.dims) {
			buf = binary.LittleEndian.AppendUint32(buf[:0], math.Float32bits(t.mean+0.08*(rng.Float32()-0.5)))
			_, _ = w.Write(buf)
		}
	}
	return errors.Join(err, w.Flush(), f.Close())
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func word(id int) string { return "w" + strings.Repeat("x", id%3) + fmt.Sprint(id) }

// passages are n texts of so many tokens, special ones included.
func passages(vocab, tokens, n int) []string {
	rng := rand.New(rand.NewPCG(2, uint64(tokens)))
	return slices.Collect(func(yield func(string) bool) {
		for range n {
			words := make([]string, tokens-2)
			for i := range words {
				words[i] = word(specials + rng.IntN(vocab-specials))
			}
			if !yield(strings.Join(words, " ")) {
				return
			}
		}
	})
}

// flops are the operations of the layers' products for one text.
func flops(tokens int) float64 {
	perToken := 2*hidden*(4*hidden+2*inner) + 4*tokens*hidden
	return float64(layers) * float64(tokens) * float64(perToken)
}
