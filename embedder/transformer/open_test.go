package transformer

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer/safetensors"
)

// copyModel copies a golden model to where a test may spoil it.
func copyModel(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(modelDir(name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit replaces text in a file of a model, which must be there.
func edit(t *testing.T, path, old, with string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s has no %q", path, old)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(with)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever a model asks for that can't be had is an error that names the file
// and the field.
func TestOpenNamesFileAndField(t *testing.T) {
	t.Parallel()
	const bert, sharded = "bert-mean-f32", "roberta-mean-bf16-sharded"
	replace := func(file, old, with string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { edit(t, filepath.Join(dir, file), old, with) }
	}
	remove := func(file string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name, model string
		spoil       func(*testing.T, string)
		file, field string
		want        error
	}{
		{"architecture", bert, replace("config.json", `"model_type": "bert"`, `"model_type": "mpnet"`), "config.json", "model_type", ErrUnsupported},
		{"activation", bert, replace("config.json", `"gelu"`, `"swish"`), "config.json", "hidden_act", ErrUnsupported},
		{"relative positions", bert, replace("config.json", `"absolute"`, `"relative_key"`), "config.json", "position_embedding_type", ErrUnsupported},
		{"decoder", bert, replace("config.json", `"model_type"`, `"is_decoder": true, "model_type"`), "config.json", "is_decoder", ErrUnsupported},
		{"own code", bert, replace("config.json", `"model_type"`, `"auto_map": {}, "model_type"`), "config.json", "auto_map", ErrUnsupported},
		{"quantised", bert, replace("config.json", `"model_type"`, `"quantization_config": {}, "model_type"`), "config.json", "quantization_config", ErrUnsupported},
		{"no size", bert, replace("config.json", `"hidden_size"`, `"hidden"`), "config.json", "hidden_size", ErrInvalid},
		{"text as a size", bert, replace("config.json", `"hidden_size": 32`, `"hidden_size": "32"`), "config.json", "hidden_size", ErrInvalid},
		{"heads", bert, replace("config.json", `"num_attention_heads": 2`, `"num_attention_heads": 3`), "config.json", "", ErrInvalid},
		{"padding", bert, replace("config.json", `"pad_token_id": 0`, `"pad_token_id": 4000`), "config.json", "pad_token_id", ErrInvalid},
		{"not JSON", bert, replace("config.json", `{`, ``), "config.json", "", ErrInvalid},
		{"no config", bert, remove("config.json"), "config.json", "", fs.ErrNotExist},
		{"no modules", bert, remove("modules.json"), "modules.json", "", fs.ErrNotExist},
		{"no pooling file", bert, remove("1_Pooling/config.json"), "config.json", "", fs.ErrNotExist},
		{"dense", bert, replace("modules.json", "models.Normalize", "models.Dense"), "modules.json", "[2].type", ErrUnsupported},
		{"path outside", bert, replace("modules.json", `"1_Pooling"`, `"../1_Pooling"`), "modules.json", "[1].path", ErrInvalid},
		{"max pooling", bert, replace("1_Pooling/config.json", `max_tokens": false`, `max_tokens": true`), "config.json", "pooling_mode_max_tokens", ErrUnsupported},
		{"last token", bert, replace("1_Pooling/config.json", `lasttoken": false`, `lasttoken": true`), "config.json", "pooling_mode_lasttoken", ErrUnsupported},
		{"two poolings", bert, replace("1_Pooling/config.json", `cls_token": false`, `cls_token": true`), "config.json", "pooling_mode_cls_token", ErrUnsupported},
		{"prompt left out", bert, replace("1_Pooling/config.json", `include_prompt": true`, `include_prompt": false`), "config.json", "include_prompt", ErrUnsupported},
		{"prefix no token", bert, replace("config_sentence_transformers.json", "<Q>", "<QQ>"), "tokenizer.json", "added_tokens", ErrInvalid},
		{"small vocabulary", bert, replace("config.json", `"vocab_size": 302`, `"vocab_size": 300`), "tokenizer.json", "vocab", ErrInvalid},
		{"other vocabulary", bert, replace("config.json", `"vocab_size": 302`, `"vocab_size": 303`), "model.safetensors", "", ErrInvalid},
		{"more layers", bert, replace("config.json", `"num_hidden_layers": 2`, `"num_hidden_layers": 3`), "model.safetensors", "encoder.layer.2.attention.self.query.weight", ErrInvalid},
		{"no room for text", bert, replace("sentence_bert_config.json", "40", "2"), "tokenizer.json", "", ErrInvalid},
		{"negative limit", bert, replace("sentence_bert_config.json", "40", "-4"), "sentence_bert_config.json", "max_seq_length", ErrInvalid},
		{"no weights", bert, remove("model.safetensors"), "model.safetensors", "", fs.ErrNotExist},
		{"cut off", bert, func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "model.safetensors"), 5000); err != nil {
				t.Fatal(err)
			}
		}, "model.safetensors", "", safetensors.ErrCorrupt},
		{"no shard", sharded, remove("model-00002-of-00002.safetensors"), "model-00002-of-00002.safetensors", "", fs.ErrNotExist},
		{"shard outside", sharded, replace("model.safetensors.index.json", "model-00002-of", "../model-00002-of"), "model.safetensors.index.json", "weight_map", ErrInvalid},
		{"wrong index", sharded, replace("model.safetensors.index.json", `"embeddings.LayerNorm.bias"`, `"embeddings.LayerNorm.other"`), "model.safetensors.index.json", "weight_map", ErrInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := copyModel(t, test.model)
			test.spoil(t, dir)
			e, err := Open(dir, nil)
			if err == nil {
				closeAfter(t, e)
				t.Fatal("no error")
			}
			f, ok := errors.AsType[*FileError](err)
			if !ok || !errors.Is(err, test.want) {
				t.Fatalf("got %v, want a FileError with %v", err, test.want)
			}
			if filepath.Base(f.Path) != test.file || f.Field != test.field {
				t.Errorf("blames %s %q, want %s %q: %v", filepath.Base(f.Path), f.Field, test.file, test.field, err)
			}
			for _, part := range []string{test.file, test.field, test.want.Error()} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("message %q has no %q", err, part)
				}
			}
		})
	}
}

func TestOpenNoDirectory(t *testing.T) {
	t.Parallel()
	if _, err := Open(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	dir := copyModel(t, "bert-mean-f32")
	spec := func(p *profile.Profile) string {
		t.Helper()
		e, err := Open(dir, &Options{Profile: p})
		if err != nil {
			return err.Error()
		}
		closeAfter(t, e)
		s := e.Spec()
		return strings.Join([]string{s.Model, s.QueryPrefix, s.PassagePrefix, s.Pooling}, " ")
	}
	if got, want := spec(nil), "bert-mean-f32 <Q> <P> mean"; got != want {
		t.Errorf("from the files: got %q, want %q", got, want)
	}
	own := "name: acme/own\nquery_prefix: \"\"\nhead_dims: 16\nmax_tokens: 20\npooling: cls\n"
	if err := os.WriteFile(filepath.Join(dir, "frony-db.yaml"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := spec(nil), "acme/own  <P> cls"; got != want {
		t.Errorf("from frony-db.yaml: got %q, want %q", got, want)
	}
	e, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, e)
	if s := e.Spec(); s.HeadDims != 16 || s.MaxTokens != 20 || s.Dims != 32 {
		t.Errorf("dims %d, head %d, limit %d, want 32, 16, 20", s.Dims, s.HeadDims, s.MaxTokens)
	}
	if got, want := spec(&profile.Profile{Name: "given"}), "given <Q> <P> mean"; got != want {
		t.Errorf("from the caller: got %q, want %q", got, want)
	}
	for name, p := range map[string]profile.Profile{
		"dims 64":  {Name: "other", Dims: 64},
		"onnx":     {Name: "jina", Runtime: profile.ONNX}, // the directory has no graph
		"pooling":  {Pooling: "max"},
		"head":     {HeadDims: 33},
		"remote":   {Runtime: profile.Remote, Provider: "openai"},
		"as token": {QueryPrefix: new("<query>")},
	} {
		if e, err := Open(dir, &Options{Profile: &p}); err == nil {
			closeAfter(t, e)
			t.Errorf("%s: no error", name)
		}
	}
	if err := os.Remove(filepath.Join(dir, "modules.json")); err != nil {
		t.Fatal(err)
	}
	if got, want := spec(&profile.Profile{Pooling: "cls"}), "bert-mean-f32 <Q> <P> cls"; got != want {
		t.Errorf("without modules.json: got %q, want %q", got, want)
	}
}

func TestEngines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		engine  string
		runtime profile.Runtime
		want    error
	}{
		{"gpu", "", ErrUnsupported},
		{EngineGo, profile.ONNX, ErrUnsupported},
		{EngineGo, profile.Remote, ErrUnsupported},
		{EngineONNX, "", fs.ErrNotExist},
	} {
		p := &profile.Profile{Runtime: test.runtime}
		if test.runtime == profile.Remote {
			p.Provider = "openai"
		}
		_, err := Open(modelDir("bert-mean-f32"), &Options{Engine: test.engine, Profile: p})
		if !errors.Is(err, test.want) {
			t.Errorf("engine %q, runtime %q: got %v, want %v", test.engine, test.runtime, err, test.want)
		}
	}
}

// A directory of a hub's cache says which model and commit it is, and its blobs
// are named after their sums.
func TestHubCache(t *testing.T) {
	t.Parallel()
	const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	root := filepath.Join(t.TempDir(), "models--acme--embed")
	dir := filepath.Join(root, "snapshots", "c0ffee")
	if err := os.CopyFS(dir, os.DirFS(modelDir("bert-mean-f32"))); err != nil {
		t.Fatal(err)
	}
	blobs := filepath.Join(root, "blobs")
	if err := os.Mkdir(blobs, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "model.safetensors")
	if err := os.Rename(file, filepath.Join(blobs, sum)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "..", "blobs", sum), file); err != nil {
		t.Skip("this system has no symbolic links: ", err)
	}
	e, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, e)
	if s := e.Spec(); s.Model != "acme/embed" || s.Revision != "c0ffee" || s.WeightsHash != sum {
		t.Errorf("got %s@%s %s", s.Model, s.Revision, s.WeightsHash)
	}
}

// A checkpoint with a head on top, and one from TensorFlow, name the same
// tensors otherwise.
func TestTensorNames(t *testing.T) {
	t.Parallel()
	want, err := Open(modelDir("bert-mean-f32"), nil)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, want)
	dir := copyModel(t, "bert-mean-f32")
	path := filepath.Join(dir, "model.safetensors")
	// Names of other lengths move the data, and every number in the header.
	for _, change := range [][2]string{{`"embeddings.`, `"bert.embeddings.`}, {`"encoder.`, `"bert.encoder.`}, {`LayerNorm.weight"`, `LayerNorm.gamma"`}, {`LayerNorm.bias"`, `LayerNorm.beta"`}} {
		edit(t, path, change[0], change[1])
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.Index(text, []byte("}}")) + 2
	for text[end] == ' ' {
		end++
	}
	text[0], text[1], text[2] = byte(end-8), byte((end-8)>>8), byte((end-8)>>16)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, e)
	a, err := want.EmbedQuery(t.Context(), "이름이 다른 텐서")
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.EmbedQuery(t.Context(), "이름이 다른 텐서")
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatal("other vectors with other names")
		}
	}
	if e.Spec().Fingerprint() == want.Spec().Fingerprint() {
		t.Error("same fingerprint for other files")
	}
}
