package lexical

import "unicode"

// class is the kind of a character, for the splitter.
type class uint8

const (
	classNone   class = iota // a separator
	classLetter              // letters of alphabetic scripts, and the marks on them
	classDigit
	classHangul
	classCJK    // Han and kana, which are written without spaces
	classJoiner // . _ - ' + # · inside a token
)

const (
	middleDot = '·'
	// araea is a letter of old Hangul. As a character of its own, ㆍ, it is what Korean
	// keyboards have for a middle dot.
	araea = '\u119E'
)

func alnum(c class) bool { return c == classLetter || c == classDigit }

func classOf(r rune) class {
	switch {
	case r < 0x80:
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			return classLetter
		case '0' <= r && r <= '9':
			return classDigit
		case r == '.' || r == '_' || r == '-' || r == '\'' || r == '+' || r == '#' || r == ',':
			return classJoiner
		}
		return classNone
	case 0xAC00 <= r && r <= 0xD7A3 || 0x1100 <= r && r <= 0x11FF || 0xA960 <= r && r <= 0xA97F || 0xD7B0 <= r && r <= 0xD7FF:
		return classHangul
	case r == '\u2019', r == middleDot: // the apostrophe of typesetters; 6·25
		return classJoiner
	case 0x3041 <= r && r <= 0x3096 || 0x30A1 <= r && r <= 0x30FA || r == 0x30FC || unicode.Is(unicode.Han, r):
		return classCJK
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return classLetter
	case unicode.IsDigit(r):
		return classDigit
	}
	return classNone
}
