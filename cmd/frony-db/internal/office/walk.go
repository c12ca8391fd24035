package office

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

const (
	// maxText is how many bytes of a part may follow each other without a tag: so much
	// is in memory at once. A cell of a spreadsheet holds 32,767 characters.
	maxText = 64 << 20
	// maxNesting is how deep tables and text boxes may lie in each other.
	maxNesting = 64
)

// newDecoder returns a decoder that never holds more than maxText.
func newDecoder(r io.Reader) *xml.Decoder { return xml.NewDecoder(&tagged{r: r}) }

// tagged is a reader that fails where no tag comes for too long.
type tagged struct {
	r    io.Reader
	text int // bytes since the last tag began
}

func (t *tagged) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if at := bytes.LastIndexByte(p[:n], '<'); at >= 0 {
		t.text = n - at
	} else {
		t.text += n
	}
	if t.text > maxText {
		return 0, fmt.Errorf("more than %d bytes of text without a tag", maxText)
	}
	return n, err
}

// walk reads up to the end of the element that has begun. It calls element for those
// within, which says whether it has read the element to its end itself, and text for the
// text between tags, if it is set. At the end of the part it returns io.EOF.
func walk(dec *xml.Decoder, element func(xml.StartElement) (read bool, err error), text func(xml.CharData)) error {
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.CharData:
			if text != nil {
				text(t)
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return nil
			}
		case xml.StartElement:
			read, err := element(t)
			if err != nil {
				return unexpected(err)
			}
			if !read {
				depth++
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

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
