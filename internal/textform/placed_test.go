package textform

import (
	"testing"
	"unicode/utf8"
)

// Placed is Normal, and its places are in order and inside the text.
func FuzzPlaced(f *testing.F) {
	for _, s := range []string{"서울", "서\u00ad울 \u200b", "ㅎㅏㄴㄱㅜㄱ ㄳ ﾡￂ", "ﬁne ㎏ e\u0301 \u1109\u1165\u11af", "👨‍👩‍👧 a\u200db", "\uFDFA\u0344 각ᆨ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		var got []rune
		var last Place
		for r, p := range Placed(text) {
			if p.From < last.From || p.From >= p.To || int(p.To) > len(text) || !utf8.ValidString(text[p.From:p.To]) {
				t.Fatalf("%q of %q at %v after %v", r, text, p, last)
			}
			got, last = append(got, r), p
		}
		if string(got) != Normal(text) {
			t.Fatalf("%q: %q, want %q", text, string(got), Normal(text))
		}
	})
}
