package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder"
)

// counted is a model of two dimensions that counts the texts it is asked for.
type counted struct {
	name  string
	asked int
}

func (c *counted) Spec() embedder.Spec { return embedder.Spec{Model: c.name, Dims: 2, HeadDims: 2} }

func (c *counted) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	c.asked++
	return []float32{1, float32(len(text))}, nil
}

func (c *counted) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		c.asked++
		out[i] = []float32{2, float32(len(text))}
	}
	return out, nil
}

func (c *counted) CountTokens(text string) int { return len(text) }

func TestEmbeddingCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	use := func(want int) {
		t.Helper()
		model := &counted{name: "m"}
		c, err := openEmbeddingCache(path, model)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			passages, err := c.EmbedPassages(t.Context(), []string{"a", "bcd"})
			if want := [][]float32{{2, 1}, {2, 3}}; err != nil || !reflect.DeepEqual(passages, want) {
				t.Errorf("passages are %v, %v; want %v", passages, err, want)
			}
			query, err := c.EmbedQuery(t.Context(), "a")
			if want := []float32{1, 1}; err != nil || !reflect.DeepEqual(query, want) {
				t.Errorf("the query is %v, %v; want %v", query, err, want)
			}
		}
		if model.asked != want {
			t.Errorf("the model was asked for %d texts, want %d", model.asked, want)
		}
		if embedder.Counter(c) == nil {
			t.Error("the model's tokens are not counted")
		}
		if err := c.close(); err != nil {
			t.Fatal(err)
		}
	}
	use(3)
	use(0)

	// A run that was killed may leave half a row.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-3); err != nil {
		t.Fatal(err)
	}
	use(1)
	use(0)

	if _, err := openEmbeddingCache(path, &counted{name: "other"}); err == nil || !strings.Contains(err.Error(), "other") || !strings.Contains(err.Error(), path) {
		t.Errorf("another model's file is opened: %v", err)
	}
	doc := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(doc, []byte("not a cache"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openEmbeddingCache(doc, &counted{name: "m"}); err == nil {
		t.Error("a file of something else is opened")
	}
	if b, _ := os.ReadFile(doc); string(b) != "not a cache" {
		t.Errorf("a file of something else is now %q", b)
	}
}
