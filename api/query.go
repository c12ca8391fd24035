package api

import (
	"cmp"
	"fmt"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Query says what to search for.
type Query struct {
	Text         string     `json:"text,omitempty" doc:"Embedded as a query" example:"spring in Seoul"`
	Embedding    []float32  `json:"embedding,omitzero" doc:"Instead of a text: an embedding, as long as the collection's dims"`
	Like         []string   `json:"like,omitzero" doc:"Ids of documents: searches for more like them, by their stored embeddings, alone or with a text or an embedding. They are not among the results"`
	Unlike       []string   `json:"unlike,omitzero" doc:"Ids of documents to move away from. They are not among the results"`
	Queries      []Question `json:"queries,omitzero" doc:"Several questions at once, in place of text, embedding, like and unlike: other wordings, a translation, a text that the answer may look like, what was asked before. At most 32"`
	Fuse         db.Fuse    `json:"fuse,omitzero" enum:"rank,best" doc:"How the results of queries are combined: by the sum of weight / (60 + rank), or by the best weight × score; rank if missing"`
	K            int        `json:"k" required:"false" minimum:"1" doc:"Number of results; 10 if missing"`
	Offset       int        `json:"offset,omitzero" minimum:"0" doc:"Results to leave out before the k: 10 for the second page of ten. The limit of k is that of both together"`
	Filter       Filter     `json:"filter,omitzero"`
	PerSource    int        `json:"per_source,omitzero" minimum:"0" doc:"At most this many results of the same source: 1 returns the best chunk of each document; no limit if missing. A document without a source counts as its own source"`
	GroupBy      string     `json:"group_by,omitempty" doc:"A field of which at most per_group results share a value; _source is the source. A document without the field counts as its own group" example:"author"`
	PerGroup     int        `json:"per_group,omitzero" minimum:"0" doc:"With group_by: results of the same value; 1 if missing"`
	MinScore     *float32   `json:"min_score,omitempty" doc:"Leaves out results with a lower score: see score. In hybrid, use min_cosine for a limit that means the same for every query"`
	MinCosine    *float32   `json:"min_cosine,omitempty" minimum:"-1" maximum:"1" doc:"Leaves out results whose cosine with the query is lower, in dense and hybrid"`
	Recall       float32    `json:"recall,omitzero" minimum:"0" maximum:"1" doc:"The share of the true k nearest to find, on average; more takes longer, and 1 is a scan. 0.99 if missing"`
	EfSearch     int        `json:"ef_search,omitzero" minimum:"0" doc:"Beam width in the graph, instead of recall; the collection's if missing"`
	Oversampling int        `json:"oversampling,omitzero" minimum:"0" doc:"Candidates per result to rerank, instead of recall; the collection's if missing"`
	Mode         db.Mode    `json:"mode,omitzero" enum:"dense,lexical,hybrid" doc:"What to rank by: embeddings, BM25 or both; hybrid for a text and dense for an embedding if missing"`
	Fusion       string     `json:"fusion,omitempty" enum:"weighted,reciprocal" doc:"How hybrid combines the two rankings; weighted if missing"`
	DenseWeight  *float32   `json:"dense_weight,omitempty" minimum:"0" maximum:"1" doc:"Weight of the dense score in hybrid; the lexical score has the rest. 0.3 if missing"`
	Exact        bool       `json:"exact,omitzero" doc:"Exact (brute-force) search; slow"`
	Fields       Fields     `json:"fields,omitzero"`
	Highlight    bool       `json:"highlight,omitzero" doc:"Marks the text's words in the results, in highlights: Korean words without their particle. Needs text"`
	Snippet      int        `json:"snippet,omitzero" minimum:"0" maximum:"100000" doc:"Returns the part of each text that fits the query best, of at most this many characters, in snippet. With fields the whole text can be left out"`
	Context      int        `json:"context,omitzero" minimum:"0" maximum:"20" doc:"Returns each result with so many chunks before and behind it, in context"`

	// Ef is the name of EfSearch before 0.1.
	Ef int `json:"ef,omitzero" minimum:"0" deprecated:"true" doc:"The former name of ef_search"`
}

const (
	weighted   = "weighted"
	reciprocal = "reciprocal"
)

// FromQuery is the wire form of a query, but for Trace, which is the caller's, and
// MaxBytes, of which a server has its own.
func FromQuery(q *db.Query) (Query, error) {
	out := Query{
		Text: q.Text, Embedding: q.Embedding, Like: q.Like, Unlike: q.Unlike, Queries: fromQuestions(q.Queries), Fuse: q.Fuse, K: q.K, Offset: q.Offset, PerSource: q.PerSource, GroupBy: q.GroupBy, PerGroup: q.PerGroup, MinScore: q.MinScore, MinCosine: q.MinCosine,
		Recall: q.Recall, EfSearch: q.EfSearch, Oversampling: q.Oversampling,
		Mode: q.Mode, DenseWeight: q.DenseWeight, Exact: q.Exact, Fields: FromFields(q.Fields),
		Highlight: q.Highlight, Snippet: q.Snippet, Context: q.Context,
	}
	switch q.Fusion {
	case db.Weighted:
	case db.Reciprocal:
		out.Fusion = reciprocal
	default:
		return out, &FieldError{Field: "fusion", Err: fmt.Errorf("%w: unknown fusion %d", db.ErrInvalidQuery, q.Fusion)}
	}
	var err error
	out.Filter, err = FromFilter(q.Filter)
	return out, err
}

// DB is the query, its filter parsed within limits. Errors are a *FieldError.
func (q *Query) DB(l filter.Limits) (db.Query, error) {
	out := db.Query{
		Text: q.Text, Embedding: q.Embedding, Like: q.Like, Unlike: q.Unlike, Queries: questions(q.Queries), Fuse: q.Fuse, K: q.K, Offset: q.Offset, PerSource: q.PerSource, GroupBy: q.GroupBy, PerGroup: q.PerGroup, MinScore: q.MinScore, MinCosine: q.MinCosine,
		Recall: q.Recall, EfSearch: cmp.Or(q.EfSearch, q.Ef), Oversampling: q.Oversampling,
		Mode: q.Mode, DenseWeight: q.DenseWeight, Exact: q.Exact, Highlight: q.Highlight, Snippet: q.Snippet, Context: q.Context,
	}
	switch q.Fusion {
	case "", weighted:
	case reciprocal:
		out.Fusion = db.Reciprocal
	default:
		return out, &FieldError{Field: "fusion", Err: fmt.Errorf("%w: unknown fusion %.40q", db.ErrInvalidQuery, q.Fusion), Hint: "use weighted or reciprocal"}
	}
	var err error
	if out.Filter, err = q.Filter.Expr(l); err != nil {
		return out, err
	}
	out.Fields, err = q.Fields.DB()
	return out, err
}

// SearchAll is a search of several collections.
type SearchAll struct {
	Collections []string `json:"collections" minItems:"1" doc:"Names, aliases, and beginnings of them with * behind: tenant-*. Collections that a key is not for take no part in these" example:"notes"`
	Query       Query    `json:"query"`
}

// SearchBatch is several queries in one request.
type SearchBatch struct {
	Queries []Query `json:"queries" minItems:"1"`
}
