package api

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db"
)

// Fields names the parts of documents to return: text and metadata if nil. The id
// always comes along, so an empty list, or id alone, returns only the ids.
type Fields []string

// FieldNames are the parts that Fields may name.
var FieldNames = []string{fieldID, "text", "metadata", "embedding"}

const fieldID = "id"

var fieldBits = []db.Fields{db.FieldsNone, db.FieldText, db.FieldMetadata, db.FieldEmbedding}

// FromFields is the wire form of a choice of fields.
func FromFields(f db.Fields) Fields {
	if f == 0 {
		return nil
	}
	names := Fields{}
	for i, bit := range fieldBits {
		if f&bit != 0 && bit != db.FieldsNone {
			names = append(names, FieldNames[i])
		}
	}
	return names
}

// DB is the choice of fields.
func (f Fields) DB() (db.Fields, error) {
	if f == nil {
		return 0, nil
	}
	var fields db.Fields
	for _, name := range f {
		i := slices.Index(FieldNames, name)
		if i < 0 {
			return 0, &FieldError{Field: "fields", Err: fmt.Errorf("unknown field %.40q", name), Hint: "use text, metadata and embedding"}
		}
		fields |= fieldBits[i]
	}
	if fields != db.FieldsNone {
		fields &^= db.FieldsNone
	}
	return cmp.Or(fields, db.FieldsNone), nil
}

// text is the list in the query of a URL, where nothing can't be said.
func (f Fields) text() string { return cmp.Or(strings.Join(f, ","), fieldID) }
