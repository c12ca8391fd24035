package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/unitext"
)

// normalizer rewrites text. It appends to dst the normalisation of src, which
// is valid UTF-8, in linear time, and may use e's scratch memory.
type normalizer interface {
	append(e *encoder, dst, src []byte) []byte
}

// loadNormalizer appends the stages that raw describes; a Sequence is
// flattened.
func (t *Tokenizer) loadNormalizer(stages []normalizer, field string, raw json.RawMessage) ([]normalizer, error) {
	if isNull(raw) {
		return stages, nil
	}
	var p struct {
		Type        string            `json:"type"`
		Normalizers []json.RawMessage `json:"normalizers"`
		StripLeft   bool              `json:"strip_left"`
		StripRight  bool              `json:"strip_right"`
		Prepend     string            `json:"prepend"`
		Charsmap    *string           `json:"precompiled_charsmap"`
	}
	if err := decode(field, raw, &p); err != nil {
		return nil, err
	}
	switch p.Type {
	case "Sequence":
		for i, n := range p.Normalizers {
			var err error
			if stages, err = t.loadNormalizer(stages, fmt.Sprintf("%s.normalizers[%d]", field, i), n); err != nil {
				return nil, err
			}
		}
		return stages, nil
	case "NFC":
		return append(stages, form(unitext.NFC)), nil
	case "NFD":
		return append(stages, form(unitext.NFD)), nil
	case "NFKC":
		return append(stages, form(unitext.NFKC)), nil
	case "NFKD":
		return append(stages, form(unitext.NFKD)), nil
	case "Lowercase":
		return append(stages, lowercase{}), nil
	case "StripAccents":
		return append(stages, stripAccents{}), nil
	case "Nmt":
		return append(stages, nmt{}), nil
	case "Strip":
		return append(stages, strip{p.StripLeft, p.StripRight}), nil
	case "Prepend":
		return append(stages, prepend(p.Prepend)), nil
	case "Replace":
		r, err := loadReplace(field, raw)
		if err != nil {
			return nil, err
		}
		return append(stages, r), nil
	case "BertNormalizer":
		b := bertNormalizer{CleanText: true, ChineseChars: true, Lowercase: true}
		if err := decode(field, raw, &b); err != nil {
			return nil, err
		}
		return append(stages, b), nil
	case "Precompiled":
		if p.Charsmap == nil {
			return nil, invalid(field, "precompiled_charsmap is missing")
		}
		c, err := newCharsmap(t.tables, *p.Charsmap)
		if err != nil {
			return nil, invalid(field+".precompiled_charsmap", "%v", err)
		}
		return append(stages, c), nil
	}
	return nil, unsupported(field+".type", "%q", p.Type)
}

type form unitext.Form

func (f form) append(e *encoder, dst, src []byte) []byte {
	return e.t.tables.AppendForm(dst, src, unitext.Form(f), &e.forms)
}

type lowercase struct{}

func (lowercase) append(e *encoder, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		if c := src[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		dst = e.t.tables.AppendLower(dst, r)
		i += n
	}
	return dst
}

type stripAccents struct{}

func (stripAccents) append(e *encoder, dst, src []byte) []byte {
	return filter(dst, src, e.t.tables.IsMark)
}

// filter appends src without the characters for which drop is true.
func filter(dst, src []byte, drop func(rune) bool) []byte {
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf && !drop(rune(src[i])) {
			dst = append(dst, src[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		if !drop(r) {
			dst = append(dst, src[i:i+n]...)
		}
		i += n
	}
	return dst
}

// nmt is SentencePiece's cleaning: it removes control characters and turns unusual spaces
// into plain ones.
type nmt struct{}

func (nmt) append(_ *encoder, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r >= 0x1 && r <= 0x8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
		case r == 0x9, r == 0xA, r == 0xC, r == 0xD, r == 0x1680, r >= 0x200B && r <= 0x200F,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			dst = append(dst, ' ')
		default:
			dst = append(dst, src[i:i+n]...)
		}
		i += n
	}
	return dst
}

type strip struct{ left, right bool }

func (s strip) append(_ *encoder, dst, src []byte) []byte {
	if s.left {
		src = bytes.TrimLeftFunc(src, unicode.IsSpace)
	}
	if s.right {
		src = bytes.TrimRightFunc(src, unicode.IsSpace)
	}
	return append(dst, src...)
}

type prepend string

func (p prepend) append(_ *encoder, dst, src []byte) []byte {
	if len(src) == 0 {
		return dst
	}
	return append(append(dst, p...), src...)
}
