package builtin

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/fronyai/frony-db/embedder"
)

var tokenTexts = []string{
	"", " ", "서울의 봄은 짧다.", "FastAPI를 100km/h로 달렸다!", "Ｆｕｌｌ ｗｉｄｔｈ ½ ㈜프로니 … ﬁn", "각나", "漢字とカナ", "a\u0301e\u0327", "x\xffy\xc3",
	strings.Repeat("가나다라", 30), "👩‍💻 코드 🇰🇷", "İstanbul ΑΣ ǅ", "\u0301start",
	"\uFEFF사내 보\u200B안 지\u00AD침", "the re\u2060fund", "\u200b", "ﾾￂﾤㄱㅡㄹ", "ㅎㅏㄴㄱㅡㄹ",
}

// The tokens are those that are counted and embedded, and stand where they say.
func TestTokens(t *testing.T) {
	t.Parallel()
	e := New()
	tokens := embedder.Tokens(e)
	for _, text := range tokenTexts {
		got := tokens(text)
		if len(got) != e.CountTokens(text) {
			t.Errorf("%q: %d tokens, and %d are counted: %+v", text, len(got), e.CountTokens(text), got)
		}
		runes, last := []rune(text), 0
		for _, tok := range got {
			if tok.Start < last || tok.End < tok.Start || tok.End > len(runes) || tok.Text != string(runes[tok.Start:tok.End]) {
				t.Errorf("%q: %+v", text, tok)
			}
			last = tok.Start
		}
		covered := make([]bool, len(runes))
		for _, tok := range got {
			for i := tok.Start; i < tok.End; i++ {
				covered[i] = true
			}
		}
		for i, r := range runes {
			if !covered[i] && !unicode.IsSpace(r) {
				t.Errorf("%q: no token has character %d, %q", text, i, r)
			}
		}
		b := &bag{}
		var rows, read []int32
		b.word = eachWord(text, b.word, func(word []rune) {
			e.model.segment(&b.lattice, word, func(piece int32) { rows = append(rows, e.model.row(piece)) })
		})
		for _, tok := range got {
			if c := []rune(tok.Text); len(c) != 1 || classOf(c[0]) != blank {
				read = append(read, tok.ID)
			}
		}
		slices.Sort(rows)
		slices.Sort(read)
		if !strings.Contains(text, "㈜") && !slices.Equal(rows, read) { // that is a sign and a word
			t.Errorf("%q: the model reads %v, the tokens are %v", text, rows, read)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, text := range tokenTexts {
		f.Add(text)
	}
	e := New()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip()
		}
		if got := e.Tokens(text); len(got) != e.CountTokens(text) {
			t.Errorf("%q: %d tokens, and %d are counted", text, len(got), e.CountTokens(text))
		}
	})
}
