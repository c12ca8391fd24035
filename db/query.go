package db

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
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
	// PerSource, if above 0, is how many results may have the same Source: 1 is
	// the best chunk of each document. The search goes on until there are K, or
	// no more. A document without a Source stands for itself.
	PerSource int
	// MinScore, if set, leaves out results with a lower Score, which is a cosine in
	// Dense alone.
	MinScore *float32
	// MinCosine, if set, leaves out results whose embedding has a lower cosine with
	// the query's, from -1 to 1: in Hybrid those too that share words with the
	// query. It means the same from query to query, for one model.
	MinCosine *float32
	// Recall is the share of the true K nearest to find, on average, from 0 to
	// 1: more takes longer, and 1 is a scan. 0 is 0.99. It steers the graph by
	// what was measured on the collection's own vectors; questions that are
	// unlike all documents find a little less.
	Recall float32
	// EfSearch is the beam width in the graph, and Oversampling the number of
	// candidates per result that are reranked: fixed, in place of Recall; 0 is
	// the collection's.
	EfSearch     int
	Oversampling int
	// Mode says whether meaning, words or both decide; the zero Mode is Hybrid
	// for a text and Dense for an embedding.
	Mode Mode
	// Fusion says how Hybrid makes one order of two.
	Fusion Fusion
	// DenseWeight is the share of the dense score in Hybrid, from 0 to 1; the
	// lexical score has the rest. Nil is 0.3. To ignore embeddings entirely, use
	// Lexical.
	DenseWeight *float32
	// Exact compares the query with the full vector of every document: the
	// oracle that the approximate search is measured by.
	Exact bool
	// Fields says what of the documents is read; 0 is text and metadata.
	Fields Fields
	// Trace, if set, is filled with what the search did.
	Trace *Trace
}

// Mode is what decides the order of results.
type Mode uint8

// The modes of a search.
const (
	ModeDefault Mode = iota
	// Dense ranks by the cosine of the embeddings: meaning, across languages.
	Dense
	// Lexical ranks by BM25 over words: names, numbers, exact terms. It needs
	// no embedder.
	Lexical
	// Hybrid finds candidates both ways and ranks them by both scores.
	Hybrid
)

var modeNames = [...]string{"default", "dense", "lexical", "hybrid"}

func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "invalid"
}

// MarshalText implements encoding.TextMarshaler.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mode) UnmarshalText(b []byte) error {
	for i, name := range modeNames {
		if string(b) == name || len(b) == 0 {
			*m = Mode(i)
			return nil
		}
	}
	return reason.For(ErrInvalidQuery, "mode %q; want dense, lexical or hybrid", b)
}

// Fusion is a way to make one order of two.
type Fusion uint8

// The fusions.
const (
	// Weighted adds the cosine and the BM25 score, each brought to [0, 1].
	Weighted Fusion = iota
	// Reciprocal adds 1/(60 + rank) of each list (reciprocal rank fusion).
	Reciprocal
)

// Match is a result of a search.
type Match struct {
	Document Document
	// Score is what the results are ordered by: in Dense mode the cosine of the
	// query and the document over the full dimensions, from -1 to 1; in Lexical
	// mode BM25, above 0; in Hybrid the fused score, from 0 to 1. The last two are
	// comparable within one search only. MinScore is compared with it.
	Score float32
	// Cosine and BM25 are the two scores, where they were computed.
	Cosine, BM25 float32
}

// Plan is the way in which a search found its candidates.
type Plan string

// The plans.
const (
	PlanGraph        Plan = Plan(index.PlanGraph)        // the graph over the heads, then a rerank
	PlanScan         Plan = Plan(index.PlanScan)         // the codes of all dimensions of every document
	PlanExact        Plan = Plan(index.PlanExact)        // every full vector, because the query says Exact
	PlanExactMatches Plan = Plan(index.PlanExactMatches) // every full vector, because there are few
	PlanLexical      Plan = Plan(index.PlanLexical)      // the lexical index alone
)

// Trace says how a search went and where its time did.
type Trace struct {
	Mode       Mode // what decided the order
	Plan       Plan
	Candidates int           // nodes that were reranked by their full vectors
	Embed      time.Duration // turning the text into a vector
	Filter     time.Duration // evaluating the filter
	Graph      time.Duration // searching the graph
	Lexical    time.Duration // searching the lexical index, perhaps beside the graph
	Rerank     time.Duration // comparing full vectors
	Load       time.Duration // reading the documents
	Total      time.Duration
}

// check returns the first reason why the query is invalid. What depends on the
// collection's model is checked when the query is embedded.
func (q *Query) check(l *Limits) error {
	switch {
	case q.Text == "" && q.Embedding == nil:
		return reason.For(ErrInvalidQuery, "it has neither a text nor an embedding")
	case q.Text != "" && q.Embedding != nil:
		return reason.For(ErrInvalidQuery, "it has a text and an embedding; give one")
	case len(q.Text) > l.TextBytes:
		return reason.For(ErrInvalidText, "%d bytes, at most %d", len(q.Text), l.TextBytes)
	case !utf8.ValidString(q.Text):
		return reason.For(ErrInvalidText, "not UTF-8 at byte %d", invalidAt(q.Text))
	case q.K < 1 || q.K > l.K:
		return reason.For(ErrInvalidQuery, "K is %d, want 1 to %d", q.K, l.K)
	case q.PerSource < 0:
		return reason.For(ErrInvalidQuery, "PerSource is %d, want 0 or more", q.PerSource)
	case q.EfSearch < 0 || q.EfSearch > l.EfSearch:
		return reason.For(ErrInvalidQuery, "EfSearch is %d, want 0 to %d", q.EfSearch, l.EfSearch)
	case q.Oversampling < 0 || q.Oversampling > l.Oversampling:
		return reason.For(ErrInvalidQuery, "Oversampling is %d, want 0 to %d", q.Oversampling, l.Oversampling)
	case int(q.Mode) >= len(modeNames) || q.Fusion > Reciprocal:
		return reason.For(ErrInvalidQuery, "there is no mode %d or fusion %d", q.Mode, q.Fusion)
	case q.DenseWeight != nil && !(*q.DenseWeight >= 0 && *q.DenseWeight <= 1):
		return reason.For(ErrInvalidQuery, "DenseWeight is %v, want 0 to 1", *q.DenseWeight)
	case q.Text == "" && (q.Mode == Lexical || q.Mode == Hybrid):
		return reason.For(ErrInvalidQuery, "mode %s needs a text", q.Mode)
	case q.Recall < 0 || q.Recall > 1 || q.Recall != q.Recall:
		return reason.For(ErrInvalidQuery, "Recall is %v, want 0 to 1", q.Recall)
	case q.MinCosine != nil && !(*q.MinCosine >= -1 && *q.MinCosine <= 1):
		return reason.For(ErrInvalidQuery, "MinCosine is %v, want -1 to 1", *q.MinCosine)
	case q.MinCosine != nil && q.Mode == Lexical:
		return reason.For(ErrInvalidQuery, "MinCosine needs embeddings, and the mode lexical compares none; use MinScore")
	case q.MinScore != nil && math.IsNaN(float64(*q.MinScore)):
		return reason.For(ErrInvalidQuery, "MinScore is NaN")
	}
	return nil
}
