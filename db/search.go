package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/textform"
)

// Search returns the K best documents for the query behind the first Offset, best
// first; fewer if the collection, the filter, MinScore or MinCosine leave fewer. It never returns a
// document that was deleted before it began, nor part of a batch.
//
// Sketches of all documents, or the graph over the Matryoshka heads, propose
// candidates, whichever keeps the promise of Recall at the lower cost, and the full
// vectors rank them. With Exact, or if a filter leaves few documents, the full
// vectors of all are compared. For a text the lexical index is searched as well,
// unless Mode is Dense. Several questions are searched one by one, embedded at once, and
// fused. A text that the model knows nothing of, if it can tell (see
// embedder.Recognizer), has no dense score: Hybrid then ranks by words alone, and
// Dense finds nothing.
//
// It returns ErrInvalidQuery, ErrInvalidText, ErrInvalidEmbedding,
// ErrInvalidFilter, ErrNoEmbedder, ErrModelMismatch, ErrResultsTooLarge, ErrClosed, and
// the embedder's errors.
func (c *Collection) Search(ctx context.Context, q Query) (matches []Match, err error) {
	err = c.do("search", c.Name(), func(v *version) error {
		if err := c.checkQuery(&q); err != nil {
			return err
		}
		q.Filter, q.scope = c.within(q.Filter), c.scope
		t := Trace{Mode: q.mode()}
		matches, err = v.search(ctx, &q, &t)
		if q.Trace != nil {
			*q.Trace = t
		}
		return err
	})
	return matches, err
}

func (c *Collection) checkQuery(q *Query) error {
	if err := q.check(&c.db.opts.Limits); err != nil {
		return err
	}
	return c.checkFilter(q.Filter)
}

// embedded is what the index is asked for a query that has been checked: with K 0, nothing
// is to be found.
func (v *version) embedded(ctx context.Context, q *Query, t *Trace) (ask index.Query, err error) {
	if len(q.Queries) > 0 {
		return v.embeddedAll(ctx, q, t)
	}
	start := time.Now()
	asked := *q
	var words, typed string
	asked.Text, words, typed = v.spell(q)
	q = &asked
	if v.byWords(q, t.Mode) {
		t.Mode = Lexical
		t.Warnings = []string{fmt.Sprintf("the text was searched by its words alone: %v", v.mismatch)}
	}
	var vec []float32
	var parts []index.Part
	outdated := v.outdated()
	switch {
	case t.Mode == Lexical, q.Text == "" && q.Embedding == nil:
	case t.Mode == Hybrid && len(q.Like) > 0 && outdated != nil:
		t.Warnings = append(t.Warnings, fmt.Sprintf("the text was searched by its words, and the embedding is that of Like alone: %v", outdated))
	default:
		if vec, err = v.embedQuery(ctx, q); err != nil {
			return ask, err
		}
		if vec == nil {
			t.Warnings = append(t.Warnings, "the model knows no word of the text, so that it has no dense score")
		}
		if vec == nil && t.Mode == Dense && len(q.Like) == 0 {
			return ask, nil
		}
	}
	if t.Mode == Hybrid && outdated == nil {
		if parts, err = v.embedParts(ctx, q); err != nil {
			return ask, err
		}
	}
	t.Embed = time.Since(start)
	ask = q.toIndex(t.Mode, vec)
	ask.Parts = parts
	if ask.Text != "" {
		ask.Text = words
	}
	if used := cmp.Or(ask.Text, q.Text); used != typed {
		t.Warnings = append(t.Warnings, fmt.Sprintf("no document has a word of the text; it was searched as %q", used))
	}
	return ask, nil
}

// spell returns the query's text as it is embedded and as its words are searched, and
// without corrections. A correction is a word of some document, and would tell a
// restricted collection of the others'.
func (v *version) spell(q *Query) (text, words, typed string) {
	typed = textform.Normal(textform.Typed(q.Text))
	if q.plain || q.scope != nil {
		return typed, typed, typed
	}
	text, words = v.Respell(typed)
	return text, words, typed
}

// search answers a query that has been checked.
func (v *version) search(ctx context.Context, q *Query, t *Trace) ([]Match, error) {
	start := time.Now()
	defer func() { t.Total = time.Since(start) }()
	ask, err := v.embedded(ctx, q, t)
	if err != nil || ask.K == 0 {
		return nil, err
	}
	r, err := v.Read()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if q.Trace != nil && q.scope == nil { // a warning would tell of the others' fields
		t.Warnings = append(t.Warnings, v.Warnings(q.Filter)...)
		if q.GroupBy != "" {
			t.Warnings = append(t.Warnings, v.Unknown(q.GroupBy)...)
		}
	}
	var found index.Trace
	if err := q.byExample(ctx, &ask, v.Settings().Dims, q.stored(r, &ask.Except)); err != nil {
		return nil, err
	}
	matches, err := r.Search(ctx, ask, &found)
	t.add(&found)
	if err != nil {
		return nil, tooLarge(err, ask.K)
	}
	out := make([]Match, len(matches))
	for i := range matches {
		m := &matches[i]
		out[i] = fromMatch(m)
	}
	loading := time.Now()
	err = v.finish(ctx, r, q, &ask, q.extras(), out)
	t.Load += time.Since(loading)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// extras is what may still be read and embedded for all results of a search together,
// besides the results themselves.
type extras struct {
	context int64 // bytes of text
	pieces  int   // of texts that are compared with the query: see nearest
}

func (q *Query) extras() *extras { return &extras{q.MaxBytes, piecesOfSearch} }

// finish adds to the results of one collection what stands around them, and excerpts.
func (v *version) finish(ctx context.Context, r *index.Reader, q *Query, ask *index.Query, left *extras, out []Match) error {
	if q.Context > 0 {
		if err := q.surround(out, q.reading(ctx, r, left)); err != nil {
			return err
		}
	}
	if !q.excerpts() {
		return nil
	}
	return v.excerpt(ctx, r.Marker(q.texts()), q, ask, left, out)
}

// tooLarge explains an error of a search for k results that MaxBytes has ended.
func tooLarge(err error, k int) error {
	if large, ok := errors.AsType[*index.TooLargeError](err); ok {
		return &Error{Err: reason.For(ErrResultsTooLarge, "more than %d bytes in %d of %d", large.Most, large.Results+1, k), Hint: "ask for fewer results, or for fewer fields"}
	}
	return err
}

func fromMatch(m *index.Match) Match {
	out := Match{Document: fromRecord(m.Record), Score: m.Score, Cosine: m.Cosine, BM25: m.BM25, Question: m.Question, Dense: m.Dense}
	out.Document.Embedding = m.Embedding
	return out
}

// excerpts reports whether the results have parts of their texts marked or chosen.
func (q *Query) excerpts() bool { return q.Highlight || q.Snippet > 0 }

// mode returns the query's mode. ModeDefault depends on what the query has.
func (q *Query) mode() Mode {
	switch {
	case q.Mode != ModeDefault:
		return q.Mode
	case q.Text == "":
		return Dense
	}
	return Hybrid
}

// toIndex converts the query for the index. vec is nil for Lexical, and for a text that
// the model knows nothing of.
func (q *Query) toIndex(mode Mode, vec []float32) index.Query {
	out := index.Query{
		Text: q.Text, Vector: vec, K: q.K + q.Offset, Offset: q.Offset, Filter: q.Filter, MinScore: q.MinScore, MinCosine: q.MinCosine,
		Recall: q.Recall, EfSearch: q.EfSearch, Oversampling: q.Oversampling,
		Reciprocal: q.Fusion == Reciprocal, DenseWeight: q.DenseWeight, Exact: q.Exact, Want: q.Fields.stored(), Own: q.own || q.hasExamples(),
		MaxBytes: q.MaxBytes,
	}
	switch {
	case q.PerSource > 0:
		out.GroupBy, out.PerGroup = filter.FieldSource, q.PerSource
	case q.GroupBy != "":
		out.GroupBy, out.PerGroup = q.GroupBy, cmp.Or(q.PerGroup, 1)
	}
	out.Unknown = mode == Hybrid && vec == nil
	if q.excerpts() || q.Context > 0 {
		out.Want |= store.WithText
	}
	if mode == Dense {
		out.Text = "" // only the embedder needed it
	}
	return out
}

// add adds what the index traced.
func (t *Trace) add(found *index.Trace) {
	t.Plan, t.Candidates = Plan(found.Plan), found.Candidates
	t.Filter, t.Graph, t.Lexical, t.Rerank, t.Load = found.Filter, found.Graph, found.Lexical, found.Rerank, found.Load
}
