package unitext

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func clusters(s string) []string {
	var out []string
	for b := []byte(s); len(b) > 0; {
		n := Load().Grapheme(b)
		out = append(out, string(b[:n]))
		b = b[n:]
	}
	return out
}

// TestGrapheme has a case for every rule of UAX #29, from its test file.
func TestGrapheme(t *testing.T) {
	t.Parallel()
	for _, want := range [][]string{
		{"\r\n", "\n"},                   // GB3
		{"a", "\r", "\u0308"},            // GB4, GB5
		{"\u1100\u1161\u11a8", "\u1100"}, // GB6
		{"\uac00\u11a8", "\u1100"},       // GB7
		{"\uac01\u11a8", "\u1160\u11a8"}, // GB8
		{"\uac01", "\u1160"},
		{"a\u0308\u200d", "b"},                                   // GB9
		{"a\u0903", "b"},                                         // GB9a
		{"\u0600a", "b"},                                         // GB9b
		{"\u0915\u094d\u0924", "\u0924"},                         // GB9c
		{"\u0915\u094d\u094d\u200d\u0924"},                       // GB9c
		{"\u0915\u0308", "\u0924"},                               // GB9c: no linker
		{"a\u094d", "\u0924"},                                    // GB9c: no consonant before
		{"\U0001F476\U0001F3FF\u0308\u200D\U0001F476\U0001F3FF"}, // GB11
		{"a\u200d", "\U0001F6D1"},
		{"\U0001F6D1", "a", "\U0001F6D1\u200d"},
		{"a", "\U0001F1E6\U0001F1E7", "\U0001F1E8\U0001F1E9", "b"}, // GB12, GB13
		{"\U0001F1E6\U0001F1E7\u200d", "\U0001F1E8"},
		{"가", "나", "a", "漢"}, // GB999
	} {
		if got := clusters(strings.Join(want, "")); !slices.Equal(got, want) {
			t.Errorf("%+q, want %+q", got, want)
		}
	}
}

func (t *Tables) norm(s string, f Form) string {
	return string(t.AppendForm(nil, []byte(s), f, new(Scratch)))
}

// TestForms has known pairs; the corners are the standard's own examples.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, nfc, nfd, nfkc, nfkd string }{
		{"\u1e9b\u0323", "\u1e9b\u0323", "\u017f\u0323\u0307", "\u1e69", "s\u0323\u0307"},
		{"\u212b", "\u00c5", "A\u030a", "\u00c5", "A\u030a"},
		{"각", "각", "\u1100\u1161\u11a8", "각", "\u1100\u1161\u11a8"},
		{"\u1100\u1161\u11a8", "각", "\u1100\u1161\u11a8", "각", "\u1100\u1161\u11a8"},
		{"가\u11a7", "가\u11a7", "\u1100\u1161\u11a7", "가\u11a7", "\u1100\u1161\u11a7"}, // T base isn't a tail
		{"ﬁ①㎏", "ﬁ①㎏", "ﬁ①㎏", "fi1kg", "fi1kg"},
		{"\u0958", "\u0915\u093c", "\u0915\u093c", "\u0915\u093c", "\u0915\u093c"}, // excluded from composition
		{"a\u0315\u0300\u05ae\u0302b", "\u00e0\u05ae\u0302\u0315b", "a\u05ae\u0300\u0302\u0315b", "\u00e0\u05ae\u0302\u0315b", "a\u05ae\u0300\u0302\u0315b"},
		{"plain 한글", "plain 한글", "plain \u1112\u1161\u11ab\u1100\u1173\u11af", "plain 한글", "plain \u1112\u1161\u11ab\u1100\u1173\u11af"},
		{"", "", "", "", ""},
	} {
		for f, want := range []string{c.nfc, c.nfd, c.nfkc, c.nfkd} {
			if got := Load().norm(c.in, Form(f)); got != want {
				t.Errorf("form %d of %+q: %+q, want %+q", f, c.in, got, want)
			}
		}
	}
}

// TestFormProperties checks the identities that UAX #15 guarantees, on random
// text heavy with marks, long runs included.
func TestFormProperties(t *testing.T) {
	t.Parallel()
	const seed = 7
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	tab := Load()
	var marked []rune
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if tab.class(c)&(canonical|compatibility|combining|second) != 0 {
			marked = append(marked, c)
		}
	}
	for range 3000 {
		var sb strings.Builder
		for range r.IntN(60) {
			switch r.IntN(4) {
			case 0:
				sb.WriteRune(rune('a' + r.IntN(26)))
			case 1:
				sb.WriteRune(rune(0xAC00 + r.IntN(11172)))
			default:
				sb.WriteRune(marked[r.IntN(len(marked))])
			}
		}
		s := sb.String()
		for f := NFC; f <= NFKD; f++ {
			once := tab.norm(s, f)
			if !utf8.ValidString(once) || tab.norm(once, f) != once {
				t.Fatalf("form %d of %+q isn't stable: %+q", f, s, once)
			}
		}
		nfc, nfd, nfkc, nfkd := tab.norm(s, NFC), tab.norm(s, NFD), tab.norm(s, NFKC), tab.norm(s, NFKD)
		if tab.norm(nfd, NFC) != nfc || tab.norm(nfc, NFD) != nfd || tab.norm(nfkd, NFC) != nfkc || tab.norm(nfkc, NFD) != nfkd ||
			tab.norm(nfd, NFKD) != nfkd || tab.norm(nfc, NFKC) != nfkc {
			t.Fatalf("forms of %+q disagree: %+q %+q %+q %+q", s, nfc, nfd, nfkc, nfkd)
		}
	}
}

// TestClasses spot-checks the tables against their definitions.
func TestClasses(t *testing.T) {
	t.Parallel()
	tab := Load()
	for _, c := range []struct {
		f    func(rune) bool
		name string
		yes  string
		no   string
	}{
		{tab.IsPunct, "IsPunct", "!$+<^`~、「。…—", "a 가₩€①\u0301"},
		{tab.IsWord, "IsWord", "aZ0_가漢é\u0301\u200dⅣ", " -!①\t、"},
		{tab.IsMark, "IsMark", "\u0301\u0903\u20dd", "a가\u200d"},
		{tab.IsNonspacing, "IsNonspacing", "\u0301\u3099", "\u0903\u20dda"},
		{tab.IsRemoved, "IsRemoved", "\x00\x7f\u200b\ufeff\ue000", " \t\n\ra가"},
	} {
		for _, r := range c.yes {
			if !c.f(r) {
				t.Errorf("%s(%+q) is false", c.name, r)
			}
		}
		for _, r := range c.no {
			if c.f(r) {
				t.Errorf("%s(%+q) is true", c.name, r)
			}
		}
	}
	for in, want := range map[rune]string{'A': "a", 'İ': "i\u0307", 'Σ': "σ", '가': "가", 'Ａ': "ａ"} {
		if got := string(tab.AppendLower(nil, in)); got != want {
			t.Errorf("lower case of %q: %+q, want %+q", in, got, want)
		}
	}
}
