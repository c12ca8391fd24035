package fronydb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/firebase/genkit/go/ai"
)

// textOf is what of a document is embedded: its texts, in lines.
func textOf(d *ai.Document) string {
	if d == nil {
		return ""
	}
	var texts []string
	for _, p := range d.Content {
		if p.IsText() {
			texts = append(texts, p.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// content writes the parts of a document as JSON.
type content []*ai.Part

// MarshalJSON implements json.Marshaler.
func (c content) MarshalJSON() ([]byte, error) { return json.Marshal([]*ai.Part(c)) }

// partsOf reads what content wrote.
func partsOf(kept any) (parts []*ai.Part, err error) {
	text, err := json.Marshal(kept)
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	return parts, err
}

// optionsOf reads the options of a request: nil, a value, a pointer or a map.
func optionsOf[T any](options any) (T, error) {
	var out T
	switch o := options.(type) {
	case nil:
		return out, nil
	case *T:
		if o != nil {
			out = *o
		}
		return out, nil
	case T:
		return o, nil
	}
	text, err := json.Marshal(options)
	if err != nil {
		return out, fmt.Errorf("options: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return out, fmt.Errorf("options are a %T, want a %T: %w", options, out, err)
	}
	return out, nil
}
