package office

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// sharedStrings reads the texts that cells refer to by number.
func sharedStrings(a *archive, part string) ([]string, error) {
	r, err := a.open(part)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read from
	dec := xml.NewDecoder(io.LimitReader(r, maxStream))
	var out []string
	size := 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: the part %q: %w", ErrCorrupt, part, err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "si" {
			text, err := cellText(dec)
			if err != nil {
				return nil, fmt.Errorf("%w: the part %q: %w", ErrCorrupt, part, err)
			}
			if size += len(text); size > maxPart {
				return nil, fmt.Errorf("%w: its texts have more than %d bytes; save the sheet as CSV", ErrFormat, maxPart)
			}
			out = append(out, text)
		}
	}
}

// cellText reads the text of a cell up to the end of the element that has begun. It may
// be of several runs of different looks; phonetic guides are left out.
func cellText(dec *xml.Decoder) (string, error) {
	var out strings.Builder
	var within []string
	for {
		tok, err := dec.Token()
		if err != nil {
			return "", unexpected(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Local == "rPh" {
				if err := dec.Skip(); err != nil {
					return "", unexpected(err)
				}
				continue
			}
			within = append(within, t.Name.Local)
		case xml.EndElement:
			if len(within) == 0 {
				return unescape(out.String()), nil
			}
			within = within[:len(within)-1]
		case xml.CharData:
			if len(within) > 0 && within[len(within)-1] == "t" {
				out.Write(t)
			}
		}
	}
}

// unexpected is the error for a part that ends within an element.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
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
