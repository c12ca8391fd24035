package db

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// Query says what to search for: one of Text and Embedding, or the ids of documents in
// Like, or both; or several of these in Queries.
type Query struct {
	// Text is embedded as a query.
	Text string
	// Embedding is a full vector, with the dimensions of the collection. It need
	// not be of unit length.
	Embedding []float32
	// Like are ids of documents: the search is for more like them, by their stored
	// embeddings, and with a Text for what is near both. Unlike are ids of documents to
	// move away from. None of them is a result. They need embeddings, so that Mode is
	// not Lexical; without a Text it is Dense. A missing id is ErrNotFound.
	Like, Unlike []string
	// Queries are several questions that are asked at once, such as other wordings, a
	// translation, a text that the answer may look like, or what was asked before. Text,
	// Embedding, Like and Unlike are then empty, and all else is the same for all.
	Queries []Question
	// Fuse is how the results of Queries are combined.
	Fuse Fuse
	// K is the number of results, at least 1.
	K int
	// Offset is the number of results to leave out before the K: the second page of ten
	// has Offset 10. K and Offset together are at most Limits.K. The pages of an
	// approximate search may overlap a little.
	Offset int
	// Filter selects the documents that may be returned. The zero Expr selects all.
	Filter filter.Expr
	// PerSource, if positive, is the number of results that may share a Source: 1
	// returns the best chunk of each document. The search continues until it has K
	// results or finds no more. A document without a Source counts as its own.
	PerSource int
	// GroupBy, if set, names a field of which no more than PerGroup results may share a
	// value: PerSource for any field. Zero PerGroup means 1. Values that filters take for
	// equal are one, and a list is one value as a whole. A document without the field
	// counts as its own group. _source is the Source.
	GroupBy  string
	PerGroup int
	// MinScore, if set, drops results with a lower Score, which is a cosine in Dense
	// mode only.
	MinScore *float32
	// MinCosine, if set, drops results whose embedding has a lower cosine with the
	// query, from -1 to 1; in Hybrid mode too. Unlike MinScore it is comparable
	// across the queries of one model.
	MinCosine *float32
	// Recall is the share of the true K nearest to find on average, from 0 to 1.
	// More takes longer, and 1 is Exact. Zero means 0.99. The search takes the plan
	// that keeps this promise at the lowest cost: how many candidates that needs is
	// measured on questions that the collection has received, or else on sentences
	// of its documents.
	Recall float32
	// EfSearch is the beam width in the graph, and Oversampling the number of
	// candidates per result that are reranked. If one of them is set, the graph is
	// searched so, whatever Recall that has; zero means the collection's. A collection
	// that has no graph yet begins to build it then, in the background, and until it is
	// ready such queries are answered as with a Recall of 0.999.
	EfSearch     int
	Oversampling int
	// Mode selects dense, lexical or hybrid search. The zero Mode is Hybrid for a
	// text and Dense for an embedding.
	Mode Mode
	// Fusion is how Hybrid combines the two rankings.
	Fusion Fusion
	// DenseWeight is the share of the dense score in Hybrid, from 0 to 1; the
	// lexical score has the rest. Nil means 0.3. To ignore embeddings entirely, use
	// Lexical.
	DenseWeight *float32
	// Exact compares the query with the full vector of every document, and in Hybrid
	// gives every document both scores. It is slow; the approximate search is measured
	// against it.
	Exact bool
	// Fields selects the parts of the documents to read; zero means text and
	// metadata.
	Fields Fields
	// Highlight marks the query's words in the texts and snippets of the results:
	// Korean words without their particle. It needs a Text.
	Highlight bool
	// Snippet, if positive, is the most characters of Match.Snippet: the part of the
	// text where most of the query's words are or, without any, the sentence nearest to
	// the query. With Fields the result can do without the whole text.
	Snippet int
	// Context, if positive, is the number of chunks before and behind each result that
	// Match.Context has, too: what is small enough to be found well is often too little
	// to be understood. It needs chunks as UpsertChunks stores them.
	Context int
	// MaxBytes, if positive, is the most memory that the documents of the results may
	// take, about: texts, titles, metadata, embeddings. With more, the search ends with
	// ErrResultsTooLarge as soon as it has read so much. Texts that are read for Highlight
	// and Snippet count, too.
	MaxBytes int64
	// Trace, if set, is filled with what the search did.
	Trace *Trace

	// own is set where the database itself asks.
	own bool
	// known are embeddings of texts, to which those that are made are added.
	known map[string][]float32
	// plain is set if slips are not corrected.
	plain bool
	// scope is that of the collection, which Filter has, too.
	scope *filter.Expr
}

// Mode selects the scores that order the results.
type Mode uint8

// The modes of a search.
const (
	ModeDefault Mode = iota
	// Dense ranks by the cosine of the embeddings. It finds similar meaning, also
	// across languages.
	Dense
	// Lexical ranks by BM25. It finds names, numbers and exact terms, and needs no
	// embedder.
	Lexical
	// Hybrid takes candidates from both and ranks them by both scores.
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

// Fusion is a way to combine two rankings.
type Fusion uint8

// The fusions.
const (
	// Weighted adds the cosine and the BM25 score, each scaled to [0, 1].
	Weighted Fusion = iota
	// Reciprocal adds 1/(60 + rank) of each list (reciprocal rank fusion).
	Reciprocal
)

// Match is a result of a search.
type Match struct {
	// Collection is the name of the document's collection. SearchAll sets it.
	Collection string
	Document   Document
	// Score orders the results, and is what MinScore applies to. In Dense mode it is
	// the cosine of the full vectors of query and document, from -1 to 1; in Lexical
	// mode BM25, above 0; in Hybrid the fused score, from 0 to 1. The last two are
	// comparable only within one search. Of Queries it is, with FuseRank, the sum of the
	// ranks' shares, 1 for a document that is the first of all, and with FuseBest the best
	// of Weight × score, where the score in Lexical mode is the share of the greatest BM25
	// that the question can have.
	Score float32
	// Cosine and BM25 are the two scores, where they were computed; of Queries, the
	// greatest of each.
	Cosine, BM25 float32
	// Question is the number of the one of Queries that the document fits best: by its rank,
	// or with FuseBest by the score that counts.
	Question int
	// Dense is, in Hybrid, the part of Score that the cosine gives; words give the rest.
	Dense float32
	// Highlights are the query's words in Document.Text, if Query.Highlight is set and
	// the text was read: in order, apart from each other.
	Highlights []Span
	// Snippet is set if Query.Snippet is, and the document has a text.
	Snippet *Snippet
	// Context is set if Query.Context is, and the document has a text. Results of the
	// same Source may share parts of theirs: PerSource 1 prevents it.
	Context *Passage
}

// Plan is how a search found its candidates.
type Plan string

// The plans.
const (
	PlanGraph        Plan = Plan(index.PlanGraph)        // the graph over the heads, then a rerank
	PlanSketches     Plan = Plan(index.PlanSketches)     // a sketch of every document, then a rerank
	PlanScan         Plan = Plan(index.PlanScan)         // the codes of all dimensions of every document, then a rerank
	PlanExact        Plan = Plan(index.PlanExact)        // every full vector, because of Query.Exact
	PlanExactMatches Plan = Plan(index.PlanExactMatches) // every full vector, because there are few
	PlanLexical      Plan = Plan(index.PlanLexical)      // the lexical index alone
)

// Trace says what a search did and how long each stage took.
type Trace struct {
	Mode       Mode // the mode used, never ModeDefault
	Plan       Plan
	Candidates int           // nodes that were reranked by their full vectors
	Embed      time.Duration // embedding the text
	Filter     time.Duration // evaluating the filter
	Graph      time.Duration // searching the graph
	Lexical    time.Duration // searching the lexical index, possibly while the graph is searched
	Rerank     time.Duration // comparing full vectors
	Load       time.Duration // reading the documents, and choosing snippets
	Total      time.Duration
	// Warnings says what in the filter is probably a mistake: see FilterWarnings. It
	// names a GroupBy that no document has, and
	// also says that a hybrid search was answered by words alone: see
	// Options.AllowModelMismatch.
	Warnings []string
}

// check returns the first reason why the query is invalid. What depends on the
// collection's model is checked when the query is embedded.
func (q *Query) check(l *Limits) error {
	if len(q.Queries) > 0 {
		return q.checkQuestions(l)
	}
	switch {
	case q.Text == "" && q.Embedding == nil && len(q.Like) == 0 && len(q.Unlike) > 0:
		return reason.For(ErrInvalidQuery, "{Unlike} alone does not say what to search for; set {Text}, {Embedding} or {Like}, too")
	case q.Text == "" && q.Embedding == nil && len(q.Like) == 0:
		return reason.For(ErrInvalidQuery, "there is nothing to search for; set {Text}, {Embedding} or {Like}")
	case q.Text != "" && q.Embedding != nil:
		return reason.For(ErrInvalidQuery, "{Text} and {Embedding} are both set; set one")
	case len(q.Text) > l.TextBytes:
		return reason.For(ErrInvalidText, "%d bytes, at most %d", len(q.Text), l.TextBytes)
	case !utf8.ValidString(q.Text):
		return reason.For(ErrInvalidText, "not UTF-8 at byte %d", invalidAt(q.Text))
	case q.K < 1 || q.K > l.K:
		return reason.For(ErrInvalidQuery, "{K} is %d, want 1 to %d", q.K, l.K)
	case q.Offset < 0 || q.Offset > l.K-q.K:
		return reason.For(ErrInvalidQuery, "{Offset} is %d, want 0 to %d: {K} and {Offset} are at most %d together", q.Offset, l.K-q.K, l.K)
	case q.PerSource < 0:
		return reason.For(ErrInvalidQuery, "{PerSource} is %d, want 0 or more", q.PerSource)
	case q.PerGroup < 0:
		return reason.For(ErrInvalidQuery, "{PerGroup} is %d, want 0 or more", q.PerGroup)
	case q.PerGroup > 0 && q.GroupBy == "":
		return reason.For(ErrInvalidQuery, "{PerGroup} needs a field to group by; set {GroupBy}, or {PerSource} for sources")
	case q.PerSource > 0 && q.GroupBy != "":
		return reason.For(ErrInvalidQuery, "{PerSource} and {GroupBy} are both set; set one, and {GroupBy} to _source for sources")
	case q.GroupBy == filter.FieldID:
		return reason.For(ErrInvalidQuery, "{GroupBy} is _id, which no two documents share")
	case q.EfSearch < 0 || q.EfSearch > l.EfSearch:
		return reason.For(ErrInvalidQuery, "{EfSearch} is %d, want 0 to %d", q.EfSearch, l.EfSearch)
	case q.Oversampling < 0 || q.Oversampling > l.Oversampling:
		return reason.For(ErrInvalidQuery, "{Oversampling} is %d, want 0 to %d", q.Oversampling, l.Oversampling)
	case int(q.Mode) >= len(modeNames) || q.Fusion > Reciprocal:
		return reason.For(ErrInvalidQuery, "unknown mode %d or fusion %d", q.Mode, q.Fusion)
	case q.DenseWeight != nil && !(*q.DenseWeight >= 0 && *q.DenseWeight <= 1):
		return reason.For(ErrInvalidQuery, "{DenseWeight} is %v, want 0 to 1", *q.DenseWeight)
	case q.Text == "" && (q.Mode == Lexical || q.Mode == Hybrid):
		return reason.For(ErrInvalidQuery, "{Mode} %s needs a text", q.Mode)
	case q.Recall < 0 || q.Recall > 1 || q.Recall != q.Recall:
		return reason.For(ErrInvalidQuery, "{Recall} is %v, want 0 to 1", q.Recall)
	case q.MaxBytes < 0:
		return reason.For(ErrInvalidQuery, "{MaxBytes} is %d, want 0 or more", q.MaxBytes)
	case q.MinCosine != nil && !(*q.MinCosine >= -1 && *q.MinCosine <= 1):
		return reason.For(ErrInvalidQuery, "{MinCosine} is %v, want -1 to 1", *q.MinCosine)
	case q.MinCosine != nil && q.Mode == Lexical:
		return reason.For(ErrInvalidQuery, "{MinCosine} needs embeddings, and {Mode} lexical compares none; use {MinScore}")
	case q.Snippet < 0 || q.Snippet > MaxSnippet:
		return reason.For(ErrInvalidQuery, "{Snippet} is %d, want 0 to %d characters", q.Snippet, MaxSnippet)
	case q.Context < 0 || q.Context > MaxContext:
		return reason.For(ErrInvalidQuery, "{Context} is %d, want 0 to %d chunks on each side", q.Context, MaxContext)
	case q.Highlight && q.Text == "":
		return reason.For(ErrInvalidQuery, "{Highlight} needs a text, whose words are marked")
	case q.Highlight && q.Snippet == 0 && !q.wantsText():
		return reason.For(ErrInvalidQuery, "{Highlight} needs texts to mark; add text to {Fields}, or set {Snippet}")
	case q.MinScore != nil && math.IsNaN(float64(*q.MinScore)):
		return reason.For(ErrInvalidQuery, "{MinScore} is NaN")
	}
	return q.checkExamples()
}
