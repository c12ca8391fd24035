package db

import (
	"testing"

	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// A collection chooses its codes where there is a choice and nobody has made it.
func TestWhoChoosesCodes(t *testing.T) {
	t.Parallel()
	limits := Limits{}.withDefaults()
	for name, c := range map[string]struct {
		o    CollectionOptions
		want bool
	}{
		"a weak head":     {CollectionOptions{Embedder: builtin.New()}, true},
		"a head":          {CollectionOptions{Embedder: embeddertest.New(384, 1)}, true},
		"full codes":      {CollectionOptions{Embedder: builtin.New(), Codes: FullCodes}, false},
		"head codes":      {CollectionOptions{Embedder: builtin.New(), Codes: HeadCodes}, false},
		"head dims":       {CollectionOptions{Embedder: builtin.New(), HeadDims: 192}, false},
		"no tail":         {CollectionOptions{Embedder: builtin.New(), NoTail: true}, false},
		"no head":         {CollectionOptions{Dims: 384, Precomputed: true}, false},
		"few dimensions":  {CollectionOptions{Embedder: embeddertest.New(64, 1)}, false},
		"a head is named": {CollectionOptions{Dims: 384, HeadDims: 96, Precomputed: true}, false},
	} {
		s, err := c.o.create(&limits)
		if err != nil || s.ChooseCodes != c.want {
			t.Errorf("%s: %v, want %v; %v", name, s.ChooseCodes, c.want, err)
		}
	}
}
