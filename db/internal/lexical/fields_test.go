package lexical

import (
	"slices"
	"testing"

	"github.com/fronyai/frony-db/internal/textform"
)

// Words of a title count as often as their weight says, those of a tag likewise, and
// both have the initials of their words.
func TestFields(t *testing.T) {
	t.Parallel()
	var a, b analysis
	var want Terms
	for _, text := range []string{"신청은 사흘 전에 한다", "연차휴가 규정은", "연차휴가 규정은", "인사", "복지 제도"} {
		want = append(want, b.terms(&Fields{Text: text})...)
	}
	for _, initials := range []string{"ㅇㅊ", "ㅇㅊㅎ", "ㅇㅊㅎㄱ", "ㅇㅊㅎㄱㄱ", "ㅇㅊㅎㄱㄱㅈ", "ㅇㅊㅎㄱㄱㅈㅇ", "ㄱㅈ", "ㄱㅈㅇ", "ㅇㅅ", "ㅂㅈ", "ㅂㅈㅈ", "ㅂㅈㅈㄷ", "ㅈㄷ"} {
		want = append(want, initialsKey([]rune(textform.Normal(initials))))
	}
	slices.Sort(want)
	f := &Fields{Text: "신청은 사흘 전에 한다", Title: "연차휴가 규정은", Tags: []string{"인사", "복지 제도"}}
	if got := a.terms(f); !slices.Equal(got, want) {
		t.Errorf("%d terms %x\nwant %d %x", len(got), got, len(want), want)
	}
}

// The title of a document without a text is found.
func TestTitleAlone(t *testing.T) {
	t.Parallel()
	x := New()
	x.Add(3, Fields{Title: "연차휴가 규정"})
	if hits := x.Search(nil, Query{Text: "연차휴가", K: 1}); len(hits) != 1 || hits[0].Node != 3 {
		t.Errorf("found %v", hits)
	}
}

// Half-typed words, initials and laughter, among other documents.
func TestTyping(t *testing.T) {
	t.Parallel()
	x := New()
	for node, f := range []Fields{
		{Text: "환불은 결제일로부터 7일 이내에 가능합니다"},
		{Text: "ㅋㅋㅋㅋ 너무 웃기다 ㅠㅠ"},
		{Text: "돼지고기와 묵은지를 볶는다", Title: "김치찌개 끓이는 법"},
		{Text: "데이터베이스는 트랜잭션을 보장한다"},
		{Text: "김치찌개와 된장찌개", Tags: []string{"한식"}},
	} {
		x.Add(uint32(node), f)
	}
	for query, want := range map[string][]uint32{
		"환불":     {0},
		"환부":     {0},    // on the way to 환불
		"규정 환부":  {0},    // the last word alone is half typed
		"환부 규정":  nil,    // and this one is not the last
		"환부?":    nil,    // nor is one with a mark behind it
		"환불이":    {0},    // a particle
		"데잍":     {3},    // 데이, and the first letter of 터
		"환불ㅠㅠ":   {0, 1}, // laughter weighs little
		"ㅠㅠ":     {1},    // and is found all the same
		"ㅋㅋㅋ":    {1},    // by its letters, and no initials
		"ㄱㅊㅉㄱ":   {2},    // the title, and not the text of another
		"ㄱㅊㅉ":    {2},    // before the rest is typed
		"ㅉㄱ":     nil,    // the middle of a word
		"ㅎㅅ":     {4},    // a tag
		"ㄱㅊ 묵은지": {2},    // with other words
		"ㅂㅂㅂㅂㅂ":  nil,    // nothing
		"김치ㅉ":    {4, 2}, // the letter alone finds nothing, and hides nothing
	} {
		var got []uint32
		for _, h := range x.Search(nil, Query{Text: query, K: 9}) {
			got = append(got, h.Node)
		}
		if query == "김치ㅉ" {
			slices.SortFunc(got, func(a, b uint32) int { return int(b) - int(a) })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}

// A completion weighs as much as a bigram that all documents with one of the
// completions have.
func TestCompletionWeight(t *testing.T) {
	t.Parallel()
	x := New()
	for node, text := range []string{"환불", "환불", "환붕", "규정", "안내"} {
		x.Add(uint32(node), Fields{Text: text})
	}
	hits := x.Search(nil, Query{Text: "환부", K: 9})
	if len(hits) != 3 || hits[0].Score != hits[2].Score {
		t.Fatalf("found %v", hits)
	}
	saturation := 1 / (1 + bm25K1) // of the average length
	if want := float32(idf(5, 3) * saturation); hits[0].Score < want*0.9999 || hits[0].Score > want*1.0001 {
		t.Errorf("score %v, want %v", hits[0].Score, want)
	}
	if scores := x.Scores(nil, "환부", []uint32{0, 3}); scores[0] != hits[0].Score || scores[1] != 0 {
		t.Errorf("scores %v, found %v", scores, hits)
	}
}
