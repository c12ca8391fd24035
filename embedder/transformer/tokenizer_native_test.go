//go:build native && cgo

package transformer

import (
	"slices"
	"testing"
)

// A model whose tokenizer Go doesn't read embeds all the same.
func TestBytePairs(t *testing.T) {
	t.Parallel()
	e, err := Open(bytePairModel(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("same tokens, same vector", func(t *testing.T) {
		got, err := e.EmbedPassages(t.Context(), []string{"ab a", "ab b", "xab yaz"})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(got[0], got[1]) {
			t.Error("two texts have one vector")
		}
		if n := e.CountTokens("ab a"); n != 6 { // <s> <P> ab Ġ a </s>
			t.Errorf("%d tokens, want 6", n)
		}
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if n := e.CountTokens("ab a"); n != 0 {
		t.Errorf("%d tokens of a closed model", n)
	}
}
