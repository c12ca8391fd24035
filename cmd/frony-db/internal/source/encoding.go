package source

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
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

	gb18030Name  = "gb18030" // a superset of GBK and GB 2312
	shiftJISName = "shift_jis"
	eucJPName    = "euc-jp"
	big5Name     = "big5"
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
	case "gb18030", "gbk", "gb2312", "cp936", "euccn":
		return gb18030Name, true
	case "shiftjis", "sjis", "cp932", "ms932", "windows31j":
		return shiftJISName, true
	case "eucjp":
		return eucJPName, true
	case "big5", "cp950":
		return big5Name, true
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return "", false
	}
	name, err = htmlindex.Name(e)
	return name, err == nil && name != "replacement"
}

// convert returns r as UTF-8 without byte-order mark. Invalid bytes become U+FFFD.
func convert(r io.Reader, name string) io.Reader {
	var e encoding.Encoding
	switch name {
	case utf16leName: // a byte-order mark overrides it
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf16beName:
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case cp949Name:
		e = korean.EUCKR
	default:
		e, _ = htmlindex.Get(name) // canonicalEncoding has found it
	}
	return transform.NewReader(r, e.NewDecoder())
}

// fewBytes is how many bytes may be no UTF-8 before a file is refused as a whole, and not
// each record that has some, if the text may be in some other encoding or is full of
// them.
const fewBytes = 8

// detectEncoding guesses the encoding from the beginning of a file. It returns UTF-8
// unless the bytes are clearly something else, so that one bad byte in a UTF-8 file is
// reported with its offset and does not change how the file is read. It returns
// ErrEncoding for text that is not UTF-8 and may be in one of several encodings.
func detectEncoding(sample []byte) (string, error) {
	switch {
	case bytes.HasPrefix(sample, bomUTF8):
		return utf8Name, nil
	case bytes.HasPrefix(sample, bomUTF16LE):
		return utf16leName, nil
	case bytes.HasPrefix(sample, bomUTF16BE):
		return utf16beName, nil
	}
	if name, ok := detectUTF16(sample); ok {
		return name, nil
	}
	good, bad := countUTF8(sample)
	if bad <= good {
		return utf8Name, nil
	}
	name, possible := detectCharset(sample)
	switch {
	case name != "":
		return name, nil
	case bad > fewBytes && (possible || 20*bad > len(sample)):
		return "", fmt.Errorf("%w: the text is not UTF-8, and its beginning does not tell what it is; name its encoding with --encoding (%s, or another name of the WHATWG), or convert the file",
			ErrEncoding, charsetNames)
	}
	return utf8Name, nil
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
