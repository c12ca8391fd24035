package api

import (
	"math"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// MapQuery asks for the documents of a collection as points of a plane.
type MapQuery struct {
	Filter Filter   `json:"filter,omitzero"`
	Limit  int      `json:"limit,omitzero" minimum:"0" maximum:"100000" doc:"Documents to draw; 10,000 if missing. If more meet the filter, a sample is drawn, always the same one"`
	IDs    []string `json:"ids,omitzero" maxItems:"1000" doc:"Documents that are drawn whatever the sample, as far as they meet the filter"`
	Color  string   `json:"color,omitempty" doc:"A field of the metadata, or _source, whose values are told" example:"lang"`
	Text   string   `json:"text,omitempty" doc:"Embedded as a query and placed on the plane"`
}

// FromMapQuery is the wire form of a query.
func FromMapQuery(q *db.MapQuery) (out MapQuery, err error) {
	out = MapQuery{Limit: q.Limit, IDs: q.IDs, Color: q.Color, Text: q.Text}
	out.Filter, err = FromFilter(q.Filter)
	return out, err
}

// DB is the query, its filter parsed within limits. Errors are a *FieldError.
func (q *MapQuery) DB(l filter.Limits) (out db.MapQuery, err error) {
	out = db.MapQuery{Limit: q.Limit, IDs: q.IDs, Color: q.Color, Text: q.Text}
	out.Filter, err = q.Filter.Expr(l)
	return out, err
}

// CollectionMap is a picture of documents. Point i is that of ids[i].
type CollectionMap struct {
	Documents int        `json:"documents" doc:"That meet the filter; more than there are ids, if a sample is drawn"`
	IDs       []string   `json:"ids" doc:"In byte order"`
	X         []float32  `json:"x" doc:"One per id, to four decimals; 0 is the mean"`
	Y         []float32  `json:"y" doc:"One per id"`
	Shares    []float64  `json:"shares" doc:"The parts of the embeddings' variance along x and y, from 0 to 1"`
	Legend    []MapColor `json:"legend,omitzero" doc:"The values of color: the most frequent ones, or ranges of numbers or times"`
	Colors    []int      `json:"colors,omitzero" doc:"One per id: an index into legend, -1 for another value, -2 for none"`
	Question  []float32  `json:"question,omitzero" doc:"Where text lies: x and y"`
	Warnings  []string   `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, and why text has no place"`
}

// MapColor is a value of a field, or a range.
type MapColor struct {
	Value     Value `json:"value,omitzero" doc:"A string, a number or a boolean; a time as it is written. Missing for a range"`
	From      Value `json:"from,omitzero" doc:"The least value of a range"`
	To        Value `json:"to,omitzero" doc:"The greatest"`
	Documents int   `json:"documents" doc:"Of the map"`
}

// round leaves four decimals: less than a pixel of any screen, and half of the bytes.
func round(x float32) float32 { return float32(math.Round(float64(x)*1e4) / 1e4) }

// FromMap is the wire form of a map.
func FromMap(m *db.Map) CollectionMap {
	out := CollectionMap{
		Documents: m.Documents, IDs: m.IDs, X: make([]float32, len(m.X)), Y: make([]float32, len(m.Y)),
		Shares: m.Shares[:], Colors: m.Colors, Warnings: m.Warnings,
	}
	if out.IDs == nil {
		out.IDs = []string{}
	}
	for i := range m.X {
		out.X[i], out.Y[i] = round(m.X[i]), round(m.Y[i])
	}
	for _, c := range m.Legend {
		out.Legend = append(out.Legend, MapColor{Value{c.Value}, Value{c.From}, Value{c.To}, c.Documents})
	}
	if m.Question != nil {
		out.Question = []float32{round(m.Question[0]), round(m.Question[1])}
	}
	return out
}

// DB is the map.
func (m *CollectionMap) DB() db.Map {
	out := db.Map{Documents: m.Documents, IDs: m.IDs, X: m.X, Y: m.Y, Colors: m.Colors, Warnings: m.Warnings}
	copy(out.Shares[:], m.Shares)
	for _, c := range m.Legend {
		out.Legend = append(out.Legend, db.MapColor{Value: c.Value.V, From: c.From.V, To: c.To.V, Documents: c.Documents})
	}
	if len(m.Question) == 2 {
		out.Question = &[2]float32{m.Question[0], m.Question[1]}
	}
	return out
}
