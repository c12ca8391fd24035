package office

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// sharedStrings reads the texts that cells refer to by number.
func sharedStrings(a *archive, part string) (out []string, err error) {
	const header = 16 // bytes of a string without its text
	size := 0
	err = a.stream(part, maxStream, func(dec *xml.Decoder) error {
		return walk(dec, func(e xml.StartElement) (bool, error) {
			if e.Name.Local != "si" {
				return false, nil
			}
			text, err := cellText(dec)
			if size += header + len(text); size > maxPart {
				return true, fmt.Errorf("its texts take more than %d bytes; save the sheet as CSV", maxPart)
			}
			out = append(out, text)
			return true, err
		}, nil)
	})
	return out, err
}

// cellText reads the text of a cell up to the end of the element that has begun. It may
// be of several runs of different looks; phonetic guides are left out.
func cellText(dec *xml.Decoder) (string, error) {
	var out strings.Builder
	err := walk(dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "t":
			return true, text(dec, &out)
		case "rPh":
			return true, dec.Skip()
		}
		return false, nil
	}, nil)
	return unescape(out.String()), unexpected(err)
}

// text reads the text of the element that has begun.
func text(dec *xml.Decoder, out *strings.Builder) error {
	return unexpected(walk(dec, func(xml.StartElement) (bool, error) { return true, dec.Skip() }, func(t xml.CharData) { out.Write(t) }))
}

// unescape decodes the characters that XML can't hold, such as _x000D_ (ECMA-376 part 1,
// 22.9.2.19).
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			out.WriteString(s)
			return out.String()
		}
		var r rune
		if n, err := fmt.Sscanf(s[i+2:i+6], "%04X", &r); n != 1 || err != nil || s[i+6] != '_' || strings.ContainsAny(s[i+2:i+6], " +-") {
			out.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		out.WriteString(s[:i])
		if r == '\r' { // of a line break that was \r\n
			r = '\n'
		}
		out.WriteRune(r)
		s = s[i+7:]
	}
}
