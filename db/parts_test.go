package db

import (
	"slices"
	"strings"
	"testing"
)

// A question inside a letter is split off; a question alone is not.
func TestParts(t *testing.T) {
	t.Parallel()
	letter := "안녕하세요. 어제 회의에서 나온 이야기를 정리하다가 모르는 것이 생겨서 메일을 드립니다. 전입신고는 며칠 안에 해야 하나요? 바쁘시겠지만 답을 주시면 보고서에 넣겠습니다.\n고맙습니다"
	got := parts(letter)
	want := []string{
		"안녕하세요.", "어제 회의에서 나온 이야기를 정리하다가 모르는 것이 생겨서 메일을 드립니다.",
		"전입신고는 며칠 안에 해야 하나요?", "바쁘시겠지만 답을 주시면 보고서에 넣겠습니다.", "고맙습니다",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, short := range []string{"", "전입신고는 며칠 안에 해야 하나요?", "Hi. What is BM25?", strings.Repeat("가", 500)} {
		if got := parts(short); got != nil {
			t.Errorf("%q is split: %q", short, got)
		}
	}
	// Without full stops there are windows, which together have every word.
	words := strings.Fields(strings.Repeat("one two three four five six seven ", 10))
	got = parts(strings.Join(words, " "))
	if len(got) < 8 || len(got) > partsMost {
		t.Errorf("%d windows of %d words", len(got), len(words))
	}
	for i, p := range got {
		if n := len(strings.Fields(p)); n > window {
			t.Errorf("window %d has %d words", i, n)
		}
	}
	if got := parts(strings.Repeat("A sentence that says something. ", 200)); len(got) < 2 || len(got) > partsMost {
		t.Errorf("%d parts of 200 sentences", len(got))
	}
}
