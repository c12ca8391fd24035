package eval

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// A Perturbation is a way in which people spoil a question, or put it otherwise, and
// still mean it.
type Perturbation string

// The perturbations. A question to which one does not apply stays as it is.
const (
	Typo    Perturbation = "typo"    // a wrong letter in a word, in two words from 60 characters on
	Spacing Perturbation = "spacing" // no spaces
	Wrap    Perturbation = "wrap"    // inside a letter of some 200 characters
	Ask     Perturbation = "ask"     // with words that only ask: X에 대해 알려 주실 수 있나요?
	Latin   Perturbation = "latin"   // Hangul typed while the keyboard is English: dkssud
	Upper   Perturbation = "upper"   // all capitals
)

// Perturbations are all perturbations.
var Perturbations = []Perturbation{Typo, Spacing, Wrap, Ask, Latin, Upper}

// Perturb returns the set with its queries perturbed, and how many differ. The same seed
// gives the same queries, whatever other queries the set has.
func (s *Set) Perturb(p Perturbation, seed uint64) (perturbed *Set, changed int) {
	out := *s
	out.Queries = slices.Clone(s.Queries)
	for i := range out.Queries {
		q := &out.Queries[i]
		text := p.apply(q.Text, rand.New(rand.NewPCG(seed, s.chance(q.ID, string(p), seed))))
		if text != q.Text {
			changed++
		}
		q.Text = text
	}
	return &out, changed
}

func (p Perturbation) apply(text string, rng *rand.Rand) string {
	switch p {
	case Typo:
		return typo(text, rng)
	case Spacing:
		return strings.Join(strings.Fields(text), "")
	case Wrap:
		return framed(text, letters, rng)
	case Ask:
		return framed(text, asks, rng)
	case Latin:
		return typedInLatin(text)
	case Upper:
		return strings.ToUpper(text)
	}
	return text
}

// A frame is what stands before and behind a question.
type frame struct{ before, behind string }

// letters and asks have Korean frames and English ones.
var (
	letters = map[bool][]frame{
		true: {
			{"안녕하세요, 항상 친절하게 답해 주셔서 감사드립니다. 며칠 동안 여기저기 찾아보았지만 마땅한 설명이 보이지 않아 이렇게 글을 남깁니다. ", " 혹시 시간이 되실 때 알려 주시면 큰 도움이 되겠습니다. 날씨가 추운데 건강 조심하시고 좋은 하루 보내시기 바랍니다."},
			{"팀장님 지난주에 말씀하신 자료를 준비하는 중인데 한 가지 막히는 부분이 있어서 여쭤봅니다 다른 분들께도 물어봤는데 아무도 모르시더라고요 ", " 급한 일은 아니지만 금요일 회의 전까지는 정리해 두고 싶습니다 번거롭게 해 드려 죄송하고 미리 감사드립니다"},
			{"동생이 숙제를 하다가 물어봤는데 제가 대답을 못 했어요. 부끄럽지만 저도 배운 지가 오래되어서 기억이 나지 않네요. ", " 아시는 분이 계시면 짧게라도 답글 부탁드려요. 읽어 주셔서 고맙습니다!"},
		},
		false: {
			{"Hello everyone, I hope you are all doing well and that this is the right place to post. I have spent most of the afternoon looking around and could not make sense of it. ", " Any hint would be very welcome, however short. Thank you so much for your time and have a great weekend."},
			{"hi team, sorry to bother you again so soon after the last meeting but my manager would like an answer before we send the slides around ", " no rush at all, just whenever you get a minute between other things, thanks a lot in advance and see you on monday"},
			{"My daughter came home with this today and, to be honest, I had no idea what to tell her. It has been a long time since I was at school. ", " If somebody could explain it in a few words, we would both be grateful. Best wishes to all of you!"},
		},
	}
	asks = map[bool][]frame{
		true: {
			{"", "에 대해 알려 주실 수 있나요?"},
			{"", " 이게 무엇인지 궁금합니다"},
			{"혹시 ", " 이거 어떻게 되는 건가요?"},
			{"", "이란 무엇인가요?"},
			{"다음이 무슨 뜻인지 설명해 줄래요: ", ""},
			{"", "가 뭐죠?"},
		},
		false: {
			{"Could you please tell me about the following: ", ""},
			{"I would like to know this: ", ""},
			{"What is meant by ", " exactly?"},
			{"Does anybody know ", ", please?"},
			{"I am wondering about ", " and where I can find it"},
			{"How do I find out: ", ""},
		},
	}
)

// framed puts a question into a frame of its language.
func framed(text string, frames map[bool][]frame, rng *rand.Rand) string {
	all := frames[strings.ContainsFunc(text, isSyllable)]
	f := all[rng.IntN(len(all))]
	if f.behind != "" && !strings.HasPrefix(f.behind, " ") {
		text = strings.TrimRight(text, ".?!")
	}
	return f.before + text + f.behind
}

func isSyllable(r rune) bool { return 0xAC00 <= r && r <= 0xD7A3 }

// typo misspells a word, or two of a long question. Words of four Latin letters or two
// syllables and more can be.
func typo(text string, rng *rand.Rand) string {
	runes := []rune(text)
	type span struct{ from, to int }
	var words []span
	for i := 0; i < len(runes); {
		n := 1
		if unicode.IsLetter(runes[i]) {
			for i+n < len(runes) && unicode.IsLetter(runes[i+n]) && isSyllable(runes[i+n]) == isSyllable(runes[i]) {
				n++
			}
			if isSyllable(runes[i]) && n >= 2 || runes[i] < 0x80 && n >= 4 {
				words = append(words, span{i, i + n})
			}
		}
		i += n
	}
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	slip := min(len(words), 1)
	if len(runes) >= 60 {
		slip = min(len(words), 2)
	}
	// From the last word on, since a slip may change the length of its word.
	chosen := words[:slip]
	slices.SortFunc(chosen, func(a, b span) int { return b.from - a.from })
	for _, w := range chosen {
		word := runes[w.from:w.to]
		if isSyllable(word[0]) {
			word = slipHangul(word, rng)
		} else {
			word = slipLatin(word, rng)
		}
		runes = slices.Replace(runes, w.from, w.to, word...)
	}
	return string(runes)
}

// slipHangul replaces a letter of one syllable.
func slipHangul(word []rune, rng *rand.Rand) []rune {
	out := slices.Clone(word)
	at := rng.IntN(len(out))
	i := out[at] - 0xAC00
	initial, vowel, final := i/588, i/28%21, i%28
	switch rng.IntN(3) {
	case 0:
		initial = (initial + 1 + rune(rng.IntN(18))) % 19
	case 1:
		vowel = (vowel + 1 + rune(rng.IntN(20))) % 21
	default:
		final = (final + 1 + rune(rng.IntN(27))) % 28
	}
	out[at] = 0xAC00 + initial*588 + vowel*28 + final
	return out
}

// slipLatin swaps two letters, drops one, doubles one or takes another; not the first.
func slipLatin(word []rune, rng *rand.Rand) []rune {
	out := slices.Clone(word)
	at := 1 + rng.IntN(len(out)-1)
	switch rng.IntN(4) {
	case 0:
		at = max(2, at)
		out[at-1], out[at] = out[at], out[at-1]
	case 1:
		out = slices.Delete(out, at, at+1)
	case 2:
		out = slices.Insert(out, at, out[at])
	default:
		out[at] = 'a' + (unicode.ToLower(out[at])-'a'+1+rune(rng.IntN(25)))%26
	}
	return out
}

// The keys of the letters of a syllable, in Unicode's order, on a keyboard of two sets.
var (
	initialKeys = strings.Fields("r R s e E f a q Q t T d w W c z x v g")
	vowelKeys   = strings.Fields("k o i O j p u P h hk ho hl y n nj np nl b m ml l")
	finalKeys   = append([]string{""}, strings.Fields("r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g")...)
)

// typedInLatin types a text with the keyboard in English.
func typedInLatin(text string) string {
	var b strings.Builder
	for _, r := range text {
		if !isSyllable(r) {
			b.WriteRune(r)
			continue
		}
		i := r - 0xAC00
		b.WriteString(initialKeys[i/588] + vowelKeys[i/28%21] + finalKeys[i%28])
	}
	return b.String()
}
