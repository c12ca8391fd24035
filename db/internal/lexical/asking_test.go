package lexical

import "testing"

// TestAskingWords: what a question is about outweighs the words that ask.
func TestAskingWords(t *testing.T) {
	t.Parallel()
	x := New()
	for i, text := range []string{
		"자기 공명 영상은 MRI는 자석으로 몸속을 보여 준다",
		"그는 그것이 무엇인지 한참 생각했다. 무엇인가 달라졌다",
		"The magnetic field of scanners is strong",
		"Tell me what you did and how you do it",
	} {
		x.Add(uint32(i), Fields{Text: text})
	}
	for i := range uint32(20) { // in which subject and question are equally rare
		x.Add(10+i, Fields{Text: "다른 문서 another page"})
	}
	for question, want := range map[string]uint32{
		"MRI란 무엇인가":             0,
		"자기 공명 영상이란 무엇인가요?":     0,
		"How do scanners work?": 2,
	} {
		hits := x.Search(nil, Query{Text: question, K: 2})
		if len(hits) < 2 || hits[0].Node != want {
			t.Errorf("%s: %v; want %d first", question, hits, want)
		}
	}
}

// TestAskingAlone: a question of nothing else is still searched.
func TestAskingAlone(t *testing.T) {
	t.Parallel()
	x := New()
	x.Add(1, Fields{Text: "무엇인가 what"})
	x.Add(2, Fields{Text: "other"})
	for _, question := range []string{"무엇인가요?", "what"} {
		if hits := x.Search(nil, Query{Text: question, K: 2}); len(hits) != 1 || hits[0].Node != 1 {
			t.Errorf("%s: %v", question, hits)
		}
	}
}
