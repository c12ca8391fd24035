package evaluate

import (
	"slices"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// A FacetSource is what facets are counted in: one state of a collection.
type FacetSource struct {
	// Search searches the collection.
	Search func(q db.Query) ([]db.Match, error)
	// Warnings are those of a filter, and of fields that no document has.
	Warnings func(where filter.Expr, fields ...string) ([]string, error)
	// Columns are those of the documents that meet a filter, which is checked.
	Columns func(where filter.Expr) (*db.Columns, error)
}

// Facets counts the values of a query that is checked, but for its filter.
func Facets(q db.FacetQuery, s FacetSource) (out db.Facets, err error) {
	where := q.Filter
	if q.Search != nil {
		search, t := *q.Search, db.Trace{}
		search.Filter = filter.And(q.Filter, q.Search.Filter)
		search.Fields, search.Highlight, search.Snippet, search.Context, search.Trace = db.FieldsNone, false, 0, 0, &t
		matches, err := s.Search(search)
		if err != nil {
			return out, err
		}
		out.Warnings = t.Warnings
		ids := make([]any, len(matches))
		for i := range matches {
			ids[i] = matches[i].Document.ID
		}
		where = filter.In(filter.FieldID, ids...)
	} else if out.Warnings, err = s.Warnings(q.Filter); err != nil {
		return out, err
	}
	columns, err := s.Columns(where)
	if err != nil {
		return out, err
	}
	unknown, err := s.Warnings(filter.All(), q.Fields...)
	out.Warnings = slices.Concat(out.Warnings, unknown)
	out.Documents, out.Facets = columns.Len(), columns.Facets(&q)
	return out, err
}
