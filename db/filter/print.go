package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// String returns e in the language. Parsed again, it is the same expression. A value that
// cannot be compared is written as ?, which does not parse.
func (e Expr) String() string {
	var b strings.Builder
	e.print(&b, false)
	return b.String()
}

// print writes e, in parentheses if it is an AND or OR below something else.
func (e Expr) print(b *strings.Builder, inside bool) {
	switch e.Kind() {
	case KindAll:
		b.WriteString("TRUE")
	case KindNone:
		b.WriteString("FALSE")
	case KindNot:
		b.WriteString("NOT ")
		e.n.args[0].print(b, true)
	case KindCondition:
		e.n.cond.print(b)
	default:
		word := " AND "
		if e.Kind() == KindOr {
			word = " OR "
		}
		if inside {
			b.WriteByte('(')
		}
		for i, a := range e.n.args {
			if i > 0 {
				b.WriteString(word)
			}
			a.print(b, true)
		}
		if inside {
			b.WriteByte(')')
		}
	}
}

func (c Condition) print(b *strings.Builder) {
	if c.Op == OpExists {
		b.WriteString("EXISTS ")
	}
	printField(b, c.Field)
	if c.Op == OpExists {
		return
	}
	fmt.Fprintf(b, " %v ", c.Op)
	if c.Op == OpIn {
		b.WriteByte('(')
	}
	for i, v := range c.Values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.String())
	}
	if c.Op == OpIn {
		b.WriteByte(')')
	}
}

// String writes v as a literal of the language.
func (v Value) String() string {
	switch v.typ {
	case TypeBool:
		if v.i != 0 {
			return "TRUE"
		}
		return "FALSE"
	case TypeNumber:
		if v.float {
			return strconv.FormatFloat(v.num, 'g', -1, 64)
		}
		return strconv.FormatInt(v.i, 10)
	case TypeTime, TypeString:
		return quote(v.text)
	}
	return "?"
}

// quote writes a string in double quotes; what a terminal would not show, or
// would obey, is escaped.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func printField(b *strings.Builder, name string) {
	if scanName(name) == len(name) && !isKeyword(name) {
		b.WriteString(name)
		return
	}
	b.WriteString("`" + strings.ReplaceAll(name, "`", "``") + "`")
}
