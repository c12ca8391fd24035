package db_test

import (
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// A question that the model knows nothing of is answered by words, or not at all; a
// half-typed one like the word that is typed.
func TestUnknownQuestions(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", &db.CollectionOptions{Embedder: builtin.New()})
	_, err := c.Upsert(
		t.Context(),
		db.Document{ID: "refund", Text: "환불은 결제일로부터 7일 이내에 가능합니다."},
		db.Document{ID: "compat", Text: "ㅋㅋㅋㅋ 너무 웃기다 ㅠㅠ"},
		db.Document{ID: "kim", Title: "김치찌개 끓이는 법", Text: "돼지고기와 묵은지를 볶는다."},
		db.Document{ID: "rare", Text: "쀍뷁쉟 상자를 연다."},
	)
	if err != nil {
		t.Fatal(err)
	}
	find := func(text string, mode db.Mode, fusion db.Fusion) []db.Match {
		t.Helper()
		var trace db.Trace
		matches, err := c.Search(t.Context(), db.Query{Text: text, K: 4, Mode: mode, Fusion: fusion, Trace: &trace})
		if err != nil {
			t.Fatal(err)
		}
		known := mode == db.Lexical || builtin.New().Recognizes(text)
		if warned := len(trace.Warnings) == 1 && strings.Contains(trace.Warnings[0], "knows no word"); warned == known {
			t.Errorf("%q: warnings %q", text, trace.Warnings)
		}
		return matches
	}
	for text, want := range map[string]string{"ㄱㅊㅉㄱ": "kim", "ㄱㅊ": "kim", "쀍뷁쉟": "rare", "ㄷㄹㅁㅂ": "", "😀": "", "?!": ""} {
		for _, fusion := range []db.Fusion{db.Weighted, db.Reciprocal} {
			got := find(text, db.Hybrid, fusion)
			if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].Document.ID != want) {
				t.Errorf("%q finds %+v, want %s", text, got, want)
			}
			if len(got) > 0 && (got[0].Cosine != 0 || got[0].BM25 <= 0 || got[0].Score <= 0 || got[0].Score > 0.7) {
				t.Errorf("%q: %+v", text, got[0])
			}
		}
		if got := find(text, db.Dense, db.Weighted); len(got) != 0 {
			t.Errorf("%q is near to %+v", text, got)
		}
	}
	for _, mode := range []db.Mode{db.Hybrid, db.Dense} {
		want := find("환불", mode, db.Weighted)
		for _, typed := range []string{"환불ㅂ", "환불ㅋㅋ", "환불ﾡ"} {
			got := find(typed, mode, db.Weighted)
			if len(got) != len(want) || got[0].Document.ID != "refund" || got[0].Score != want[0].Score {
				t.Errorf("%s: %q finds %+v, want %+v", mode, typed, got, want)
			}
		}
	}
	if got := find("환부", db.Lexical, db.Weighted); len(got) != 1 || got[0].Document.ID != "refund" {
		t.Errorf("환부 finds %+v", got)
	}
}
