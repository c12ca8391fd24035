package db

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Asked is a query that has been checked, embedded and analysed, for an engine to find
// candidates for. It is for one goroutine.
type Asked struct {
	// Filter is the query's, within what the collection is restricted to.
	Filter filter.Expr
	// Trace is what the search did so far; the engine adds to it.
	Trace Trace
	// Nothing says that nothing is to be found.
	Nothing bool

	r     *Rules
	q     Query
	ask   index.Query
	words index.Statistics
	index *lexical.Index // without documents, for weights
	start time.Time
}

// A Retrieval is what candidates are found by: a question, or a part of a long one.
type Retrieval struct {
	Text   string    // its words, or empty
	Vector []float32 // of unit length, or nil
}

// WeightedTerm is a term of a question. Where it occurs tf times in a document, it adds
// Weight × tf / (tf + flat + slope × the document's length) to the document's BM25.
type WeightedTerm struct {
	Key    uint64
	Weight float64
}

// Ask checks, embeds and analyses a query. get reads documents as Collection.GetFields
// does, for Like and Unlike.
func (r *Rules) Ask(ctx context.Context, q Query, get func(ctx context.Context, fields Fields, ids ...string) ([]Document, error)) (*Asked, error) {
	if err := r.c.checkQuery(&q); err != nil {
		return nil, err
	}
	a := &Asked{r: r, start: time.Now(), Filter: r.c.within(q.Filter)}
	a.Trace.Mode = q.mode()
	q.scope = r.c.scope
	a.q = q
	var err error
	if a.ask, err = r.v.embedded(ctx, &a.q, &a.Trace); err != nil {
		return nil, err
	}
	a.Nothing = a.ask.K == 0
	a.ask.Filter = filter.Expr{} // for the engine
	return a, a.q.byExample(ctx, &a.ask, r.v.Settings().Dims, func(ctx context.Context, ids []string) (all [][]float32, err error) {
		docs, err := get(ctx, FieldEmbedding, ids...)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			all = append(all, docs[i].Embedding)
		}
		return all, nil
	})
}

// Except are the ids of documents that are no results.
func (a *Asked) Except() []string {
	ids := slices.Concat(a.q.Like, a.q.Unlike)
	for i := range a.q.Queries {
		ids = slices.Concat(ids, a.q.Queries[i].Like, a.q.Queries[i].Unlike)
	}
	return ids
}

// Exact reports whether every document is to be compared.
func (a *Asked) Exact() bool { return a.ask.Exact || a.ask.Recall == 1 }

// Grouped reports whether results may share a value, so that more candidates may be
// needed.
func (a *Asked) Grouped() bool { return a.ask.PerGroup > 0 }

// GroupedBy is the field that the query groups its results by, if any.
func (a *Asked) GroupedBy() []string {
	if a.q.GroupBy == "" {
		return nil
	}
	return []string{a.q.GroupBy}
}

// K is the number of results, with those that are left out.
func (a *Asked) K() int { return a.ask.K }

// Wanted is the number of results.
func (a *Asked) Wanted() int { return a.q.K }

// Frequency is how many documents have a term, as Count was told.
func (a *Asked) Frequency(key uint64) int { return int(a.words.Frequencies[key]) }

// Fields are the parts of documents that results need.
func (a *Asked) Fields() Fields {
	f := cmp.Or(a.q.Fields, FieldsDefault)
	if a.q.excerpts() || a.q.Context > 0 {
		f |= FieldText
	}
	return f
}

// Candidates is how many candidates each retriever is to bring for k results.
func (a *Asked) Candidates(k int) int {
	if len(a.ask.Questions) > 1 && !a.ask.Best {
		k = index.PerRetriever(k)
	}
	if !a.hybrid() {
		return k
	}
	return index.PerRetriever(k)
}

// hybrid reports whether a question has both a text and an embedding.
func (a *Asked) hybrid() bool {
	return slices.ContainsFunc(a.Retrievals(), func(r Retrieval) bool { return r.Text != "" && r.Vector != nil })
}

// SoundCandidates is how many candidates names in the other script are to bring.
func (a *Asked) SoundCandidates() int {
	if !a.hybrid() {
		return 0
	}
	return index.PerSounds
}

// Retrievals are what candidates are found by.
func (a *Asked) Retrievals() []Retrieval {
	if len(a.ask.Questions) == 0 {
		return retrievals(nil, a.ask.Text, a.ask.Vector, a.ask.Parts)
	}
	var all []Retrieval
	for _, q := range a.ask.Questions {
		all = retrievals(all, q.Text, q.Vector, q.Parts)
	}
	return all
}

// retrievals appends those of a question and its parts.
func retrievals(dst []Retrieval, text string, vec []float32, parts []index.Part) []Retrieval {
	dst = append(dst, Retrieval{text, vec})
	for _, p := range parts {
		v := p.Vector
		if v == nil {
			v = vec
		}
		dst = append(dst, Retrieval{p.Text, v})
	}
	return dst
}

// Keys are the terms whose frequencies are needed for Count.
func (a *Asked) Keys() []uint64 { return a.keys(lexical.Keys) }

// Completions are the terms whose frequencies are needed, too, if no document has any
// of Keys.
func (a *Asked) Completions() []uint64 { return a.keys(lexical.Completions) }

func (a *Asked) keys(of func(string) []uint64) []uint64 {
	var keys []uint64
	for _, r := range a.Retrievals() {
		if r.Text != "" {
			keys = append(keys, of(r.Text)...)
		}
	}
	if a.q.Highlight || a.q.Snippet > 0 { // words to mark
		keys = append(keys, of(a.q.texts())...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Count says how many documents there are, how long they are together, and how many
// have each of Keys.
func (a *Asked) Count(documents int, length uint64, frequencies map[uint64]uint32) {
	a.words = index.Statistics{Documents: documents, Length: length, Frequencies: frequencies}
	a.index = lexical.Counted(&a.words, nil)
}

// Words are the terms of a text with their weights, the constants of BM25, and the terms
// of the names that it has in another script: an occurrence of one of these adds its
// weight.
func (a *Asked) Words(text string) (terms []WeightedTerm, flat, slope float64, sounds []WeightedTerm) {
	weights, flat, slope := a.index.Weights(text)
	return weighted(weights), flat, slope, weighted(a.index.SoundWeights(text))
}

func weighted(all []lexical.Weight) []WeightedTerm {
	out := make([]WeightedTerm, len(all))
	for i, w := range all {
		out[i] = WeightedTerm(w)
	}
	return out
}

// Score is the BM25 of documents, by their terms, for a text.
func (a *Asked) Score(text string, terms [][]uint64) []float32 {
	all, nodes := make([]lexical.Terms, len(terms)), make([]uint32, len(terms))
	for i, t := range terms {
		all[i], nodes[i] = t, uint32(i)
	}
	return lexical.Counted(&a.words, all).Scores(nil, text, nodes)
}

// Candidate is a document that an engine has found.
type Candidate struct {
	Terms  []uint64  // as Rules.Terms
	Vector []float32 // of unit length
	// Document has the metadata, title and source if the query is Grouped.
	Document *Document
}

// Ranked is the place of a candidate among the results.
type Ranked struct {
	At                         int // among the candidates
	Score, Cosine, BM25, Dense float32
	Question                   int // as Match.Question
}

// gather makes an index of candidates.
func (a *Asked) gather(candidates []Candidate) *index.Index {
	docs := make([]index.Candidate, len(candidates))
	for i, c := range candidates {
		docs[i] = index.Candidate{Vector: c.Vector, Terms: c.Terms}
		if c.Document != nil {
			docs[i].Record = new(store.Record)
			c.Document.toRecord(docs[i].Record)
		}
	}
	return index.Gather(*a.r.v.Settings(), &a.words, docs)
}

// Match is a result, with its document.
func (r *Ranked) Match(d Document) Match {
	return Match{Document: d, Score: r.Score, Cosine: r.Cosine, BM25: r.BM25, Dense: r.Dense, Question: r.Question}
}

// Grow calls find for the candidates of k results, and ranks them, with more of them each
// time while results share a value and too few of the candidates may stay. It ends when
// find reports that these are all that there are.
func (a *Asked) Grow(find func(k int) (ranked int, all bool, err error)) error {
	for k := a.K(); ; k *= 4 {
		if a.Grouped() && k == a.K() {
			k *= 2
		}
		ranked, all, err := find(k)
		if err != nil || !a.Grouped() || all || ranked >= a.Wanted() {
			return err
		}
	}
}

// Rank ranks candidates as the whole collection would be, if the best are among them.
func (a *Asked) Rank(ctx context.Context, candidates []Candidate) ([]Ranked, error) {
	var t index.Trace
	found, err := a.gather(candidates).Rank(ctx, a.ask, &t)
	if err != nil {
		return nil, err
	}
	out := make([]Ranked, len(found))
	for i, f := range found {
		out[i] = Ranked{int(f.Node), f.Score, f.Cosine, f.BM25, f.Dense, f.Question}
	}
	a.Trace.Candidates, a.Trace.Rerank = len(candidates), a.Trace.Rerank+t.Rerank+t.Lexical
	return out, nil
}

// Surround sets the Context of the results, if the query asks for it; it comes before
// Finish. read returns those of the documents with these ids that there are and that the
// collection may show, with text and metadata. That others are not there (ErrNotFound) is
// no error.
func (a *Asked) Surround(matches []Match, read func(ids []string) ([]Document, error)) error {
	if a.q.Context == 0 || len(matches) == 0 {
		return nil
	}
	start := time.Now()
	defer func() { a.Trace.Load += time.Since(start) }()
	return a.q.surround(matches, func(ids []string) ([]Document, error) {
		docs, err := read(ids)
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return docs, err
	})
}

// Finish makes the snippets and highlights of the results, and fills the query's Trace.
func (a *Asked) Finish(ctx context.Context, matches []Match) error {
	var err error
	if len(matches) > 0 && a.q.excerpts() {
		start := time.Now()
		err = a.r.v.excerpt(ctx, a.index.Marker(a.q.texts()), &a.q, &a.ask, a.q.extras(), matches)
		a.Trace.Load += time.Since(start)
	}
	a.Trace.Total = time.Since(a.start)
	if a.q.Trace != nil {
		*a.q.Trace = a.Trace
	}
	return err
}

// Columns are documents whose metadata is filtered, sorted or counted in memory.
type Columns struct {
	c *index.Columns
	n int
}

// NewColumns returns no documents. named says that the collection has a field "id".
func NewColumns(named bool) *Columns { return &Columns{c: index.NewColumns(named)} }

// Add adds a document, whose number is the number of those before it.
func (c *Columns) Add(d *Document) {
	rec := new(store.Record)
	d.toRecord(rec)
	c.c.Add(rec)
	c.n++
}

// Len is the number of documents.
func (c *Columns) Len() int { return c.n }

// Meeting reports for each document whether it meets a filter.
func (c *Columns) Meeting(where filter.Expr) ([]bool, error) {
	bits, err := c.c.Meeting(where)
	if err != nil {
		return nil, err
	}
	out := make([]bool, c.n)
	for i := range out {
		out[i] = bits[i/64]>>(i%64)&1 != 0
	}
	return out, nil
}

// CheckScan checks a scan, but for its filter.
func (r *Rules) CheckScan(s *Scan) error { return s.check() }

// Sorted returns the documents in the order of a scan with Sort, behind its After, at
// least Limit of them.
func (c *Columns) Sorted(s *Scan) []int {
	sorted := index.Sorted{After: s.After, N: s.Limit}
	for _, v := range s.AfterValues { // which have been checked
		if v != nil {
			v, _, _ = normaliseValue(v)
		}
		sorted.From = append(sorted.From, v)
	}
	for _, k := range s.Sort {
		sorted.Keys = append(sorted.Keys, attr.Key(k))
	}
	nodes := c.c.Sorted(sorted)
	out := make([]int, len(nodes))
	for i, n := range nodes {
		out[i] = int(n)
	}
	return out
}

// CheckFacets checks a facet query, but for its filter.
func (r *Rules) CheckFacets(q *FacetQuery) error { return r.c.checkFacets(q) }

// Facets counts the values of fields in all documents.
func (c *Columns) Facets(q *FacetQuery) []Facet {
	all := c.c.Facets(index.Facets{Fields: q.Fields, Top: cmp.Or(q.Top, defaultTop), Prefix: q.Prefix})
	out := make([]Facet, len(all))
	for i, f := range all {
		out[i] = fromFacet(q.Fields[i], f)
	}
	return out
}

// Fields describes the fields of all documents, the most frequent first.
func (c *Columns) Fields() []FieldInfo { return fieldInfos(c.c.Fields(8*examples), c.n) }

// Warnings says what in a filter is probably a mistake, and which of fields no document
// has, by documents that have every field with a value of each of its types.
func (c *Columns) Warnings(where filter.Expr, fields ...string) []string {
	return slices.Concat(c.c.Warnings(where), c.c.Unknown(fields...))
}
