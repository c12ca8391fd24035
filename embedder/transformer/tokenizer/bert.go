package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/unitext"
)

// bertNormalizer is BERT's BasicTokenizer without the splitting. It removes control
// characters, turns white space into ' ', puts spaces around ideographs, and removes
// accents and case if the model ignores them.
type bertNormalizer struct {
	CleanText    bool  `json:"clean_text"`
	ChineseChars bool  `json:"handle_chinese_chars"`
	StripAccents *bool `json:"strip_accents"` // absent: as Lowercase
	Lowercase    bool  `json:"lowercase"`
}

func (b bertNormalizer) append(e *encoder, dst, src []byte) []byte {
	accents := b.Lowercase
	if b.StripAccents != nil {
		accents = *b.StripAccents
	}
	if accents {
		e.bert[0] = b.clean(e, e.bert[0][:0], src)
		e.bert[1] = e.t.tables.AppendForm(e.bert[1][:0], e.bert[0], unitext.NFD, &e.forms)
		if !b.Lowercase {
			return filter(dst, e.bert[1], e.t.tables.IsNonspacing)
		}
		e.bert[0] = filter(e.bert[0][:0], e.bert[1], e.t.tables.IsNonspacing)
		return lowercase{}.append(e, dst, e.bert[0])
	}
	if !b.Lowercase {
		return b.clean(e, dst, src)
	}
	e.bert[0] = b.clean(e, e.bert[0][:0], src)
	return lowercase{}.append(e, dst, e.bert[0])
}

func (b bertNormalizer) clean(e *encoder, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		if c := src[i]; c >= ' ' && c < 0x7f {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		char := src[i : i+n]
		i += n
		if b.CleanText {
			if r == 0 || r == utf8.RuneError || e.t.tables.IsRemoved(r) {
				continue
			}
			if unicode.IsSpace(r) {
				dst = append(dst, ' ')
				continue
			}
		}
		if b.ChineseChars && isIdeograph(r) {
			dst = append(append(append(dst, ' '), char...), ' ')
			continue
		}
		dst = append(dst, char...)
	}
	return dst
}

// isIdeograph reports whether BERT treats r as a Chinese character. The list is that of
// the reference, including its gap at U+2B820.
func isIdeograph(r rune) bool {
	return r >= 0x3400 && (r <= 0x4DBF || r >= 0x4E00 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F || r >= 0x2B740 && r <= 0x2B81F ||
		r >= 0x2B920 && r <= 0x2CEAF || r >= 0x2F800 && r <= 0x2FA1F)
}
