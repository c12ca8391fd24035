package unitext

import "unicode/utf8"

// Grapheme cluster classes, numbered as tools/tokenizer/tables.py writes them.
const (
	gcbOther = iota
	gcbCR
	gcbLF
	gcbControl
	gcbExtend
	gcbZWJ
	gcbRegional
	gcbPrepend
	gcbSpacing
	gcbL
	gcbV
	gcbT
	gcbLV
	gcbLVT
	gcbPictographic
	gcbConsonant
)

// Grapheme returns the length in bytes of the first extended grapheme cluster
// of s, which starts at a cluster boundary (UAX #29, rules GB3 to GB999).
func (t *Tables) Grapheme(s []byte) int {
	r, n := utf8.DecodeRune(s)
	class := t.class(r)
	before := class & graphemeMask
	emoji := before == gcbPictographic // Extended_Pictographic Extend*, for GB11
	joined := false                    // … and then a ZWJ
	regionals := 0                     // GB12, GB13
	consonant, linked := before == gcbConsonant, false
	if before == gcbRegional {
		regionals = 1
	}
	for n < len(s) {
		r, size := utf8.DecodeRune(s[n:])
		class := t.class(r)
		after := class & graphemeMask
		if breaks(before, after, joined, regionals, linked) {
			break
		}
		n += size
		joined = emoji && after == gcbZWJ
		emoji = after == gcbPictographic || emoji && after == gcbExtend
		if after == gcbRegional {
			regionals++
		} else {
			regionals = 0
		}
		switch { // GB9c: Consonant [Extend Linker]* Linker [Extend Linker]* × Consonant
		case after == gcbConsonant:
			consonant, linked = true, false
		case class&incbLinker != 0:
			linked = consonant
		case class&incbExtend == 0:
			consonant, linked = false, false
		}
		before = after
	}
	return n
}

func breaks(before, after uint32, joined bool, regionals int, linked bool) bool {
	switch {
	case before == gcbCR && after == gcbLF: // GB3
		return false
	case before >= gcbCR && before <= gcbControl, after >= gcbCR && after <= gcbControl: // GB4, GB5
		return true
	case before == gcbL && (after == gcbL || after == gcbV || after == gcbLV || after == gcbLVT): // GB6
		return false
	case (before == gcbLV || before == gcbV) && (after == gcbV || after == gcbT): // GB7
		return false
	case (before == gcbLVT || before == gcbT) && after == gcbT: // GB8
		return false
	case after == gcbExtend, after == gcbZWJ, after == gcbSpacing, before == gcbPrepend: // GB9, GB9a, GB9b
		return false
	case after == gcbConsonant: // GB9c
		return !linked
	case before == gcbZWJ && after == gcbPictographic: // GB11
		return !joined
	case before == gcbRegional && after == gcbRegional: // GB12, GB13
		return regionals%2 == 0
	}
	return true
}

// Alone reports whether r always forms a cluster of its own when both its
// neighbours do: it neither extends nor is extended, except by a character for which Alone
// is false.
func (t *Tables) Alone(r rune) bool {
	switch t.class(r) & graphemeMask {
	case gcbOther, gcbLV, gcbLVT:
		return true
	}
	return false
}
