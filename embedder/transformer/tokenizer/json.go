package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// scanner reads JSON in place. For the vocabulary of a multilingual model (17 MB, 250,000
// pieces) encoding/json needs a second, and this a tenth of one. The other sections are
// cut out and decoded by encoding/json.
type scanner struct {
	data []byte
	pos  int
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("offset %d: %s", s.pos, fmt.Sprintf(format, args...))
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if got := s.peek(); got != c {
		if s.pos >= len(s.data) {
			return s.errorf("the file ends where %q is expected", c)
		}
		return s.errorf("%q where %q is expected", got, c)
	}
	s.pos++
	return nil
}

// list reads the elements between open and its closing bracket, calling elem
// at the start of each.
func (s *scanner) list(open, end byte, elem func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.peek() == end {
		s.pos++
		return nil
	}
	for {
		if err := elem(); err != nil {
			return err
		}
		if s.peek() == ',' {
			s.pos++
			continue
		}
		return s.expect(end)
	}
}

// object reads an object, calling member after each key.
func (s *scanner) object(member func(key string) error) error {
	return s.list('{', '}', func() error {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

func (s *scanner) str() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	start := s.pos
	for plain := true; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			raw := s.data[start:s.pos]
			s.pos++
			if plain && utf8.Valid(raw) {
				return string(raw), nil
			}
			var out string
			if err := json.Unmarshal(s.data[start-1:s.pos], &out); err != nil {
				return "", s.errorf("%v", err)
			}
			return out, nil
		case c == '\\':
			plain = false
			s.pos++
		case c < ' ':
			return "", s.errorf("control character %#x in a string", c)
		}
	}
	return "", s.errorf("the file ends in a string")
}

func (s *scanner) number() (float64, error) {
	s.peek()
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		if c := s.data[s.pos]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
	}
	f, err := strconv.ParseFloat(string(s.data[start:s.pos]), 64)
	if err != nil {
		return 0, s.errorf("%q where a number is expected", s.data[start:min(s.pos+1, len(s.data))])
	}
	return f, nil
}

// value cuts out the next value, of any type. It looks only at brackets and strings; the
// rest is checked when the value is decoded.
func (s *scanner) value() (json.RawMessage, error) {
	first := s.peek()
	start, depth := s.pos, 0
	if first != '{' && first != '[' && first != '"' {
		for s.pos < len(s.data) && bytes.IndexByte([]byte(",]} \t\r\n"), s.data[s.pos]) < 0 {
			s.pos++
		}
		if s.pos == start {
			return nil, s.errorf("a value is missing")
		}
		return s.data[start:s.pos], nil
	}
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			for s.pos++; s.pos < len(s.data) && s.data[s.pos] != '"'; s.pos++ {
				if s.data[s.pos] == '\\' {
					s.pos++
				}
			}
			if s.pos >= len(s.data) {
				return nil, s.errorf("the file ends in a string")
			}
		}
		s.pos++
		if depth == 0 {
			return s.data[start:s.pos], nil
		}
	}
	return nil, s.errorf("the file ends within a value")
}
