package filter

import (
	"fmt"
	"strings"
	"unicode"
)

// A pattern is what LIKE and ILIKE compare with, taken apart at its percent signs: a text
// matches if it begins with the first part, ends with the last, and has the others in
// between, in order.
type pattern struct {
	parts []part
	folds bool // without regard to case
}

// A part is a run of characters, of which some may be any.
type part struct {
	runes []rune // anyRune stands for any
	text  string // the same, if none is any and case counts
	plain bool
}

const anyRune rune = -1

// compile reads a pattern: % is any text, _ any character, and a backslash takes their
// meaning away.
func compile(s string, folds bool) (pattern, error) {
	p := pattern{folds: folds}
	cur := part{plain: !folds}
	end := func() {
		if cur.plain {
			cur.text = string(cur.runes)
		}
		p.parts = append(p.parts, cur)
		cur = part{plain: !folds}
	}
	escaped := false
	for _, r := range s {
		switch {
		case escaped && r != '%' && r != '_' && r != '\\':
			return p, fmt.Errorf("%w: the pattern %q has \\ before %q: it stands before %%, _ and \\ only", ErrValue, clip(s), r)
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == '%':
			end()
		case !escaped && r == '_':
			cur.runes, cur.plain = append(cur.runes, anyRune), false
		case folds:
			cur.runes = append(cur.runes, foldRune(r))
		default:
			cur.runes = append(cur.runes, r)
		}
		escaped = false
	}
	if escaped {
		return p, fmt.Errorf("%w: the pattern %q ends with a backslash; a backslash itself is written twice", ErrValue, clip(s))
	}
	end()
	return p, nil
}

// Escape makes a pattern of LIKE that stands for the text itself.
func Escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// foldRune is the smallest of the characters that differ from r by case alone.
func foldRune(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z' || r >= 0x2e80 && r <= 0xd7ff: // the scripts of East Asia have no case
		return r
	case 'a' <= r && r <= 'z' && r != 'k' && r != 's':
		return r - 'a' + 'A'
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// match reports whether a composed text has the pattern's form.
func (p *pattern) match(s string) bool {
	first, last := &p.parts[0], &p.parts[len(p.parts)-1]
	n, ok := p.prefix(first, s)
	if !ok {
		return false
	}
	s = s[n:]
	if len(p.parts) == 1 {
		return s == ""
	}
	for i := 1; i < len(p.parts)-1; i++ {
		n, ok := p.find(&p.parts[i], s)
		if !ok {
			return false
		}
		s = s[n:]
	}
	return p.suffix(last, s)
}

// prefix returns the length of the part that s begins with.
func (p *pattern) prefix(t *part, s string) (n int, ok bool) {
	if t.plain {
		return len(t.text), strings.HasPrefix(s, t.text)
	}
	i := 0
	for at, r := range s {
		if i == len(t.runes) {
			return at, true
		}
		if want := t.runes[i]; want != anyRune && want != r && (!p.folds || want != foldRune(r)) {
			return 0, false
		}
		i++
	}
	return len(s), i == len(t.runes)
}

// find returns the end of the first place in s where the part stands.
func (p *pattern) find(t *part, s string) (end int, ok bool) {
	if t.plain {
		i := strings.Index(s, t.text)
		return i + len(t.text), i >= 0
	}
	if len(t.runes) == 0 {
		return 0, true
	}
	for at := range s {
		if n, ok := p.prefix(t, s[at:]); ok {
			return at + n, true
		}
	}
	return 0, false
}

// suffix reports whether s ends with the part.
func (p *pattern) suffix(t *part, s string) bool {
	if t.plain {
		return strings.HasSuffix(s, t.text)
	}
	over := len([]rune(s)) - len(t.runes)
	if over < 0 {
		return false
	}
	for at := range s {
		if over == 0 {
			s = s[at:]
			break
		}
		over--
	}
	if over > 0 || len(t.runes) == 0 {
		return len(t.runes) == 0
	}
	n, ok := p.prefix(t, s)
	return ok && n == len(s)
}

// Prefix is a text that every string which meets a STARTS WITH or a LIKE begins with:
// composed, and empty for other conditions.
func (e Expr) Prefix() string {
	switch c := e.Condition(); {
	case c.Op == OpStartsWith:
		return c.Values[0].text
	case c.Op == OpLike && !e.n.invalid && e.n.like.parts[0].plain:
		return e.n.like.parts[0].text
	}
	return ""
}
