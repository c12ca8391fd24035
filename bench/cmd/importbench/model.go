package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// The sizes of a typical small encoder, except for the vocabulary, which is that of the
// tiny model whose tokenizer it uses.
const (
	modelHidden    = dims
	modelInner     = 4 * dims
	modelHeads     = 12
	modelPositions = 512
	tinyModel      = "../embedder/transformer/testdata/models/bert-mean-f32"
)

// writeModel writes a BERT model with random weights. It is as slow as a real one, and has
// no other use.
func writeModel(dir string, layers int, seed uint64) error {
	if err := os.CopyFS(dir, os.DirFS(tinyModel)); err != nil {
		return err
	}
	var config map[string]any
	b, err := os.ReadFile(filepath.Join(tinyModel, "config.json"))
	if err == nil {
		err = json.Unmarshal(b, &config)
	}
	if err != nil {
		return err
	}
	vocab, ok := config["vocab_size"].(float64)
	if !ok {
		return fmt.Errorf("%s has no vocab_size", tinyModel)
	}
	for field, n := range map[string]int{
		"hidden_size": modelHidden, "intermediate_size": modelInner, "num_attention_heads": modelHeads,
		"num_hidden_layers": layers, "max_position_embeddings": modelPositions,
	} {
		config[field] = n
	}
	for name, v := range map[string]any{
		"config.json":               config,
		"sentence_bert_config.json": map[string]any{"max_seq_length": modelPositions, "do_lower_case": false},
		"1_Pooling/config.json":     map[string]any{"word_embedding_dimension": modelHidden, "pooling_mode_mean_tokens": true},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), b, 0o644); err != nil {
			return err
		}
	}
	return writeWeights(filepath.Join(dir, "model.safetensors"), int(vocab), layers, seed)
}

// weight is a tensor of the model, by its name in the file.
type weight struct {
	name  string
	shape []int
}

func weights(vocab, layers int) []weight {
	const h = modelHidden
	norm := func(name string) []weight {
		return []weight{{name + ".LayerNorm.weight", []int{h}}, {name + ".LayerNorm.bias", []int{h}}}
	}
	dense := func(name string, out, in int) []weight {
		return []weight{{name + ".weight", []int{out, in}}, {name + ".bias", []int{out}}}
	}
	all := append([]weight{
		{"embeddings.word_embeddings.weight", []int{vocab, h}},
		{"embeddings.position_embeddings.weight", []int{modelPositions, h}},
		{"embeddings.token_type_embeddings.weight", []int{2, h}},
	}, norm("embeddings")...)
	for i := range layers {
		l := fmt.Sprintf("encoder.layer.%d.", i)
		for _, part := range [][]weight{
			dense(l+"attention.self.query", h, h), dense(l+"attention.self.key", h, h), dense(l+"attention.self.value", h, h),
			dense(l+"attention.output.dense", h, h), norm(l + "attention.output"),
			dense(l+"intermediate.dense", modelInner, h), dense(l+"output.dense", h, modelInner), norm(l + "output"),
		} {
			all = append(all, part...)
		}
	}
	return all
}

// writeWeights writes safetensors: the length of the header, the header, numbers.
func writeWeights(path string, vocab, layers int, seed uint64) error {
	all := weights(vocab, layers)
	header := make(map[string]any, len(all))
	at := 0
	for _, w := range all {
		n := 4
		for _, d := range w.shape {
			n *= d
		}
		header[w.name] = map[string]any{"dtype": "F32", "shape": w.shape, "data_offsets": []int{at, at + n}}
		at += n
	}
	b, err := json.Marshal(header)
	if err != nil {
		return err
	}
	b = append(b, strings.Repeat(" ", (8-len(b)%8)%8)...)
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	_ = binary.Write(out, binary.LittleEndian, uint64(len(b))) // Flush has the error
	_, _ = out.Write(b)
	rng := rand.New(rand.NewPCG(seed, 2))
	var four [4]byte
	for range at / 4 {
		binary.LittleEndian.PutUint32(four[:], math.Float32bits(0.02*float32(rng.NormFloat64())))
		_, _ = out.Write(four[:])
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}
