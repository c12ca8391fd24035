package transformer

import (
	"os"
	"path/filepath"
	"testing"
)

// bytePairModel is a model whose tokenizer only Hugging Face's library reads.
func bytePairModel(t *testing.T) string {
	t.Helper()
	dir := copyModel(t, "bert-mean-f32")
	text, err := os.ReadFile(filepath.Join("tokenizer", "hf", "testdata", "byte-pairs.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
