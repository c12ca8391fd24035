package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads an expression in the language of the package comment, within the
// default Limits. The error is a *ParseError; errors.Is tells ErrSyntax,
// ErrLimit and ErrValue apart. Empty text is an error, so that a variable that
// is not set never means everything: TRUE does.
func Parse(s string) (Expr, error) { return Limits{}.Parse(s) }

// Parse is the function Parse with other limits.
func (l Limits) Parse(s string) (Expr, error) {
	p := &parser{src: s, lim: l.withDefaults()}
	if len(s) > p.lim.MaxLength {
		p.src = "" // too long to draw
		return Expr{}, p.failAs(ErrLimit, 0, "", "the filter has %d bytes, at most %d", len(s), p.lim.MaxLength)
	}
	if i := invalidUTF8(s); i >= 0 {
		return Expr{}, p.fail(i, "", "not valid UTF-8")
	}
	e, err := p.whole()
	if err != nil {
		return Expr{}, err
	}
	return e, nil
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// A parser descends recursively with one token of sight; a method per rule of
// the grammar.
type parser struct {
	src        string
	lim        Limits
	pos        int   // behind tok
	end        int   // behind the token before tok
	tok        token // the next token
	depth      int
	conditions int
}

// fail makes a syntax error at a byte offset.
func (p *parser) fail(at int, hint, format string, args ...any) error {
	return p.failAs(ErrSyntax, at, hint, format, args...)
}

func (p *parser) failAs(kind error, at int, hint, format string, args ...any) error {
	return &ParseError{
		Input:   p.src,
		Column:  utf8.RuneCountInString(p.src[:at]) + 1,
		Message: fmt.Sprintf(format, args...),
		Hint:    hint,
		Err:     kind,
	}
}

// whole reads: expr end.
func (p *parser) whole() (Expr, error) {
	if err := p.next(); err != nil {
		return Expr{}, err
	}
	if p.tok.kind == tokEnd {
		return Expr{}, p.fail(0, "TRUE matches everything", "the filter is empty")
	}
	e, err := p.expr()
	if err != nil {
		return Expr{}, err
	}
	if p.tok.kind != tokEnd {
		return Expr{}, p.fail(p.tok.at, p.joinHint(), "expected AND, OR or the end, found %s", p.tok.describe())
	}
	return e, nil
}

// expr reads: term { OR term }.
func (p *parser) expr() (Expr, error) { return p.list("OR", Or, p.term) }

// term reads: factor { AND factor }.
func (p *parser) term() (Expr, error) { return p.list("AND", And, p.factor) }

func (p *parser) list(word string, join func(...Expr) Expr, part func() (Expr, error)) (Expr, error) {
	var parts []Expr
	for {
		e, err := part()
		if err != nil {
			return Expr{}, err
		}
		parts = append(parts, e)
		if !p.tok.is(word) {
			return join(parts...), nil
		}
		if err := p.next(); err != nil {
			return Expr{}, err
		}
	}
}

// factor reads: NOT factor | "(" expr ")" | TRUE | FALSE | condition.
func (p *parser) factor() (Expr, error) {
	if p.depth++; p.depth > p.lim.MaxDepth {
		return Expr{}, p.failAs(ErrLimit, p.tok.at, "", "nested more than %d deep", p.lim.MaxDepth)
	}
	defer func() { p.depth-- }()

	switch {
	case p.tok.is("NOT"):
		if err := p.next(); err != nil {
			return Expr{}, err
		}
		e, err := p.factor()
		return Not(e), err
	case p.tok.is("("):
		return p.parenthesised()
	case p.tok.is("TRUE"):
		return All(), p.next()
	case p.tok.is("FALSE"):
		return None(), p.next()
	}
	if p.conditions++; p.conditions > p.lim.MaxConditions {
		return Expr{}, p.failAs(ErrLimit, p.tok.at, "", "more than %d conditions", p.lim.MaxConditions)
	}
	return p.condition()
}

func (p *parser) parenthesised() (Expr, error) {
	open := p.tok.at
	if err := p.next(); err != nil {
		return Expr{}, err
	}
	e, err := p.expr()
	if err != nil {
		return Expr{}, err
	}
	switch {
	case p.tok.is(")"):
		return e, p.next()
	case p.tok.kind == tokEnd:
		return Expr{}, p.fail(open, "end it with )", "this parenthesis has no end")
	}
	return Expr{}, p.fail(p.tok.at, p.joinHint(), "expected AND, OR or a closing parenthesis, found %s", p.tok.describe())
}

// condition reads: EXISTS field | field operator ….
func (p *parser) condition() (Expr, error) {
	start := p.tok.at
	if p.tok.is("EXISTS") {
		if err := p.next(); err != nil {
			return Expr{}, err
		}
		paren := p.tok.is("(") // EXISTS (field), as one writes in SQL
		if paren {
			if err := p.next(); err != nil {
				return Expr{}, err
			}
		}
		field, err := p.field()
		if err != nil {
			return Expr{}, err
		}
		if paren {
			if !p.tok.is(")") {
				return Expr{}, p.fail(p.tok.at, "", "expected a closing parenthesis, found %s", p.tok.describe())
			}
			err = p.next()
		}
		return Exists(field), err
	}

	field, err := p.field()
	if err != nil {
		return Expr{}, err
	}
	not := p.tok.is("NOT")
	if not {
		if err := p.next(); err != nil {
			return Expr{}, err
		}
	}
	var e Expr
	switch {
	case p.tok.is("IN"):
		e, err = p.in(field)
	case p.tok.is("CONTAINS"):
		e, err = p.compare(field, OpContains)
	case p.tok.is("STARTS"):
		e, err = p.startsWith(field)
	case p.tok.is("LIKE"):
		e, err = p.compare(field, OpLike)
	case p.tok.is("ILIKE"):
		e, err = p.compare(field, OpILike)
	case not:
		return Expr{}, p.fail(p.tok.at, "NOT stands before a whole condition: NOT "+field+" = …",
			"expected IN, CONTAINS, STARTS WITH, LIKE or ILIKE after NOT, found %s", p.tok.describe())
	case p.tok.kind == tokOp && opOf(p.tok.raw) != 0:
		e, err = p.compare(field, opOf(p.tok.raw))
	default:
		return Expr{}, p.fail(p.tok.at, p.operatorHint(p.src[start:p.end]),
			"expected an operator after the field, found %s", p.tok.describe())
	}
	if not {
		e = Not(e)
	}
	return e, err
}

func opOf(s string) Op {
	for op := OpEq; op <= OpGe; op++ {
		if opNames[op] == s {
			return op
		}
	}
	return 0
}

func (p *parser) field() (string, error) {
	t := p.tok
	if t.kind != tokQuoted && (t.kind != tokWord || isKeyword(t.raw)) {
		return "", p.fail(t.at, p.fieldHint(), "expected a field, found %s", t.describe())
	}
	return t.text, p.next()
}

// compare reads the value behind an operator.
func (p *parser) compare(field string, op Op) (Expr, error) {
	if err := p.next(); err != nil {
		return Expr{}, err
	}
	at := p.tok.at
	v, err := p.value(op)
	if err != nil {
		return Expr{}, err
	}
	e := condition(field, op, []Value{v}, nil)
	if e.n.err != nil { // a pattern
		return Expr{}, p.failAs(ErrValue, at, "", "%s", strings.TrimPrefix(e.n.err.Error(), ErrValue.Error()+": "))
	}
	return e, nil
}

// startsWith reads: STARTS WITH string.
func (p *parser) startsWith(field string) (Expr, error) {
	if err := p.next(); err != nil {
		return Expr{}, err
	}
	if !p.tok.is("WITH") {
		return Expr{}, p.fail(p.tok.at, "write STARTS WITH", "expected WITH after STARTS, found %s", p.tok.describe())
	}
	return p.compare(field, OpStartsWith)
}

// in reads "(" [ value { "," value } ] ")".
func (p *parser) in(field string) (Expr, error) {
	if err := p.next(); err != nil {
		return Expr{}, err
	}
	if !p.tok.is("(") {
		return Expr{}, p.fail(p.tok.at, "lists are written in parentheses: "+field+` IN ("a", "b")`,
			"expected an opening parenthesis after IN, found %s", p.tok.describe())
	}
	if err := p.next(); err != nil {
		return Expr{}, err
	}
	var values []Value
	for len(values) > 0 || !p.tok.is(")") {
		if len(values) == p.lim.MaxValues {
			return Expr{}, p.failAs(ErrLimit, p.tok.at, "", "more than %d values in one IN", p.lim.MaxValues)
		}
		v, err := p.value(OpIn)
		if err != nil {
			return Expr{}, err
		}
		values = append(values, v)
		if p.tok.is(")") {
			break
		}
		if !p.tok.is(",") {
			return Expr{}, p.fail(p.tok.at, "", "expected a comma or a closing parenthesis in the list, found %s", p.tok.describe())
		}
		if err := p.next(); err != nil {
			return Expr{}, err
		}
	}
	return condition(field, OpIn, values, nil), p.next()
}

// value reads a literal the operator can take.
func (p *parser) value(op Op) (Value, error) {
	t := p.tok
	var v Value
	switch {
	case t.kind == tokString:
		v = ofString(t.text)
	case t.kind == tokNumber:
		if v = ofNumber(strings.TrimPrefix(t.raw, "+")); v.typ == 0 {
			return v, p.failAs(ErrValue, t.at, "", "%s is too large", clip(t.raw))
		}
	case t.is("TRUE"), t.is("FALSE"):
		v = ofBool(t.is("TRUE"))
	default:
		return v, p.fail(t.at, p.valueHint(), "expected a value, found %s", t.describe())
	}
	if err := op.accepts(v); err != nil {
		return v, p.failAs(ErrValue, t.at, "", "%s", strings.TrimPrefix(err.Error(), ErrValue.Error()+": "))
	}
	return v, p.next()
}
