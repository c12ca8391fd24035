package api

import (
	"strings"
	"unicode"

	"github.com/fronyai/frony-db/db"
)

// otherNames are the fields of package db that are called otherwise on the wire.
var otherNames = map[string]string{
	"IDs": "ids", "MaxTokens": "tokens", "After": "cursor", "AfterValues": "cursor",
}

// FieldName is the name on the wire of a field of package db's queries and options:
// ef_search for EfSearch.
func FieldName(field string) string {
	if name := otherNames[field]; name != "" {
		return name
	}
	var b strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Message is the text of an error with the names of the wire, and the first field that it
// names, or "".
func Message(err error) (text, field string) {
	text = db.Named(err, func(name string) string {
		wire := FieldName(name)
		if field == "" {
			field = wire
		}
		return wire
	})
	return text, field
}
