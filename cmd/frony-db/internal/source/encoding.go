package source

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The supported text encodings. CP949 is Windows' superset of EUC-KR.
const (
	utf8Name    = "utf-8"
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
	cp949Name   = "cp949"
)

// sampleSize is how much of a file is used to detect its encoding.
const sampleSize = 64 << 10

var (
	bomUTF8    = []byte{0xef, 0xbb, 0xbf}
	bomUTF16LE = []byte{0xff, 0xfe}
	bomUTF16BE = []byte{0xfe, 0xff}
)

// canonicalEncoding maps the common names of encodings.
func canonicalEncoding(name string) (string, bool) {
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name)) {
	case "utf8", "utf8sig", "ascii", "usascii":
		return utf8Name, true
	case "utf16le", "utf16", "ucs2":
		return utf16leName, true
	case "utf16be":
		return utf16beName, true
	case "cp949", "euckr", "ms949", "uhc", "windows949", "ksc56011987":
		return cp949Name, true
	}
	return "", false
}

// convert returns r as UTF-8 without byte-order mark. Invalid bytes become U+FFFD.
func convert(r io.Reader, name string) io.Reader {
	var e encoding.Encoding
	switch name {
	case utf16leName: // a byte-order mark overrides it
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf16beName:
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	default:
		e = korean.EUCKR
	}
	return transform.NewReader(r, e.NewDecoder())
}

// detectEncoding guesses the encoding from the beginning of a file. It returns UTF-8
// unless the bytes are clearly something else, so that one bad byte in a UTF-8 file is
// reported with its offset and does not change how the file is read.
func detectEncoding(sample []byte) string {
	switch {
	case bytes.HasPrefix(sample, bomUTF8):
		return utf8Name
	case bytes.HasPrefix(sample, bomUTF16LE):
		return utf16leName
	case bytes.HasPrefix(sample, bomUTF16BE):
		return utf16beName
	}
	if name, ok := detectUTF16(sample); ok {
		return name
	}
	good, bad := countUTF8(sample)
	if bad > good && looksKorean(sample) {
		return cp949Name
	}
	return utf8Name
}

// detectUTF16 recognises UTF-16 without byte-order mark by its spaces, digits, quotes
// and line breaks: an ASCII byte next to a zero, always on the same side. Text in
// other encodings has no zeros.
func detectUTF16(sample []byte) (string, bool) {
	var high, low int // zeros at even and at odd indexes
	for i, b := range sample {
		if b == 0 {
			if i%2 == 0 {
				high++
			} else {
				low++
			}
		}
	}
	share := 64
	if utf8.Valid(sample) { // then it may be UTF-8 with zeros in it
		share = 4
	}
	least := max(2, len(sample)/share)
	switch {
	case low >= least && low > 8*high:
		return utf16leName, true
	case high >= least && high > 8*low:
		return utf16beName, true
	}
	return "", false
}

// countUTF8 counts the complete characters beyond ASCII and the bytes that belong to
// none. A character cut by the sample's end counts as neither.
func countUTF8(sample []byte) (good, bad int) {
	for i := 0; i < len(sample); {
		if sample[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(sample[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			good++
		case !utf8.FullRune(sample[i:]):
			return good, bad
		default:
			bad++
		}
		i += n
	}
	return good, bad
}

// looksKorean reports whether all bytes beyond ASCII are pairs of CP949, and most of
// the pairs are Hangul.
func looksKorean(sample []byte) bool {
	text, err := korean.EUCKR.NewDecoder().Bytes(sample)
	if err != nil {
		return false
	}
	text = bytes.TrimSuffix(text, []byte("\uFFFD")) // the sample may end within a pair
	var hangul, other int
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
		case r == utf8.RuneError:
			return false
		case r >= '가' && r <= '힣', r >= 'ㄱ' && r <= 'ㆎ':
			hangul++
		default:
			other++
		}
	}
	return hangul > other
}
