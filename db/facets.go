package db

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// FacetQuery asks which values fields have, and in how many documents.
type FacetQuery struct {
	// Fields are one to a hundred fields of the metadata, and _source.
	Fields []string
	// Filter selects documents. The zero Expr selects all.
	Filter filter.Expr
	// Search, if set, selects the results of a search, which also meet Filter: K says
	// how many are counted.
	Search *Query
	// Top is the number of values of each field, at most Limits.K; zero means 10.
	Top int
	// Prefix, if set, leaves values that begin with it, without regard to case: strings,
	// and times as they are written.
	Prefix string
}

// Facets answer a FacetQuery.
type Facets struct {
	Documents int     // that were looked at
	Facets    []Facet // one per field, in order
	// Warnings says what in the filter is probably a mistake, and which fields no
	// document has.
	Warnings []string
}

// Facet says what a field holds in some documents. Values that filters take for equal are
// one, such as 1 and 1.0, or one instant in two forms. A document with a list counts once
// for each of its elements.
type Facet struct {
	Field     string
	Documents int          // that have the field
	Distinct  int          // values that begin with the prefix
	Values    []FacetValue // the most frequent of these first, and of equally frequent ones the least
	Min, Max  any          // of the numbers, whatever the prefix: an int64 or a float64; nil: there are none
	// First and Last are the bounds of the times; zero: there are none.
	First, Last time.Time
}

// FacetValue is a value and the number of documents that have it.
type FacetValue struct {
	Value     any // a string, bool, int64 or float64; a time as it is written
	Documents int
}

// FieldInfo describes a field of the metadata.
type FieldInfo struct {
	Name        string
	Documents   int         // that have the field
	Share       float64     // of all documents, from 0 to 1
	Types       []FieldType // the most frequent first
	Distinct    int         // values, of lists elements
	Examples    []any       // the most frequent short values, up to five, as those of a Facet
	Min, Max    any         // as those of a Facet
	First, Last time.Time
}

// FieldType is a type and the number of documents in which a field has it.
type FieldType struct {
	Type      string // boolean, number, time, string, list of strings, list of numbers
	Documents int
}

const (
	defaultTop   = 10
	facetFields  = 100
	examples     = 5
	exampleRunes = 64
)

// Facets counts the values of fields, from the columns in memory: no document is read. It
// returns ErrInvalidQuery, ErrInvalidFilter, and with Search the errors of that.
func (c *Collection) Facets(ctx context.Context, q FacetQuery) (out Facets, err error) {
	err = c.do("facets", "", func(v *version) error {
		out = Facets{}
		if err := c.checkFacets(&q); err != nil {
			return err
		}
		if err := c.checkFilter(q.Filter); err != nil {
			return err
		}
		q.Filter = c.within(q.Filter)
		var search *Query
		t := Trace{}
		var ask index.Query
		if q.Search != nil {
			own := *q.Search
			search = &own
			search.scope = c.scope
			t.Mode = search.mode()
			var err error
			if ask, err = v.embedded(ctx, search, &t); err != nil {
				return err
			}
			ask.Filter = filter.And(q.Filter, search.Filter)
		}
		r, err := v.Read()
		if err != nil {
			return err
		}
		defer r.Close()
		want := index.Facets{Fields: q.Fields, Top: cmp.Or(q.Top, defaultTop), Prefix: q.Prefix}
		var facets []*attr.Facet
		switch {
		case search != nil && ask.K == 0: // nothing is found
			facets, _, err = r.Facets(filter.None(), want)
			out.Warnings = t.Warnings
		case search != nil:
			facets, out.Documents, err = r.FacetsOf(ctx, ask, want, new(index.Trace))
			out.Warnings = t.Warnings
			if c.scope == nil {
				out.Warnings = slices.Concat(out.Warnings, v.Warnings(search.Filter))
			}
		default:
			facets, out.Documents, err = r.Facets(q.Filter, want)
		}
		if err != nil {
			return err
		}
		if c.scope == nil { // a warning would tell of the others' fields
			out.Warnings = slices.Concat(out.Warnings, v.Warnings(q.Filter), v.Unknown(q.Fields...))
		}
		out.Facets = make([]Facet, len(facets))
		for i, f := range facets {
			out.Facets[i] = fromFacet(q.Fields[i], f)
		}
		return nil
	})
	return out, err
}

// checkFacets checks a query, but for its filter.
func (c *Collection) checkFacets(q *FacetQuery) error {
	if err := q.check(&c.db.opts.Limits); err != nil || q.Search == nil {
		return err
	}
	if err := c.checkQuery(q.Search); err != nil {
		return reason.Within(err, "{Search}")
	}
	if q.Search.hasExamples() {
		return reason.For(ErrInvalidQuery, "{Search} has {Like} or {Unlike}, of which no facets are counted; search with a text or an embedding")
	}
	return nil
}

func (q *FacetQuery) check(l *Limits) error {
	switch {
	case len(q.Fields) == 0:
		return reason.For(ErrInvalidQuery, "{Fields} names no field to count")
	case len(q.Fields) > facetFields:
		return reason.For(ErrInvalidQuery, "{Fields} has %d names, at most %d", len(q.Fields), facetFields)
	case slices.Contains(q.Fields, ""):
		return reason.For(ErrInvalidQuery, "{Fields} has an empty name")
	case slices.Contains(q.Fields, filter.FieldID):
		return reason.For(ErrInvalidQuery, "{Fields} has _id, which is another for each document; count the documents instead")
	case q.Top < 0 || q.Top > l.K:
		return reason.For(ErrInvalidQuery, "{Top} is %d, want 0 to %d", q.Top, l.K)
	case len(q.Prefix) > l.MetadataBytes || !utf8.ValidString(q.Prefix):
		return reason.For(ErrInvalidQuery, "{Prefix} is not UTF-8 of at most %d bytes", l.MetadataBytes)
	}
	return nil
}

func fromFacet(name string, f *attr.Facet) Facet {
	out := Facet{Field: name, Documents: f.Documents, Distinct: f.Distinct, Values: make([]FacetValue, len(f.Values))}
	for i, v := range f.Values {
		out.Values[i] = FacetValue{plain(v.Value), v.Documents}
	}
	out.Min, out.Max, out.First, out.Last = bounds(f)
	return out
}

// bounds are the bounds of a facet's numbers and times.
func bounds(f *attr.Facet) (least, most any, first, last time.Time) {
	first, _ = f.Times[0].Any().(time.Time)
	last, _ = f.Times[1].Any().(time.Time)
	return f.Numbers[0].Any(), f.Numbers[1].Any(), first, last
}

// plain is a value as metadata has it, a time as it is written.
func plain(v filter.Value) any {
	if v.Type() == filter.TypeTime {
		return v.Text()
	}
	return v.Any()
}

// Fields describes the fields of the documents that meet a filter, the most frequent
// first, from the columns in memory.
func (c *Collection) Fields(_ context.Context, where filter.Expr) (fields []FieldInfo, err error) {
	err = c.read("fields", "", func(_ *version, r *index.Reader) error {
		if err := c.checkFilter(where); err != nil {
			return err
		}
		facets, documents, err := r.Fields(c.within(where), 8*examples)
		if err != nil {
			return err
		}
		fields = fieldInfos(facets, documents)
		return nil
	})
	return fields, err
}

// fieldInfos describes fields, the most frequent first.
func fieldInfos(facets map[string]*attr.Facet, documents int) []FieldInfo {
	fields := make([]FieldInfo, 0, len(facets))
	for name, f := range facets {
		fields = append(fields, fieldInfo(name, f, documents))
	}
	slices.SortFunc(fields, func(a, b FieldInfo) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Name, b.Name))
	})
	return fields
}

func fieldInfo(name string, f *attr.Facet, documents int) FieldInfo {
	i := FieldInfo{Name: name, Documents: f.Documents, Share: float64(f.Documents) / float64(documents), Distinct: f.Distinct}
	i.Min, i.Max, i.First, i.Last = bounds(f)
	for k, n := range f.Kinds {
		if n > 0 {
			i.Types = append(i.Types, FieldType{attr.Kinds[k], n})
		}
	}
	slices.SortStableFunc(i.Types, func(a, b FieldType) int { return cmp.Compare(b.Documents, a.Documents) })
	for _, v := range f.Values {
		x := plain(v.Value)
		if s, ok := x.(string); ok && utf8.RuneCountInString(s) > exampleRunes {
			continue
		}
		if i.Examples = append(i.Examples, x); len(i.Examples) == examples {
			break
		}
	}
	return i
}
