package api

import (
	"errors"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// FacetQuery asks which values fields have, and in how many documents.
type FacetQuery struct {
	Fields []string `json:"fields" minItems:"1" maxItems:"100" doc:"Fields of the metadata, and _source"`
	Filter Filter   `json:"filter,omitzero"`
	Search *Query   `json:"search,omitempty" doc:"Counts the results of this search only: k says how many"`
	Top    int      `json:"top,omitzero" minimum:"0" doc:"Values of each field to list; 10 if missing"`
	Prefix string   `json:"prefix,omitempty" doc:"Lists values that begin with this text only, without regard to case"`
}

// FromFacetQuery is the wire form of a query, but for the Trace of its search.
func FromFacetQuery(q *db.FacetQuery) (out FacetQuery, err error) {
	out = FacetQuery{Fields: q.Fields, Top: q.Top, Prefix: q.Prefix}
	if q.Search != nil {
		search, err := FromQuery(q.Search)
		if err != nil {
			return out, err
		}
		out.Search = &search
	}
	out.Filter, err = FromFilter(q.Filter)
	return out, err
}

// DB is the query, its filters parsed within limits. Errors are a *FieldError.
func (q *FacetQuery) DB(l filter.Limits) (out db.FacetQuery, err error) {
	out = db.FacetQuery{Fields: q.Fields, Top: q.Top, Prefix: q.Prefix}
	if q.Search != nil {
		search, err := q.Search.DB(l)
		if e, ok := errors.AsType[*FieldError](err); ok {
			e.Field = "search." + e.Field
		}
		if err != nil {
			return out, err
		}
		out.Search = &search
	}
	out.Filter, err = q.Filter.Expr(l)
	return out, err
}

// Facets answer a FacetQuery.
type Facets struct {
	Documents int      `json:"documents" doc:"Documents that were looked at"`
	Facets    []Facet  `json:"facets" doc:"One per field, in order"`
	Warnings  []string `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, and fields that no document has"`
}

// Facet says what a field holds.
type Facet struct {
	Field     string       `json:"field"`
	Documents int          `json:"documents" doc:"Documents that have the field"`
	Distinct  int          `json:"distinct" doc:"Values that differ, and begin with the prefix. 1 and 1.0 are one value, and so are the forms of one time"`
	Values    []FacetValue `json:"values" doc:"The most frequent first"`
	Min       Value        `json:"min,omitzero" doc:"The least of the numbers, whatever the prefix"`
	Max       Value        `json:"max,omitzero" doc:"The greatest of the numbers"`
	First     time.Time    `json:"first,omitzero" doc:"The first of the times"`
	Last      time.Time    `json:"last,omitzero" doc:"The last of the times"`
}

// FacetValue is a value and how many documents have it.
type FacetValue struct {
	Value     Value `json:"value" doc:"A string, a number or a boolean; a time as it is written. Of a list, each element"`
	Documents int   `json:"documents"`
}

// FromFacets is the wire form of facets.
func FromFacets(f *db.Facets) Facets {
	out := Facets{Documents: f.Documents, Facets: make([]Facet, len(f.Facets)), Warnings: f.Warnings}
	for i := range f.Facets {
		d := &f.Facets[i]
		o := Facet{
			Field: d.Field, Documents: d.Documents, Distinct: d.Distinct, Values: make([]FacetValue, len(d.Values)),
			Min: Value{d.Min}, Max: Value{d.Max}, First: d.First, Last: d.Last,
		}
		for j, v := range d.Values {
			o.Values[j] = FacetValue{Value{v.Value}, v.Documents}
		}
		out.Facets[i] = o
	}
	return out
}

// DB is the facets.
func (f *Facets) DB() db.Facets {
	out := db.Facets{Documents: f.Documents, Facets: make([]db.Facet, len(f.Facets)), Warnings: f.Warnings}
	for i := range f.Facets {
		d := &f.Facets[i]
		o := db.Facet{
			Field: d.Field, Documents: d.Documents, Distinct: d.Distinct, Values: make([]db.FacetValue, len(d.Values)),
			Min: d.Min.V, Max: d.Max.V, First: d.First, Last: d.Last,
		}
		for j, v := range d.Values {
			o.Values[j] = db.FacetValue{Value: v.Value.V, Documents: v.Documents}
		}
		out.Facets[i] = o
	}
	return out
}

// DescribeFields says whose fields to describe.
type DescribeFields struct {
	Filter Filter `json:"filter,omitzero"`
}

// FieldInfos describe the fields of a collection.
type FieldInfos struct {
	Fields   []FieldInfo `json:"fields" doc:"The most frequent first"`
	Warnings []string    `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, such as a field that no document has"`
}

// FieldInfo describes a field of the metadata.
type FieldInfo struct {
	Name      string      `json:"name"`
	Documents int         `json:"documents" doc:"Documents that have the field"`
	Share     float64     `json:"share" doc:"Of all documents, from 0 to 1"`
	Types     []FieldType `json:"types" doc:"The most frequent first"`
	Distinct  int         `json:"distinct" doc:"Values that differ; of lists, elements"`
	Examples  []Value     `json:"examples" doc:"The most frequent short values, up to five"`
	Min       Value       `json:"min,omitzero" doc:"The least of the numbers"`
	Max       Value       `json:"max,omitzero" doc:"The greatest of the numbers"`
	First     time.Time   `json:"first,omitzero" doc:"The first of the times"`
	Last      time.Time   `json:"last,omitzero" doc:"The last of the times"`
}

// FieldType is a type and how many documents have a value of it.
type FieldType struct {
	Type      string `json:"type" enum:"boolean,number,time,string,list of strings,list of numbers"`
	Documents int    `json:"documents"`
}

// FromFieldInfo is the wire form of a field.
func FromFieldInfo(f *db.FieldInfo) FieldInfo {
	out := FieldInfo{
		Name: f.Name, Documents: f.Documents, Share: f.Share, Types: make([]FieldType, len(f.Types)), Distinct: f.Distinct,
		Examples: make([]Value, len(f.Examples)), Min: Value{f.Min}, Max: Value{f.Max}, First: f.First, Last: f.Last,
	}
	for i, t := range f.Types {
		out.Types[i] = FieldType(t)
	}
	for i, v := range f.Examples {
		out.Examples[i] = Value{v}
	}
	return out
}

// DB is the field.
func (f *FieldInfo) DB() db.FieldInfo {
	out := db.FieldInfo{
		Name: f.Name, Documents: f.Documents, Share: f.Share, Types: make([]db.FieldType, len(f.Types)), Distinct: f.Distinct,
		Examples: make([]any, len(f.Examples)), Min: f.Min.V, Max: f.Max.V, First: f.First, Last: f.Last,
	}
	for i, t := range f.Types {
		out.Types[i] = db.FieldType(t)
	}
	for i, v := range f.Examples {
		out.Examples[i] = v.V
	}
	return out
}
