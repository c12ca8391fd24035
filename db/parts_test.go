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
	got = paired(parts(strings.Join(words, " ")))
	if len(got) < 8 || len(got) > partsMost {
		t.Errorf("%d windows of %d words", len(got), len(words))
	}
	for i, p := range got {
		if n := len(strings.Fields(p)); n > window {
			t.Errorf("window %d has %d words", i, n)
		}
	}
	if got := paired(parts(strings.Repeat("A sentence that says something. ", 200))); len(got) < 2 || len(got) > partsMost {
		t.Errorf("%d parts of 200 sentences", len(got))
	}
}

// What programs and mail put around a question is no part of it.
func TestSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want []string
	}{
		{"전입신고는 며칠 안에 하나요?", []string{"전입신고는 며칠 안에 하나요?"}},
		{"> > How do I renew it?", []string{"How do I renew it?"}},
		{"- 자동차 보험 갱신하기", []string{"자동차 보험 갱신하기"}},
		{"3. 자동차 보험 갱신하기", []string{"자동차 보험 갱신하기"}},
		{"3.14 is a number", []string{"3.14 is a number"}},
		{"/* how to renew it */", []string{"how to renew it"}},
		{"    # TODO: how to renew it", []string{"TODO: how to renew it", "how to renew it"}},
		{"내용: 보험은 어떻게 갱신하나요", []string{"내용: 보험은 어떻게 갱신하나요", "보험은 어떻게 갱신하나요"}},
		{"[3:05 PM] Mike: how do I renew it", []string{"[3:05 PM] Mike: how do I renew it", "how do I renew it"}},
		{"Mar 11 09:41:40 web01 app[990]: search: how to renew it", []string{"Mar 11 09:41:40 web01 app[990]: search: how to renew it", "how to renew it"}},
		{`ERROR pool-3 failed query="how to renew it" status=500`, []string{"how to renew it"}},
		{`name="x" query="how to renew it"`, []string{"how to renew it"}},
		{`{"level": "warn", "message": "how to renew it", "ms": 231, "note":"by tomorrow"}`, []string{"how to renew it", "by tomorrow"}},
		{`he asked “how to renew it” and “who pays”`, []string{`he asked “how to renew it” and “who pays”`, "how to renew it"}},
		{"Reply by: e-mail", []string{"Reply by: e-mail"}}, // too little to be asked
		{"this is what he wrote to me about yesterday: a long story", []string{"this is what he wrote to me about yesterday: a long story"}},
		{"+44 20 7946 0321", nil},
		{"-----", nil},
		{"", nil},
	} {
		if got := said(c.line); !slices.Equal(got, c.want) {
			t.Errorf("%q says %q, want %q", c.line, got, c.want)
		}
	}
}

func TestUntagged(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<p>How do I <b>renew</b> it?</p><br/>Thanks`:      "\nHow do I renew it?\n\nThanks",
		`<div class="post" id="p991"><H2>질문</H2></div>`:    "\n\n질문\n\n",
		"List<String> a = b < c; <pre-order> <parent> <T>": "List<String> a = b < c; <pre-order> <parent> <T>",
		"": "",
	} {
		if got := untagged(text); got != want {
			t.Errorf("%q without tags is %q, want %q", text, got, want)
		}
	}
}
