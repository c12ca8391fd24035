package source

import (
	"slices"
	"strings"
)

// usualNulls are the texts that mean no value among numbers and booleans, in lower case:
// what R, pandas, spreadsheets and SQL write.
var usualNulls = map[string]bool{
	"na": true, "n/a": true, "#n/a": true, "<na>": true, "nan": true, "-nan": true,
	"null": true, "none": true, "nil": true, "-": true,
}

// usualNull reports whether a cell means no value in a column of numbers or booleans.
func usualNull(cell string) bool { return usualNulls[strings.ToLower(strings.TrimSpace(cell))] }

// nullMarkers parses Options.Null.
func nullMarkers(list []string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, s := range list {
		name, marker, ok := strings.Cut(s, "=")
		if !ok {
			name, marker = "", s
		}
		if out[name] == nil {
			out[name] = map[string]bool{}
		}
		out[name][marker] = true
	}
	return out
}

// isNull reports whether a text of a column means no value, because the options say so.
func (o *Options) isNull(column, text string) bool {
	return len(o.nulls) > 0 && (o.nulls[""][text] || o.nulls[column][text])
}

// reads reports whether a field without a role becomes metadata.
func (o *Options) reads(name string) bool {
	return o.Columns == nil || slices.Contains(o.Columns, name)
}
