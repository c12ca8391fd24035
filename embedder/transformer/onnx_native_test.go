//go:build native && cgo

package transformer

import (
	"path/filepath"
	"testing"

	"github.com/fronyai/frony-db/embedder/profile"
)

// ONNX Runtime, on what ExportONNX writes, gives what sentence-transformers
// gives: alone and in a batch, for both roles.
func TestGoldenONNX(t *testing.T) {
	t.Parallel()
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			dir := copyModel(t, name)
			if err := ExportONNX(dir, filepath.Join(dir, "model.onnx"), nil); err != nil {
				t.Fatal(err)
			}
			againstGolden(t, dir)
		})
	}
}

// A graph that takes its role as a number, with weights in a file beside it.
func TestGoldenTasks(t *testing.T) {
	t.Parallel()
	againstGolden(t, filepath.Join("testdata", "graphs", "tasks"))
}

// The roles of such a graph differ by more than their prompts.
func TestTasksDiffer(t *testing.T) {
	t.Parallel()
	none := ""
	e, err := Open(filepath.Join("testdata", "graphs", "tasks"), &Options{
		Engine: EngineONNX, Profile: &profile.Profile{QueryPrefix: &none, PassagePrefix: &none},
	})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, e)
	q, err := e.EmbedQuery(t.Context(), "서울의 봄")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.EmbedPassages(t.Context(), []string{"서울의 봄"})
	if err != nil {
		t.Fatal(err)
	}
	if d := distance(q, p[0]); d < 0.01 {
		t.Errorf("query and passage have one vector, %g apart: task_id doesn't reach the graph", d)
	}
}

// againstGolden compares with a directory's golden.json, queries alone and
// passages in one batch.
func againstGolden(t *testing.T, dir string) {
	t.Helper()
	e, err := Open(dir, &Options{Engine: EngineONNX})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, e)
	var passages []string
	var want [][]float32
	for _, c := range readGolden(t, dir) {
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
}
