package tokenizer

import (
	"bytes"
	"encoding/json"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// loadReplace reads a Replace normalizer. Three shapes exist: a plain string, a
// run of one character such as " {2,}" (nearly every file), and any other
// regular expression that means the same here and in the reference.
func loadReplace(field string, raw json.RawMessage) (normalizer, error) {
	var p struct {
		Pattern struct {
			String *string `json:"String"`
			Regex  *string `json:"Regex"`
		} `json:"pattern"`
		Content string `json:"content"`
	}
	if err := decode(field, raw, &p); err != nil {
		return nil, err
	}
	switch {
	case p.Pattern.String != nil && *p.Pattern.String != "":
		return replaceString{[]byte(*p.Pattern.String), []byte(p.Content)}, nil
	case p.Pattern.Regex != nil:
		return loadReplaceRegex(field+".pattern.Regex", *p.Pattern.Regex, p.Content)
	}
	return nil, invalid(field+".pattern", "neither a String nor a Regex")
}

// loadReplaceRegex accepts patterns that mean the same to Go and to the reference
// (Oniguruma). The two differ in classes such as \w and \d, which are ASCII in Go, in
// anchors, and in features that only one of them has.
func loadReplaceRegex(field, pattern, content string) (normalizer, error) {
	translated, ok := translateRegex(pattern)
	if !ok {
		return nil, unsupported(field, `%q: its meaning depends on the engine (anchors, flags, classes other than \s)`, pattern)
	}
	tree, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return nil, unsupported(field, "%q: %v", pattern, err)
	}
	if run, ok := asRun(tree, content); ok {
		return run, nil
	}
	re, err := regexp.Compile(translated)
	if err != nil {
		return nil, unsupported(field, "%q: %v", pattern, err)
	}
	if re.MatchString("") {
		return nil, unsupported(field, "%q matches the empty text", pattern)
	}
	return replaceRegexp{re, []byte(content)}, nil
}

// translateRegex expands \s, and reports whether the rest of the pattern means the same in
// both engines.
func translateRegex(pattern string) (string, bool) {
	const space = `\t-\r\x{85}\p{Z}`
	var out strings.Builder
	inside := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			switch n := pattern[i]; {
			case n == 's' && inside:
				out.WriteString(space)
			case n == 's':
				out.WriteString("[" + space + "]")
			case n != 'n' && n != 't' && n != 'r' && (n >= 'a' && n <= 'z' || n >= 'A' && n <= 'Z' || n >= '0' && n <= '9'):
				return "", false
			default:
				out.WriteString(pattern[i-1 : i+1])
			}
			continue
		case inside && (c == '[' || c == '&'), c == '$', c == '^' && !inside && (i == 0 || pattern[i-1] != '['),
			c == '(' && strings.HasPrefix(pattern[i:], "(?"):
			return "", false
		case c == '[':
			inside = true
			out.WriteByte(c)
			if strings.HasPrefix(pattern[i+1:], "^") {
				out.WriteByte('^')
				i++
			}
			continue
		case c == ']':
			inside = false
		}
		out.WriteByte(pattern[i])
	}
	return out.String(), true
}

// asRun recognises c{n,} and c+ for a single character c.
func asRun(tree *syntax.Regexp, content string) (replaceRun, bool) {
	n := tree.Min
	if tree.Op == syntax.OpPlus {
		n = 1
	} else if tree.Op != syntax.OpRepeat || tree.Max != -1 || n < 1 {
		return replaceRun{}, false
	}
	if tree.Flags&syntax.NonGreedy != 0 {
		return replaceRun{}, false
	}
	lit := tree.Sub[0]
	if lit.Op != syntax.OpLiteral || len(lit.Rune) != 1 || lit.Flags&syntax.FoldCase != 0 {
		return replaceRun{}, false
	}
	return replaceRun{utf8.AppendRune(nil, lit.Rune[0]), n, []byte(content)}, true
}

type replaceString struct{ old, content []byte }

func (p replaceString) append(_ *encoder, dst, src []byte) []byte {
	for {
		i := bytes.Index(src, p.old)
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(append(dst, src[:i]...), p.content...)
		src = src[i+len(p.old):]
	}
}

// replaceRun replaces every longest run of at least min times char.
type replaceRun struct {
	char    []byte
	min     int
	content []byte
}

func (p replaceRun) append(_ *encoder, dst, src []byte) []byte {
	for {
		i := bytes.Index(src, p.char)
		if i < 0 {
			return append(dst, src...)
		}
		j, n := i, 0
		for bytes.HasPrefix(src[j:], p.char) {
			j += len(p.char)
			n++
		}
		if n >= p.min {
			dst = append(append(dst, src[:i]...), p.content...)
		} else {
			dst = append(dst, src[:j]...)
		}
		src = src[j:]
	}
}

type replaceRegexp struct {
	re      *regexp.Regexp
	content []byte
}

func (p replaceRegexp) append(_ *encoder, dst, src []byte) []byte {
	for {
		m := p.re.FindIndex(src)
		if m == nil {
			return append(dst, src...)
		}
		dst = append(append(dst, src[:m[0]]...), p.content...)
		src = src[m[1]:]
	}
}
