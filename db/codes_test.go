package db_test

import (
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// Which codes a collection has, if nobody says so.
func TestCodesByDefault(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	for name, c := range map[string]struct {
		o    db.CollectionOptions
		want db.Codes
	}{
		"a weak head":      {want: db.FullCodes},
		"a head":           {db.CollectionOptions{Embedder: embeddertest.New(384, 1)}, db.HeadCodes},
		"a head, but full": {db.CollectionOptions{Embedder: embeddertest.New(384, 1), Codes: db.FullCodes}, db.FullCodes},
		"a head is asked":  {db.CollectionOptions{HeadDims: 192}, db.HeadCodes},
		"no tail":          {db.CollectionOptions{NoTail: true}, db.HeadCodes},
		"heads":            {db.CollectionOptions{Codes: db.HeadCodes}, db.HeadCodes},
		"given":            {db.CollectionOptions{Precomputed: true, Dims: 128}, db.FullCodes},
		"given and short":  {db.CollectionOptions{Precomputed: true, Dims: 127}, db.HeadCodes},
		"short, but full":  {db.CollectionOptions{Precomputed: true, Dims: 32, Codes: db.FullCodes}, db.FullCodes},
		"full with a head": {db.CollectionOptions{HeadDims: 192, Codes: db.FullCodes}, db.FullCodes},
	} {
		s, err := collection(t, d, strings.NewReplacer(" ", "", ",", "").Replace(name), &c.o).Stats()
		if err != nil || s.Codes != c.want {
			t.Errorf("%s: %s, want %s, %v", name, s.Codes, c.want, err)
		}
	}
}
