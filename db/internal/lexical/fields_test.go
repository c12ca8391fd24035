package lexical

import "testing"

// A word of a title counts as often as its weight says, one of a tag likewise, and
// the document is as long as all of them together.
func TestFields(t *testing.T) {
	t.Parallel()
	x, y := New(), New()
	x.Add(1, Fields{Text: "신청은 사흘 전에 한다", Title: "연차 규정", Tags: []string{"인사", "복지"}})
	y.Add(1, Fields{Text: "신청은 사흘 전에 한다. 연차 규정. 연차 규정. 인사. 복지"})
	for _, other := range []string{"구내식당은 열두 시에 연다", "연차가 아닌 휴가"} {
		x.Add(uint32(len(other)), Fields{Text: other})
		y.Add(uint32(len(other)), Fields{Text: other})
	}
	for _, query := range []string{"연차", "규정", "인사", "신청 규정", "복지 사흘"} {
		got := x.Search(nil, Query{Text: query, K: 1})
		want := y.Search(nil, Query{Text: query, K: 1})
		if len(got) != 1 || len(want) != 1 || got[0] != want[0] {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
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
