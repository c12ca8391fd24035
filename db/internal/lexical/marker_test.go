package lexical

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Marked words are in brackets.
func TestMarks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, want string }{
		{"이사하면", "[이사]하면 14일 안에 전입신고를 한다"},
		{"이사하면", "공부하면 는다; [이사]할 때, 그리고 [이사]"},
		{"서울", "[서울]에서 부산까지, [서울]은"},
		{"서울은", "[서울]은 한국의 수도이다"},
		{"고양이", "[고양이]가 잔다. [고양이]"},
		{"고양이를", "[고양이]. 모양이 다르다"},
		{"제주도", "[제주도]의 봄"},
		{"데이터베이스", "[데이터]를 모은 [데이터베이스]"},
		{"수도", "할 수가 있다. [수도]"},
		{"집", "우리[집] [집]값 [집]에서"},
		{"searching", "We [search]; [searches] are [searched]"},
		{"how long does a refund take?", "A [refund] is the return of a payment; it [takes] [long]"},
		{"to be or not", "[to] [be] [or] [not]"},
		{"IT 부서", "[IT] [부서], 잇"},
		{"snake_case", "[snakeCase], [snake_case]를, [snake-case]"},
		{"v1.2.3", "since [1.2.3]: [v1.2.3]."},
		{"c++17", "in [C++17]은"},
		{"ＡＢＣ", "[abc] and [ＡＢＣ]"},
		{"kg", "무게 5[㎏] 또는 5 [kg]"},
		{"서울", "[\u1109\u1165\u110b\u116e\u11af] 전체: [\u1109\u1165\u110b\u116e\u11af]에"},
		{"서울", "[서\u00ad울]에서"},
		{"한국", "[ㅎㅏㄴㄱㅜㄱ]의 봄"},
		{"환불", "[환불]ㅠㅠ"},
		{"東京", "[東京]都"},
		{"", "nothing"},
		{"!?", "no words!?"},
	} {
		x := New()
		text := strings.NewReplacer("[", "", "]", "").Replace(c.want)
		x.Add(1, Fields{Text: text})
		marks := x.Marker(c.query).Marks(text)
		var b strings.Builder
		end := 0
		for _, m := range marks {
			if m.From < end {
				continue
			}
			b.WriteString(text[end:m.From] + "[" + text[m.From:m.To] + "]")
			end = m.To
		}
		if b.WriteString(text[end:]); b.String() != c.want {
			t.Errorf("%q: %s, want %s", c.query, b.String(), c.want)
		}
	}
}

// Whatever the texts are, marks are inside the text, at characters, and in order; and
// every word of a text marks itself.
func FuzzMarks(f *testing.F) {
	for _, s := range []string{"서울에서 이사하면", "C++17 v1.2.3 don't", "ﬁﬀ ㎏ \u1109\u1165 東京", "a\x00b\xff"} {
		f.Add(s, s)
	}
	x := New()
	f.Fuzz(func(t *testing.T, query, text string) {
		if !utf8.ValidString(text) || !utf8.ValidString(query) {
			t.Skip()
		}
		from := 0
		for _, m := range x.Marker(query).Marks(text) {
			if m.From < from || m.To <= m.From || m.To > len(text) || !utf8.RuneStart(text[m.From]) || m.To < len(text) && !utf8.RuneStart(text[m.To]) {
				t.Fatalf("%+v in %q", m, text)
			}
			from = m.From
		}
	})
}
