package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db"
)

// Patch says what an update changes of a document.
type Patch struct {
	Metadata Metadata `json:"metadata,omitempty" doc:"Fields to set; null deletes a field, and the fields of the nested object of that name. What is not named stays"`
	Source   Change   `json:"source,omitzero" doc:"The new source; null or empty for none"`
	Expires  Change   `json:"expires,omitzero" doc:"When the document expires (RFC 3339); null or empty for never"`
}

// Change is a new text for something, or none: null or an empty text.
type Change struct {
	Set  bool // the request has it
	Text string
}

// IsZero reports whether nothing changes.
func (c Change) IsZero() bool { return !c.Set }

// MarshalJSON implements json.Marshaler.
func (c Change) MarshalJSON() ([]byte, error) {
	if c.Text == "" {
		return []byte("null"), nil
	}
	return json.Marshal(c.Text)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Change) UnmarshalJSON(data []byte) error {
	*c = Change{Set: true}
	return json.Unmarshal(data, &c.Text)
}

// FromPatch is the wire form of a patch.
func FromPatch(p *db.Patch) Patch {
	out := Patch{Metadata: Metadata(p.Metadata)}
	if p.Source != nil {
		out.Source = Change{Set: true, Text: *p.Source}
	}
	if p.Expires != nil {
		out.Expires = Change{Set: true}
		if !p.Expires.IsZero() {
			out.Expires.Text = p.Expires.Format(time.RFC3339Nano)
		}
	}
	return out
}

// DB is the patch. Errors are a *FieldError.
func (p *Patch) DB() (db.Patch, error) {
	out := db.Patch{Metadata: db.Metadata(p.Metadata)}
	if p.Source.Set {
		out.Source = &p.Source.Text
	}
	if p.Expires.Set {
		out.Expires = new(time.Time)
	}
	if p.Expires.Text == "" {
		return out, nil
	}
	t, err := time.Parse(time.RFC3339, p.Expires.Text)
	if err != nil {
		return out, &FieldError{Field: "expires", Err: fmt.Errorf("%w: expires %.40q", db.ErrInvalidMetadata, p.Expires.Text), Hint: "use RFC 3339, such as 2030-01-31T00:00:00Z, or null"}
	}
	*out.Expires = t
	return out, nil
}

// UpdateDocuments changes documents: exactly one of IDs and Filter is set.
type UpdateDocuments struct {
	IDs    []string `json:"ids,omitzero" doc:"Documents to update, in one transaction"`
	Filter Filter   `json:"filter,omitzero"`
	Patch
}

// Updated says what an update did.
type Updated struct {
	Updated  int      `json:"updated" doc:"Documents that are now as the update says"`
	Missing  []string `json:"missing,omitzero" doc:"Ids that do not exist"`
	Warnings []string `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, such as a field that no document has"`
}
