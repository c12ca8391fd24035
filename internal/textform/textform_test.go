package textform_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/internal/textform"
)

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"서울은 Seoul, 2024.", "서울은 Seoul, 2024."},
		{"“서울”… café ①", "“서울”... café 1"},
		{norm.NFD.String("서울은"), "서울은"},

		// Inside a word, at its ends, and where it separates what composes.
		{"\uFEFF보\u00AD안\u200B", "보안"},
		{"보\u200B\u2060\u200E안", "보안"},
		{"re\u00ADfund \u202Bre\u034Ffund\u202C", "refund refund"},
		{"\u1112\u200B\u1161\u200B\u11AB", "한"},
		{"보\u3164안 보\uFFA0안 보\u115F안 보\u1160안", "보안 보안 보안 보안"},
		{"보\uFFFC안", "보안"},
		{"葛\U000E0100城", "葛城"},

		// Spaces are seen.
		{"보\u00A0안 보\u3000안", "보 안 보 안"},

		// Emoji stay whole; joiners of words do not.
		{"\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0001F468\u200D\U0001F469\u200D\U0001F467"},
		{"\u2764\uFE0F\u200D\U0001F525", "\u2764\u200D\U0001F525"},
		{"\U0001F469\U0001F3FD\u200D\U0001F680", "\U0001F469\U0001F3FD\u200D\U0001F680"},
		{"क्\u200Dष", "क्ष"},
		{"\u2764\uFE0F", "\u2764"},

		// Jamo that spell a word, of the keyboard and of half width.
		{"ㅎㅏㄴㄱㅡㄹ", "한글"},
		{"ㅎㅏ\u200Bㄴㅏ", "하나"},
		{"ﾾￂﾤﾡￚﾩ", "한글"},
		{"ㄴㅓㄳ ㄱㅏㅂㅆㅣ", "넋 갑씨"},
		{"ㅅㅏㅋㅋ", "사ㅋㅋ"},

		// And that do not: initials, what is half typed, laughter.
		{"ㄱㅊㅉㄱ", "ㄱㅊㅉㄱ"},
		{"ﾡﾺﾹﾡ", "ㄱㅊㅉㄱ"},
		{"환불ㅂ", "환불ㅂ"},
		{"너무ㄳ", "너무ㄱㅅ"},
		{"ㅋㅋㅠㅠ", "ㅋ큐ㅠ"},
	} {
		want := c.want
		if strings.ContainsFunc(want, func(r rune) bool { return 'ㄱ' <= r && r <= 'ㅣ' }) {
			want = norm.NFKC.String(want) // the jamo alone
		}
		if got := textform.Normal(c.text); got != want {
			t.Errorf("%+q: %q %+q, want %q %+q", c.text, got, got, c.want, want)
		}
	}
}

// Text with nothing invisible, and no jamo but in syllables, is in NFKC and no
// more: every character of the Basic Multilingual Plane, between syllables.
func TestNormalIsNFKC(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= 0xFFFF; r++ {
		jamo := 0x3131 <= r && r <= 0x3163 || 0xFFA1 <= r && r <= 0xFFDC
		if jamo || textform.Invisible(r) {
			continue
		}
		text := "가" + string(r) + "나"
		if got, want := textform.Normal(text), norm.NFKC.String(text); got != want {
			t.Errorf("%U: %+q, want %+q", r, got, want)
		}
	}
}

func FuzzNormal(f *testing.F) {
	for _, s := range []string{"서울", "보\u200B안", "ㅎㅏㄴㄳ", "\xff가\u00ad", "ﾾￂﾤ", "\u115f\u1161\u11a8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := textform.Normal(text)
		if again := textform.Normal(got); again != got {
			t.Errorf("%+q: %+q, and again %+q", text, got, again)
		}
		if !norm.NFKC.IsNormalString(got) {
			t.Errorf("%+q: %+q is not in NFKC", text, got)
		}
	})
}

func BenchmarkNormal(b *testing.B) {
	for name, text := range map[string]string{
		"plain":     strings.Repeat("서울에서 부산까지 two and a half hours. ", 20),
		"quotes":    strings.Repeat("서울에서 “부산”까지 two and a half hours. ", 20),
		"invisible": strings.Repeat("서울\u200B에서 부산까지 two and a half hours. ", 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				textform.Normal(text)
			}
		})
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"환불 규정":       "환불 규정",
		"환불ㅂ":         "환불",
		"환불ㅋㅋ 되나요ㅠㅠ?": "환불 되나요?",
		"환불ﾡ":         "환불",
		"비밀번ㅎㅗ":       "비밀번호",
		"환불ㅂ니다":       "환불ㅂ니다",
		"ㄱㅊㅉㄱ":        "ㄱㅊㅉㄱ",
		"환불 ㅠㅠ":       "환불 ㅠㅠ",
		"ㅋㅋ":          "ㅋㅋ",
		"refundㅋ":     "refundㅋ",
		"":            "",
	} {
		if got := textform.Typed(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
