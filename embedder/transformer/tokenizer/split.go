package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// splitter is a pre-tokenizer. It calls e.word(next, w) for every word w in text, which is
// not empty. A splitter that rewrites text does so in e.words[next-1].
type splitter interface {
	split(e *encoder, next int, text []byte)
}

// loadSplitter appends the stages that raw describes; a Sequence is flattened.
func (t *Tokenizer) loadSplitter(stages []splitter, field string, raw json.RawMessage) ([]splitter, error) {
	if isNull(raw) {
		return stages, nil
	}
	var p struct {
		Type          string            `json:"type"`
		Pretokenizers []json.RawMessage `json:"pretokenizers"`
		Behavior      string            `json:"behavior"`
	}
	if err := decode(field, raw, &p); err != nil {
		return nil, err
	}
	switch p.Type {
	case "Sequence":
		for i, s := range p.Pretokenizers {
			var err error
			if stages, err = t.loadSplitter(stages, fmt.Sprintf("%s.pretokenizers[%d]", field, i), s); err != nil {
				return nil, err
			}
		}
		return stages, nil
	case "WhitespaceSplit":
		return append(stages, whitespaceSplit{}), nil
	case "Whitespace":
		return append(stages, whitespace{}), nil
	case "BertPreTokenizer":
		return append(stages, whitespaceSplit{}, punctuation{}), nil
	case "Punctuation":
		if p.Behavior != "" && p.Behavior != "Isolated" {
			return nil, unsupported(field+".behavior", "%q", p.Behavior)
		}
		return append(stages, punctuation{}), nil
	case "Metaspace":
		m, err := loadMetaspace(field, raw)
		if err != nil {
			return nil, err
		}
		return append(stages, m), nil
	}
	return nil, unsupported(field+".type", "%q", p.Type)
}

// whitespaceSplit splits at white space and removes it.
type whitespaceSplit struct{}

func (whitespaceSplit) split(e *encoder, next int, text []byte) {
	start := 0
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		if r <= ' ' || r >= 0x85 {
			if unicode.IsSpace(r) {
				e.word(next, text[start:i])
				start = i + n
				if e.full() {
					return
				}
			}
		}
		i += n
	}
	e.word(next, text[start:])
}

// punctuation makes every punctuation character a word of its own.
type punctuation struct{}

func (punctuation) split(e *encoder, next int, text []byte) {
	start := 0
	for i := 0; i < len(text) && !e.full(); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		if e.t.tables.IsPunct(r) {
			e.word(next, text[start:i])
			e.word(next, text[i:i+n])
			start = i + n
		}
		i += n
	}
	e.word(next, text[start:])
}

// whitespace splits into \w+ and [^\w\s]+.
type whitespace struct{}

func (whitespace) split(e *encoder, next int, text []byte) {
	const space, word, other = 0, 1, 2
	start, was := 0, space
	for i := 0; i < len(text) && !e.full(); {
		r, n := utf8.DecodeRune(text[i:])
		is := other
		if e.t.tables.IsWord(r) {
			is = word
		} else if unicode.IsSpace(r) {
			is = space
		}
		if is != was {
			if was != space {
				e.word(next, text[start:i])
			}
			start, was = i, is
		}
		i += n
	}
	if was != space {
		e.word(next, text[start:])
	}
}

// metaspace writes spaces as a visible character, SentencePiece's ▁, puts one
// before the text, and splits before each of them.
type metaspace struct {
	mark   []byte
	scheme string // which texts get one in front: "always", "first" or "never"
	whole  bool   // don't split
}

func loadMetaspace(field string, raw json.RawMessage) (metaspace, error) {
	var p struct {
		Replacement    string `json:"replacement"`
		AddPrefixSpace *bool  `json:"add_prefix_space"`
		Scheme         string `json:"prepend_scheme"`
		Split          *bool  `json:"split"`
	}
	if err := decode(field, raw, &p); err != nil {
		return metaspace{}, err
	}
	if utf8.RuneCountInString(p.Replacement) != 1 {
		return metaspace{}, invalid(field+".replacement", "%q, want one character", p.Replacement)
	}
	m := metaspace{mark: []byte(p.Replacement), scheme: p.Scheme, whole: p.Split != nil && !*p.Split}
	if p.AddPrefixSpace != nil && !*p.AddPrefixSpace { // as in files before 0.15
		if p.Scheme != "" && p.Scheme != "never" {
			return metaspace{}, invalid(field, "add_prefix_space is false but prepend_scheme is %q", p.Scheme)
		}
		m.scheme = "never"
	}
	switch m.scheme {
	case "":
		m.scheme = "always"
	case "always", "first", "never":
	default:
		return metaspace{}, invalid(field+".prepend_scheme", "%q", p.Scheme)
	}
	return m, nil
}

func (m metaspace) split(e *encoder, next int, text []byte) {
	for len(e.words) < next {
		e.words = append(e.words, nil)
	}
	buf := e.words[next-1][:0]
	if (m.scheme == "always" || m.scheme == "first" && e.first(text)) &&
		text[0] != ' ' && !bytes.HasPrefix(text, m.mark) {
		buf = append(buf, m.mark...)
	}
	for {
		i := bytes.IndexByte(text, ' ')
		if i < 0 {
			break
		}
		buf = append(append(buf, text[:i]...), m.mark...)
		text = text[i+1:]
	}
	buf = append(buf, text...)
	e.words[next-1] = buf
	if m.whole {
		e.word(next, buf)
		return
	}
	for len(buf) > 0 && !e.full() {
		i := bytes.Index(buf[1:], m.mark)
		if i < 0 {
			break
		}
		e.word(next, buf[:i+1])
		buf = buf[i+1:]
	}
	e.word(next, buf)
}

// checkFirst rejects prepend_scheme "first" after a normaliser that may drop the beginning
// of a text: the reference then treats the rest as a later part.
func (t *Tokenizer) checkFirst() error {
	for _, s := range t.split {
		if m, ok := s.(metaspace); !ok || m.scheme != "first" {
			continue
		}
		for _, n := range t.normalize {
			switch n := n.(type) {
			case stripAccents, nmt, bertNormalizer:
			case strip:
				if !n.left {
					continue
				}
			case replaceString, replaceRegexp:
			default:
				continue
			}
			return unsupported("pre_tokenizer.prepend_scheme", `"first" after a normalizer of type %T`, n)
		}
	}
	return nil
}
