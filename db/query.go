package db

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
)

// Query says what to search for. Text or Embedding must be set, and not both.
type Query struct {
	// Text is embedded as a query.
	Text string
	// Embedding is a full vector, []float32 of the collection's dims. It need
	// not be of unit length.
	Embedding []float32
	// K is the number of results, at least 1.
	K int
	// Filter says which documents may be returned; the zero Expr is all.
	Filter filter.Expr
	// MinScore, if set, leaves out results with a lower score.
	MinScore *float32
	// EfSearch is the beam width in the graph, and Oversampling the number of
	// candidates per result that are reranked; 0 is the collection's.
	EfSearch     int
	Oversampling int
	// Exact compares the query with the full vector of every document: the
	// oracle that the approximate search is measured by.
	Exact bool
	// Fields says what of the documents is read; 0 is text and metadata.
	Fields Fields
	// Trace, if set, is filled with what the search did.
	Trace *Trace
}

// Match is a result of a search.
type Match struct {
	Document Document
	// Score is the cosine of the query and the document over the full
	// dimensions, from -1 to 1.
	Score float32
}

// Trace says how a search went and where its time did.
type Trace struct {
	Plan       string        // "graph", "exact", or "exact matches" for few documents
	Candidates int           // nodes that were reranked by their full vectors
	Embed      time.Duration // turning the text into a vector
	Filter     time.Duration // evaluating the filter
	Graph      time.Duration // searching the graph
	Rerank     time.Duration // comparing full vectors
	Load       time.Duration // reading the documents
	Total      time.Duration
}

// check reports every way in which a query can't be answered, the first one
// first.
func (c *Collection) checkQuery(q *Query) error {
	l := &c.db.opts.Limits
	switch {
	case q.Text == "" && q.Embedding == nil:
		return because(ErrInvalidQuery, "it has neither a text nor an embedding")
	case q.Text != "" && q.Embedding != nil:
		return because(ErrInvalidQuery, "it has a text and an embedding; give one")
	case len(q.Text) > l.TextBytes:
		return because(ErrInvalidText, "%d bytes, at most %d", len(q.Text), l.TextBytes)
	case !utf8.ValidString(q.Text):
		return because(ErrInvalidText, "not UTF-8 at byte %d", invalidAt(q.Text))
	case q.K < 1 || q.K > l.K:
		return because(ErrInvalidQuery, "K is %d, want 1 to %d", q.K, l.K)
	case q.EfSearch < 0 || q.EfSearch > l.Ef:
		return because(ErrInvalidQuery, "EfSearch is %d, want 0 to %d", q.EfSearch, l.Ef)
	case q.Oversampling < 0 || q.Oversampling > l.Oversampling:
		return because(ErrInvalidQuery, "Oversampling is %d, want 0 to %d", q.Oversampling, l.Oversampling)
	case q.MinScore != nil && math.IsNaN(float64(*q.MinScore)):
		return because(ErrInvalidQuery, "MinScore is NaN")
	}
	if q.Embedding != nil {
		if err := checkVector(q.Embedding, c.set.Dims); err != nil {
			return err
		}
	} else if c.embed == nil {
		return because(ErrNoEmbedder, "the query is a text; give its embedding or open the collection with an embedder")
	}
	return c.checkFilter(q.Filter)
}
