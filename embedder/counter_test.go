package embedder_test

import (
	"context"
	"testing"

	"github.com/fronyai/frony-db/embedder"
)

type plain struct{}

func (plain) EmbedPassages(context.Context, []string) ([][]float32, error) { return nil, nil }
func (plain) EmbedQuery(context.Context, string) ([]float32, error)        { return nil, nil }
func (plain) Spec() embedder.Spec                                          { return embedder.Spec{} }

type counting struct{ plain }

func (counting) CountTokens(text string) int { return len(text) }

type wrapper struct{ embedder.Embedder }

func (w wrapper) Unwrap() embedder.Embedder { return w.Embedder }

func TestCounter(t *testing.T) {
	t.Parallel()
	for _, e := range []embedder.Embedder{nil, plain{}, wrapper{plain{}}, wrapper{nil}, struct{ embedder.Embedder }{counting{}}} {
		if embedder.Counter(e) != nil {
			t.Errorf("%T counts", e)
		}
	}
	for _, e := range []embedder.Embedder{counting{}, wrapper{counting{}}, wrapper{wrapper{counting{}}}} {
		if count := embedder.Counter(e); count == nil || count("abc") != 3 {
			t.Errorf("%T does not count", e)
		}
	}
}
