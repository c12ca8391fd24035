package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep objects may nest.
const maxDepth = 32

// metadata collects a record's fields under flat names.
type metadata struct {
	fields map[string]any
	notes  *notes
	line   int64
	opts   *Options
}

// note notes that a value was changed.
func (m *metadata) note(format string, args ...any) { m.notes.value(m.line, format, args...) }

// add stores a value under a name, which must be new and not empty.
func (m *metadata) add(name string, value any) error {
	if name == "" {
		return errors.New("a field has an empty name")
	}
	if _, ok := m.fields[name]; ok {
		return fmt.Errorf("field %q appears twice", name)
	}
	if s, ok := value.(string); ok && m.opts.isNull(name, s) {
		return nil
	}
	if m.fields == nil {
		m.fields = map[string]any{}
	}
	m.fields[name] = value
	return nil
}

// readJSON reads the next value of dec and stores it under name. Objects become fields
// with dots between the names; null is ignored.
func (m *metadata) readJSON(dec *jsontext.Decoder, name string, depth int) error {
	switch dec.PeekKind() {
	case jsontext.KindBeginObject:
		return m.readObject(dec, name+".", depth+1)
	case jsontext.KindBeginArray:
		list, err := m.readList(dec, name)
		if err != nil {
			return err
		}
		return m.add(name, list)
	default:
		return m.readScalar(dec, name)
	}
}

// readScalar reads a value that is neither an object nor an array.
func (m *metadata) readScalar(dec *jsontext.Decoder, name string) error {
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case jsontext.KindNull:
		return nil
	case jsontext.KindString:
		return m.add(name, tok.String())
	case jsontext.KindTrue, jsontext.KindFalse:
		return m.add(name, tok.Bool())
	default:
		number, err := parseNumber(tok.String())
		if err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		return m.add(name, number)
	}
}

// readObject reads an object and stores its fields with prefix before their names.
func (m *metadata) readObject(dec *jsontext.Decoder, prefix string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("field %q nests deeper than %d objects", strings.TrimSuffix(prefix, "."), maxDepth)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndObject {
		key, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := key.String()
		if name == "" {
			return errors.New("a field has an empty name")
		}
		if err := m.readJSON(dec, prefix+name, depth); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// readList reads an array. Strings stay strings and numbers numbers; those beside strings,
// and booleans, become strings as they are written; an array of anything else becomes its
// JSON text.
func (m *metadata) readList(dec *jsontext.Decoder, name string) (any, error) {
	raw, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	elements := jsontext.NewDecoder(bytes.NewReader(raw))
	if _, err := elements.ReadToken(); err != nil {
		return nil, err
	}
	list, numbers, scalars := []string{}, []any{}, false
	for elements.PeekKind() != jsontext.KindEndArray {
		kind := elements.PeekKind()
		switch kind {
		case jsontext.KindNull, jsontext.KindBeginArray, jsontext.KindBeginObject:
			m.note("field %q holds an array with %s in it: stored as JSON text", name, kindName(kind))
			return string(raw), nil
		default:
		}
		tok, err := elements.ReadToken()
		if err != nil {
			return nil, err
		}
		scalars = scalars || kind != jsontext.KindString
		list = append(list, tok.String())
		if kind == jsontext.KindNumber {
			number, err := parseNumber(tok.String())
			if err != nil {
				return nil, fmt.Errorf("field %q: %w", name, err)
			}
			numbers = append(numbers, number)
		}
	}
	if !scalars {
		return list, nil
	}
	if out, ok := numberList(numbers, len(list)); ok {
		return out, nil
	}
	m.note("field %q holds a list of booleans, or of numbers and others: its elements are stored as strings", name)
	return list, nil
}

// numberList makes a list of n elements that are all numbers: integers, or floats if one
// of them is a float and none is beyond what a float holds.
func numberList(numbers []any, n int) (list any, ok bool) {
	if len(numbers) != n {
		return nil, false
	}
	ints, floats := make([]int64, 0, n), make([]float64, 0, n)
	exact := true
	for _, x := range numbers {
		switch x := x.(type) {
		case int64:
			ints, floats = append(ints, x), append(floats, float64(x))
			exact = exact && x > -exactFloat && x < exactFloat
		case float64:
			floats = append(floats, x)
		}
	}
	if len(ints) == n {
		return ints, true
	}
	return floats, exact
}

// parseNumber reads a JSON number: an int64 if it is written as an integer, a
// float64 otherwise.
func parseNumber(s string) (any, error) {
	if !strings.ContainsAny(s, ".eE") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("integer %s exceeds 64 bits; write it as a string or with a decimal point", clip(s))
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("number %s exceeds a 64-bit float", clip(s))
	}
	return f, nil
}

// exactFloat bounds the whole numbers that a float64 holds exactly.
const exactFloat = 1 << 53

// wholeNumber reads an integer, also one that was written as a float, such as "3.0", by
// a tool that has no integers beside nulls.
func wholeNumber(s string) (n int64, changed bool, err error) {
	if n, err = strconv.ParseInt(s, 10, 64); err == nil || !strings.ContainsAny(s, ".eE") {
		return n, false, err
	}
	f, ferr := strconv.ParseFloat(s, 64)
	if ferr != nil || f != math.Trunc(f) || math.Abs(f) >= exactFloat {
		return 0, false, err
	}
	return int64(f), true, nil
}

// kindName names a kind of JSON value.
func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "a boolean"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	default:
		return "not JSON"
	}
}

// clip shortens what a message quotes.
func clip(s string) string {
	const limit = 40
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// explainJSON explains a decoder's error, with the column from 1.
func explainJSON(err error) error {
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return errors.New("the JSON object has no end")
		}
		return err
	}
	at := ""
	if p := string(syntax.JSONPointer); p != "" {
		at = " at " + clip(p)
	}
	switch {
	case errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return fmt.Errorf("a key appears twice%s (column %d)", at, syntax.ByteOffset+1)
	case errors.Is(syntax.Err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the JSON is incomplete%s (column %d)", at, syntax.ByteOffset+1)
	}
	return fmt.Errorf("not JSON: %w%s (column %d)", syntax.Err, at, syntax.ByteOffset+1)
}
