package source

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/chunk"
)

func TestChunks(t *testing.T) {
	words := func(s string) int { return len(strings.Fields(s)) }
	opts := chunk.Options{MaxTokens: 6, Overlap: -1, Count: words}
	doc := "---\nlang: ko\n---\n# 안내\n\nOne two three.\n\n## 설치\n\nFour five six."
	rec := readBytes(t, "guide.md", []byte(doc), nil).records[0]
	rec.ID = "guide.md"
	got := rec.Chunks(opts)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	for i, want := range []Record{
		{
			ID: "guide.md#0", Text: "# 안내\n\nOne two three.", Title: "안내", Source: "guide.md", Chunk: 0,
			Metadata: map[string]any{"lang": "ko", "heading": []string{"안내"}, "chunk_start": int64(0), "chunk_end": int64(24)},
		},
		{
			ID: "guide.md#1", Text: "## 설치\n\nFour five six.", Title: "안내", Source: "guide.md", Chunk: 1,
			Metadata: map[string]any{"lang": "ko", "heading": []string{"안내", "설치"}, "chunk_start": int64(26), "chunk_end": int64(51)},
		},
	} {
		want.Format, want.File, want.Line, want.Offset = Markdown, rec.File, rec.Line, rec.Offset
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("got  %+v\nwant %+v", got[i], want)
		}
		if start, end := got[i].Metadata[MetaStart].(int64), got[i].Metadata[MetaEnd].(int64); rec.Text[start:end] != got[i].Text {
			t.Errorf("chunk %d is not text[%d:%d]", i, start, end)
		}
	}

	long := strings.Repeat("One two three. ", 10)
	row := Record{ID: "r", Text: long, Metadata: map[string]any{"heading": "mine"}}
	if got := row.Chunks(opts); len(got) != 5 || got[4].ID != "r#4" || got[4].Metadata["heading"] != "mine" {
		t.Errorf("a row: %+v", got)
	}
	short := Record{ID: "r", Text: "One."}
	if got := short.Chunks(opts); len(got) != 1 || got[0].ID != "r" || got[0].Source != "r" || got[0].Metadata != nil {
		t.Errorf("short: %+v", got)
	}
	for _, whole := range []Record{{Text: long}, {ID: "e", Text: long, Embedding: []float32{1}}} {
		if got := whole.Chunks(opts); len(got) != 1 || !reflect.DeepEqual(got[0], whole) {
			t.Errorf("%+v", got)
		}
	}
}
