package db

import (
	"cmp"
	"context"
	"slices"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/plane"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// MaxMap is the most documents that a map has.
const MaxMap = 100_000

const (
	defaultMap  = 10_000
	planeSample = 4096 // documents that the directions are found from
	mapNamed    = 1000 // ids that a MapQuery may name
)

// MapQuery asks for the documents of a collection as points of a plane.
type MapQuery struct {
	// Filter selects documents. The zero Expr selects all.
	Filter filter.Expr
	// Limit is the number of documents to draw, at most MaxMap; zero means 10,000. If more
	// meet the filter, a sample is drawn, always the same one.
	Limit int
	// IDs are up to 1,000 documents that are drawn whatever the sample, as far as they meet
	// the filter.
	IDs []string
	// Color, if set, is a field of the metadata, or _source, whose values are told.
	Color string
	// Text, if set, is embedded as a query and placed on the plane.
	Text string
}

// Map is a picture of documents: their embeddings, projected onto the plane on which those
// of a sample differ most (the first two principal components). Point i is that of IDs[i];
// IDs are in byte order. The mean of the sample is at 0, 0.
type Map struct {
	Documents int // that meet the filter
	IDs       []string
	X, Y      []float32
	// Shares are the parts of the embeddings' variance along X and Y, from 0 to 1: how
	// much of the truth the picture shows.
	Shares [2]float64
	// Legend are the values of MapQuery.Color, and Colors says for each document which of
	// them it has: an index into Legend, -1 for another value, -2 for none.
	Legend []MapColor
	Colors []int
	// Question is where MapQuery.Text lies, or nil.
	Question *[2]float32
	// Warnings says what in the filter is probably a mistake, and why there is no question.
	Warnings []string
}

// MapColor is a value of a field, or, of numbers and times that have many, a range: from
// one value to another, both included.
type MapColor struct {
	Value    any // a string, bool, int64 or float64; a time as it is written; nil for a range
	From, To any // of a range: an int64, float64, or a time as it is written
	// Documents is how many of the map have it.
	Documents int
}

// Map draws documents as points of a plane, from the embeddings that are stored. It
// returns ErrInvalidQuery, ErrInvalidFilter, and with Text the errors of embedding.
func (c *Collection) Map(ctx context.Context, q MapQuery) (out Map, err error) {
	err = c.do("map", "", func(v *version) error {
		out = Map{}
		if err := q.check(&c.db.opts.Limits); err != nil {
			return err
		}
		if err := c.checkFilter(q.Filter); err != nil {
			return err
		}
		question, warnings, err := v.placed(ctx, q.Text)
		if err != nil {
			return err
		}
		r, err := v.Read()
		if err != nil {
			return err
		}
		defer r.Close()
		if err := q.draw(ctx, r, c.within(q.Filter), v.Settings().Dims, question, &out); err != nil {
			return err
		}
		out.Warnings = warnings
		if c.scope == nil { // a warning would tell of the others' fields
			out.Warnings = slices.Concat(warnings, v.Warnings(q.Filter))
			if q.Color != "" {
				out.Warnings = slices.Concat(out.Warnings, v.Unknown(q.Color))
			}
		}
		return nil
	})
	return out, err
}

func (q *MapQuery) check(l *Limits) error {
	switch {
	case q.Limit < 0 || q.Limit > MaxMap:
		return reason.For(ErrInvalidQuery, "{Limit} is %d, want 0 to %d", q.Limit, MaxMap)
	case len(q.IDs) > mapNamed:
		return reason.For(ErrInvalidQuery, "{IDs} has %d ids, at most %d", len(q.IDs), mapNamed)
	case q.Color == filter.FieldID:
		return reason.For(ErrInvalidQuery, "{Color} is _id, which is another for each document")
	case len(q.Text) > l.TextBytes:
		return reason.For(ErrInvalidText, "%d bytes, at most %d", len(q.Text), l.TextBytes)
	case !utf8.ValidString(q.Text):
		return reason.For(ErrInvalidText, "not UTF-8 at byte %d", invalidAt(q.Text))
	}
	return nil
}

// placed embeds a text, or says why it cannot.
func (v *version) placed(ctx context.Context, text string) (vec []float32, warnings []string, err error) {
	if text == "" {
		return nil, nil, nil
	}
	if err := v.outdated(); err != nil {
		return nil, []string{"the text has no place: " + err.Error()}, nil //nolint:nilerr // it is told
	}
	if vec, err = v.embedQuery(ctx, &Query{Text: text}); err == nil && vec == nil {
		warnings = []string{"the text has no place: the model knows no word of it"}
	}
	return vec, warnings, err
}

func (q *MapQuery) draw(ctx context.Context, r *index.Reader, where filter.Expr, dims int, question []float32, out *Map) error {
	limit := cmp.Or(q.Limit, defaultMap)
	nodes, documents, err := r.Sample(where, max(limit, planeSample))
	if err != nil {
		return err
	}
	out.Documents = documents
	var rows []float32
	for _, node := range nodes[:min(planeSample, len(nodes))] {
		if rows, _, err = r.AppendVector(rows, node); err != nil {
			return err
		}
	}
	p := plane.Of(rows, dims)
	out.Shares = p.Shares
	if question != nil {
		var at [2]float32
		at[0], at[1] = p.Place(question)
		out.Question = &at
	}
	nodes = nodes[:min(limit, len(nodes))]
	if nodes, err = q.add(r, where, nodes); err != nil {
		return err
	}
	ids, err := r.Named(nodes)
	if err != nil {
		return err
	}
	nodes = nodes[:0]
	var vec []float32
	for i, id := range ids {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var ok bool
		if vec, ok, err = r.AppendVector(vec[:0], id.Node); err != nil {
			return err
		}
		if !ok {
			continue
		}
		x, y := p.Place(vec)
		nodes = append(nodes, id.Node)
		out.IDs, out.X, out.Y = append(out.IDs, id.ID), append(out.X, x), append(out.Y, y)
	}
	if q.Color != "" {
		out.color(r.Groups(q.Color, nodes))
	}
	return nil
}

// add adds the documents that the query names to nodes.
func (q *MapQuery) add(r *index.Reader, where filter.Expr, nodes []uint32) ([]uint32, error) {
	if len(q.IDs) == 0 {
		return nodes, nil
	}
	there := make(map[uint32]bool, len(nodes))
	for _, node := range nodes {
		there[node] = true
	}
	for _, id := range q.IDs {
		node, ok, err := r.Node(id)
		if err == nil && ok && !there[node] {
			ok, err = r.Within(where, node)
		}
		if err != nil {
			return nil, err
		}
		if ok && !there[node] {
			there[node] = true
			nodes = append(nodes, node)
		}
	}
	return nodes, nil
}
