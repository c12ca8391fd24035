package hub

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	clean(t)
	_, err := New(&Options{Endpoint: "ftp://x", Attempts: -1, IdleTimeout: -time.Second, Token: "a b"})
	if !errors.Is(err, ErrInvalid) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"endpoint", "attempts", "idle timeout", "token"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q doesn't name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "a b") {
		t.Errorf("%q tells the token", err)
	}
}

func TestEnvironment(t *testing.T) {
	clean(t)
	root := t.TempDir()
	t.Setenv("HF_HOME", root)
	if err := os.WriteFile(filepath.Join(root, "token"), []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	get := func() *Hub {
		h, err := New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := get()
	if h.CacheDir() != filepath.Join(root, "hub") || h.endpoint.String() != DefaultEndpoint || h.token != "from-file" || h.offline {
		t.Errorf("%+v", h)
	}
	t.Setenv("HF_HUB_CACHE", filepath.Join(root, "elsewhere"))
	t.Setenv("HF_ENDPOINT", "https://mirror.example/")
	t.Setenv("HF_TOKEN", "from-env")
	t.Setenv("HF_HUB_OFFLINE", "yes")
	h = get()
	if h.CacheDir() != filepath.Join(root, "elsewhere") || h.endpoint.String() != "https://mirror.example" || h.token != "from-env" || !h.offline {
		t.Errorf("%+v", h)
	}
	t.Setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
	if h = get(); h.token != "" {
		t.Errorf("token %q", h.token)
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		s    Selector
		in   string
		want string // empty: ErrNoWeights
	}{
		{Safetensors, "README.md config.json model.safetensors onnx/model.onnx tokenizer.json vocab.txt", "config.json model.safetensors tokenizer.json"},
		{Safetensors, "config.json model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors pytorch_model-00001-of-00002.bin", "config.json model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors"},
		{Safetensors, "modules.json 0_Transformer/config.json 0_Transformer/model.safetensors 1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors", "modules.json 0_Transformer/config.json 0_Transformer/model.safetensors 1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors"},
		{Safetensors, "config.json pytorch_model.bin", ""},
		{Safetensors, "config.json checkpoint-1/model.safetensors", ""},
		{Safetensors, "config.json model-00001-of-00002.safetensors", ""},
		{Safetensors, "", ""},
		{ONNX, "config.json model.safetensors onnx/model.onnx onnx/model.onnx_data onnx/model_O4.onnx", "config.json onnx/model.onnx onnx/model.onnx_data"},
		{ONNX, "config.json model.safetensors", ""},
	} {
		got, err := c.s(strings.Fields(c.in))
		if c.want == "" {
			if !errors.Is(err, ErrNoWeights) {
				t.Errorf("%s: %v, %v", c.in, got, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: %v, %v, want %s", c.in, got, err, c.want)
		}
	}
}
