//go:build native && cgo

package transformer

import (
	"path/filepath"
	"testing"
)

// ONNX Runtime, on what ExportONNX writes, gives what sentence-transformers
// gives: alone and in a batch, for both roles.
func TestGoldenONNX(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			dir := copyModel(t, name)
			if err := ExportONNX(dir, filepath.Join(dir, "model.onnx"), nil); err != nil {
				t.Fatal(err)
			}
			e, err := Open(dir, &Options{Engine: EngineONNX})
			if err != nil {
				t.Fatal(err)
			}
			closeAfter(t, e)
			var passages []string
			var want [][]float32
			for _, c := range readGolden(t, name) {
				if c.Role == "passage" {
					passages, want = append(passages, c.Text), append(want, c.Vector)
					continue
				}
				v, err := e.EmbedQuery(t.Context(), c.Text)
				if err != nil {
					t.Fatal(err)
				}
				if d := distance(v, c.Vector); !(d <= tolerance) {
					t.Errorf("query %q: cosine distance %g", c.Text, d)
				}
			}
			got, err := e.EmbedPassages(t.Context(), passages)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if d := distance(got[i], want[i]); !(d <= tolerance) {
					t.Errorf("passage %q: cosine distance %g", passages[i], d)
				}
			}
		})
	}
}
