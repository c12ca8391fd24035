package filter

import (
	"fmt"
	"strings"
)

// Hints guess what was meant, from habits of SQL, Go, JavaScript and word processors.

// strangeHint is for a character that cannot start a token.
func strangeHint(r rune) string {
	switch {
	case strings.ContainsRune("“”„«»", r):
		return `use straight quotes: "`
	case strings.ContainsRune("‘’", r):
		return "use straight quotes: '"
	case r >= 0xff01 && r <= 0xff5e: // fullwidth forms of ASCII
		return fmt.Sprintf("did you mean %c?", r-0xfee0)
	case r == '≤', r == '≥', r == '≠':
		return "did you mean " + map[rune]string{'≤': "<=", '≥': ">=", '≠': "!="}[r] + "?"
	case r == ';':
		return "a filter is one expression"
	case r == '[' || r == ']':
		return "lists are written in parentheses"
	case r == '.':
		return "write 0.5, not .5"
	}
	return ""
}

// operatorHint is for a token in place of an operator.
func (p *parser) operatorHint(field string) string {
	t := p.tok
	switch strings.ToUpper(t.raw) {
	case "==", "===", ":", ":=", "IS", "EQ":
		return "did you mean =?"
	case "<>", "!==", "=!", "!", "~=", "^=", "NE":
		return "did you mean !=?"
	case "=<", "LE":
		return "did you mean <=?"
	case "=>", "GE":
		return "did you mean >=?"
	case "LT":
		return "did you mean <?"
	case "GT":
		return "did you mean >?"
	case "BETWEEN":
		return field + " >= low AND " + field + " <= high"
	case "~", "=~", "MATCHES", "GLOB", "REGEXP", "RLIKE":
		return "patterns are written " + field + ` LIKE "%text%"`
	case "STARTSWITH", "STARTS_WITH", "PREFIX":
		return "did you mean STARTS WITH?"
	case "ENDSWITH", "ENDS_WITH", "ENDS", "$=":
		return field + ` LIKE "%text"`
	case "HAS", "INCLUDES":
		return "did you mean CONTAINS?"
	case "EXISTS":
		return "did you mean EXISTS " + field + "?"
	}
	switch {
	case t.kind == tokEnd, t.is("AND"), t.is("OR"), t.is(")"):
		return "a condition compares: " + field + " = TRUE, or EXISTS " + field
	case t.kind == tokOp && opOf(t.raw[:1]) != 0:
		return "put a space between operators"
	case t.kind == tokWord:
		return "a name with spaces goes in backquotes"
	}
	return ""
}

// fieldHint is for a token in place of a field.
func (p *parser) fieldHint() string {
	t := p.tok
	switch {
	case t.kind == tokString:
		var b strings.Builder
		printField(&b, clip(t.text))
		return "fields are not quoted: " + b.String()
	case t.kind == tokNumber:
		return "the field comes first: year >= 2020"
	case strings.HasPrefix(t.raw, "!"):
		return "did you mean NOT?"
	case t.kind == tokWord:
		return "a field named like a keyword goes in backquotes: `" + t.raw + "`"
	}
	return ""
}

// valueHint is for a token in place of a value.
func (p *parser) valueHint() string {
	t := p.tok
	switch {
	case t.kind == tokWord && (strings.EqualFold(t.raw, "null") || strings.EqualFold(t.raw, "nil") || strings.EqualFold(t.raw, "none")):
		return "use EXISTS or NOT EXISTS"
	case t.kind == tokWord && !isKeyword(t.raw):
		return "strings are quoted: " + quote(clip(t.raw))
	case t.is("("):
		return "only IN takes a list"
	case t.kind == tokOp:
		return "put no space inside an operator"
	case t.is(")"):
		return "values are separated by commas"
	}
	return ""
}

// joinHint is for a token after a complete condition.
func (p *parser) joinHint() string {
	t := p.tok
	switch {
	case t.is("&&"), t.is("&"), t.is(","):
		return "did you mean AND?"
	case t.is("||"), t.is("|"):
		return "did you mean OR?"
	case t.is(")"):
		return "there is no opening parenthesis for it"
	case t.kind == tokWord && len(t.raw) <= 4:
		return "AND and OR join conditions"
	}
	return ""
}
