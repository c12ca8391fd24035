package db_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// told keeps the texts that it is told to embed.
type told struct {
	embedder.Embedder
	texts []string
}

func (e *told) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	e.texts = append(e.texts, texts...)
	return e.Embedder.EmbedPassages(ctx, texts)
}

// What no reader sees is not embedded, and stays in the text.
func TestEmbedsWhatIsSeen(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	e := &told{Embedder: builtin.New()}
	c, err := d.Collection(t.Context(), "c", &db.CollectionOptions{Embedder: e})
	if err != nil {
		t.Fatal(err)
	}
	text := "[환불 규정](https://example.com/a) ![화면](data:image/png;base64," + strings.Repeat("SDUdcPvaYOGODsYw", 1000) + ")"
	if _, err := c.Upsert(t.Context(), db.Document{ID: "a", Text: text}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"환불 규정 화면"}; !slices.Equal(e.texts, want) {
		t.Errorf("embedded %.100q, want %q", e.texts, want)
	}
	if got, err := c.Get(t.Context(), "a"); err != nil || got[0].Text != text {
		t.Errorf("%v %v", got, err)
	}
}
