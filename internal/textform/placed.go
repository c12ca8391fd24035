package textform

import (
	"iter"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Place is a part of a text, in bytes: text[From:To].
type Place struct{ From, To int32 }

// Placed yields the characters of Normal(text), each with the part of the text that it
// comes from. Syllables that were spelled out come from all letters of their run.
func Placed(text string) iter.Seq2[rune, Place] {
	at := special(text)
	return func(yield func(rune, Place) bool) {
		if at == len(text) || at < 0 && norm.NFKC.IsNormalString(text) {
			for i, r := range text {
				if !yield(r, placeAt(text, i)) {
					return
				}
			}
			return
		}
		seen, places := seen(text)
		for n := 0; seen != ""; {
			end := norm.NFKC.NextBoundaryInString(seen, true)
			was := []rune(seen[:end])
			whole := places[n : n+len(was)]
			n += len(was)
			same := true // as far as it is the same, each character has its own place
			i := 0
			for _, r := range norm.NFKC.String(seen[:end]) {
				same = same && i < len(was) && was[i] == r
				p := Place{whole[min(i, len(whole)-1)].From, whole[len(whole)-1].To}
				if same {
					p = whole[i]
					i++
				}
				if !yield(r, p) {
					return
				}
			}
			seen = seen[end:]
		}
	}
}

// seen is the visible form of a text, with the place of each of its characters.
func seen(text string) (string, []Place) {
	out := make([]rune, 0, len(text))
	places := make([]Place, 0, len(text))
	var letters []rune
	var run Place // of letters
	spelled := func() {
		out = spell(out, letters)
		for len(places) < len(out) {
			places = append(places, run)
		}
		letters = letters[:0]
	}
	before := rune(utf8.RuneError)
	for i, r := range text {
		j := jamo(r)
		switch {
		case j != 0:
			if len(letters) == 0 {
				run.From = int32(i)
			}
			letters = append(letters, j)
			run.To = placeAt(text, i).To
		case Invisible(r) && (r != joiner || !pictured(before)):
		default:
			spelled()
			out, places = append(out, r), append(places, placeAt(text, i))
		}
		before = r
	}
	spelled()
	return string(out), places
}

func placeAt(text string, i int) Place {
	_, n := utf8.DecodeRuneInString(text[i:])
	return Place{int32(i), int32(i + n)}
}
