package api

import (
	"time"

	"github.com/fronyai/frony-db/db"
)

// Match is a result of a search.
type Match struct {
	Collection string `json:"collection,omitempty" doc:"In a search of several collections: the one that it is in"`
	StoredDocument
	Score  float32 `json:"score" doc:"What results are ordered by: the cosine in mode dense, BM25 in lexical, and the fused score from 0 to 1 in hybrid; of queries see fuse"`
	Cosine float32 `json:"cosine,omitzero" doc:"Cosine over all dimensions, from -1 to 1, if it was computed"`
	BM25   float32 `json:"bm25,omitzero" doc:"BM25 score, if it was computed"`
	Dense  float32 `json:"dense,omitzero" doc:"In hybrid: the part of score that the cosine gives; words give the rest"`

	Question int `json:"question,omitzero" doc:"With queries: the number of the one that the document fits best; 0, the first, if missing"`

	Highlights []Span   `json:"highlights,omitzero" doc:"The query's words in text, if highlight was asked for and the text is here: in order, apart from each other"`
	Snippet    *Snippet `json:"snippet,omitempty" doc:"The part of the text that fits the query best, if snippet was asked for"`
	Context    *Passage `json:"context,omitempty" doc:"The result with the chunks around it, if context was asked for and it has a text"`
}

// FromMatch is the wire form of a match.
func FromMatch(m *db.Match) Match {
	return Match{
		Collection: m.Collection, StoredDocument: FromStored(&m.Document), Score: m.Score, Cosine: m.Cosine, BM25: m.BM25, Dense: m.Dense, Question: m.Question,
		Highlights: fromSpans(m.Document.Text, m.Highlights), Snippet: fromSnippet(m.Snippet), Context: (*Passage)(m.Context),
	}
}

// DB is the match.
func (m *Match) DB() db.Match {
	return db.Match{
		Collection: m.Collection, Document: m.StoredDocument.DB(), Score: m.Score, Cosine: m.Cosine, BM25: m.BM25, Dense: m.Dense, Question: m.Question,
		Highlights: spans(m.Text, m.Highlights), Snippet: m.Snippet.DB(), Context: (*db.Passage)(m.Context),
	}
}

// Timings is where a search spent its time, in microseconds.
type Timings struct {
	Embed   int64 `json:"embed" doc:"Embedding the text"`
	Filter  int64 `json:"filter" doc:"Evaluating the filter"`
	Graph   int64 `json:"graph" doc:"Searching the graph"`
	Lexical int64 `json:"lexical" doc:"Searching the lexical index, perhaps in parallel with the graph"`
	Rerank  int64 `json:"rerank" doc:"Comparing full vectors"`
	Load    int64 `json:"load" doc:"Reading the documents"`
	Total   int64 `json:"total"`
}

// Result is the answer to a query.
type Result struct {
	Matches    []Match  `json:"matches" doc:"Best first"`
	Mode       db.Mode  `json:"mode" doc:"What the results are ranked by"`
	Plan       db.Plan  `json:"plan" doc:"How candidates were found, such as graph, exact or lexical"`
	Candidates int      `json:"candidates" doc:"Documents that were compared by their full vectors"`
	Timings    Timings  `json:"timings" doc:"In microseconds"`
	Warnings   []string `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, such as a field that no document has, and that a hybrid search was answered by words alone"`
}

// FromResult is the wire form of what a search found and how it went.
func FromResult(matches []db.Match, t *db.Trace) Result {
	r := Result{
		Matches: make([]Match, len(matches)), Mode: t.Mode, Plan: t.Plan, Candidates: t.Candidates, Warnings: t.Warnings,
		Timings: Timings{
			Embed: t.Embed.Microseconds(), Filter: t.Filter.Microseconds(), Graph: t.Graph.Microseconds(), Lexical: t.Lexical.Microseconds(),
			Rerank: t.Rerank.Microseconds(), Load: t.Load.Microseconds(), Total: t.Total.Microseconds(),
		},
	}
	for i := range matches {
		r.Matches[i] = FromMatch(&matches[i])
	}
	return r
}

// DB is what the search found. It fills trace, unless that is nil.
func (r *Result) DB(trace *db.Trace) []db.Match {
	if trace != nil {
		t := &r.Timings
		*trace = db.Trace{
			Mode: r.Mode, Plan: r.Plan, Candidates: r.Candidates, Warnings: r.Warnings,
			Embed: micros(t.Embed), Filter: micros(t.Filter), Graph: micros(t.Graph), Lexical: micros(t.Lexical),
			Rerank: micros(t.Rerank), Load: micros(t.Load), Total: micros(t.Total),
		}
	}
	matches := make([]db.Match, len(r.Matches))
	for i := range r.Matches {
		matches[i] = r.Matches[i].DB()
	}
	return matches
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Results are the answers to several queries.
type Results struct {
	Results []Result `json:"results" doc:"One per query, in order"`
}
