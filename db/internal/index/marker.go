package index

import "github.com/fronyai/frony-db/db/internal/lexical"

// Marker finds the words of a query in the texts of its results.
func (r *Reader) Marker(query string) *lexical.Marker { return r.x.lexical.Marker(query) }
