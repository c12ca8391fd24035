package index

import (
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/db/internal/store"
)

// A document that answers a part of a question is found, although the words of the
// other parts are those of many others; and the scores beside the fused one are those
// of the whole question.
func TestParts(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 16})
	puts := x.puts(0, 300)
	for i := range puts {
		puts[i].Text = fmt.Sprintf("보고서 회의 메일 답장 %d번째 이야기", i)
	}
	puts[7].Text = "전입신고는 이사한 날부터 열나흘 안에 한다"
	x.upsert(puts...)
	whole := Query{Text: "회의 이야기를 정리하다가 메일을 드립니다. 전입신고는 며칠 안에 하나요? 보고서에 넣겠습니다. 답장 기다립니다.", Vector: x.vector(), K: 5, DenseWeight: new(float32(0))}
	parts := whole
	for _, text := range []string{"회의 이야기를 정리하다가 메일을 드립니다.", "전입신고는 며칠 안에 하나요?", "보고서에 넣겠습니다.", "답장 기다립니다.", "…"} {
		parts.Parts = append(parts.Parts, Part{Text: text})
	}
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	score := func(q Query) (score, cosine, bm25 float32) {
		q.K = len(puts)
		m, err := r.Search(t.Context(), q, new(Trace))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range m {
			if m.Record.ID == "7" {
				return m.Score, m.Cosine, m.BM25
			}
		}
		t.Fatal("not found")
		return
	}
	alone, cosine, bm25 := score(whole)
	best, samecosine, same := score(parts)
	if best <= alone || samecosine != cosine || same != bm25 {
		t.Errorf("score %v, cosine %v, BM25 %v for the whole; %v, %v, %v with parts", alone, cosine, bm25, best, samecosine, same)
	}
	parts.Want = store.WithText
	m, err := r.Search(t.Context(), parts, new(Trace))
	if err != nil || len(m) != 5 || m[0].Record.ID != "7" {
		t.Errorf("%d results, first %+v, %v", len(m), m[0].Record, err)
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"며칠 안에 하나요?": true, `He wrote: "why?"`: true, "what？ ": true, "정말?!": false,
		"a?b": false, "": false, "감사합니다.": false,
	} {
		if asks(text) != want {
			t.Errorf("%q asks: %v", text, !want)
		}
	}
}

// Of two parts that tell as much, the one that asks counts more.
func TestAskingPart(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 16})
	puts := x.puts(0, 300)
	for i := range puts {
		puts[i].Text = fmt.Sprintf("이야기 %d번째", i)
	}
	puts[7].Text, puts[8].Text = "전입신고", "주차단속"
	x.upsert(puts...)
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for first, parts := range map[string][]Part{
		"7": {{Text: "전입신고?"}, {Text: "주차단속"}},
		"8": {{Text: "전입신고"}, {Text: "주차단속?"}},
	} {
		q := Query{Text: "전입신고 주차단속", Vector: x.vector(), K: 1, DenseWeight: new(float32(0)), Parts: parts}
		m, err := r.Search(t.Context(), q, new(Trace))
		if err != nil {
			t.Fatal(err)
		}
		if len(m) != 1 || m[0].Record.ID != first {
			t.Errorf("%q asks, and found is %v", first, m)
		}
	}
}
