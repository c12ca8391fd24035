package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/keys"
)

func itoa(i int) string { return strconv.Itoa(i) }

// Query says what to search for.
type Query struct {
	Text         string    `json:"text,omitempty" doc:"Embedded as a query" example:"spring in Seoul"`
	Embedding    []float32 `json:"embedding,omitempty" doc:"In place of a text: a vector as long as the collection's"`
	K            int       `json:"k,omitempty" minimum:"1" doc:"Number of results; 10 if missing"`
	Filter       Filter    `json:"filter,omitempty"`
	PerSource    int       `json:"per_source,omitempty" minimum:"0" doc:"How many results may have the same source: 1 gives the best chunk of each document; no limit if missing. A document without a source stands for itself"`
	MinScore     *float32  `json:"min_score,omitempty" doc:"Leaves out results with a lower score"`
	Ef           int       `json:"ef,omitempty" minimum:"0" doc:"Beam width in the graph; the collection's if missing"`
	Oversampling int       `json:"oversampling,omitempty" minimum:"0" doc:"Candidates per result that are reranked; the collection's if missing"`
	Mode         string    `json:"mode,omitempty" enum:"dense,lexical,hybrid" doc:"Whether meaning, words or both decide; hybrid for a text and dense for an embedding if missing"`
	Fusion       string    `json:"fusion,omitempty" enum:"weighted,reciprocal" doc:"How hybrid makes one order of two; weighted if missing"`
	DenseWeight  *float32  `json:"dense_weight,omitempty" minimum:"0" maximum:"1" doc:"What meaning counts in hybrid, words counting the rest; 0.3 if missing"`
	Exact        bool      `json:"exact,omitempty" doc:"Compares with every document: slow, and the truth"`
	Fields       Fields    `json:"fields,omitempty"`
}

// Match is a result.
type Match struct {
	OutputDocument
	Score  float32 `json:"score" doc:"What the order is by: the cosine in mode dense, BM25 in lexical, both fused to 0 to 1 in hybrid"`
	Cosine float32 `json:"cosine,omitempty,omitzero" doc:"Cosine over all dimensions, from -1 to 1, where it was computed"`
	BM25   float32 `json:"bm25,omitempty,omitzero" doc:"BM25 over words, where it was computed"`
}

// Timings is where a search spent its time, in microseconds.
type Timings struct {
	Embed   int64 `json:"embed"`
	Filter  int64 `json:"filter"`
	Graph   int64 `json:"graph"`
	Lexical int64 `json:"lexical"`
	Rerank  int64 `json:"rerank"`
	Load    int64 `json:"load"`
	Total   int64 `json:"total"`
}

// Result is what a query found.
type Result struct {
	Matches    []Match `json:"matches" doc:"Best first"`
	Mode       string  `json:"mode" doc:"What decided the order"`
	Plan       string  `json:"plan" doc:"How candidates were found, such as graph, exact or lexical"`
	Candidates int     `json:"candidates" doc:"Documents that were compared by their full vectors"`
	Timings    Timings `json:"timings" doc:"In microseconds"`
}

type (
	inSearch struct {
		CollectionPath
		Body Query
	}
	outSearch     struct{ Body Result }
	inSearchBatch struct {
		CollectionPath
		Body struct {
			Queries []Query `json:"queries" minItems:"1"`
		}
	}
	outSearchBatch struct {
		Body struct {
			Results []Result `json:"results" doc:"One per query, in order"`
		}
	}
)

func (s *Server) searchRoutes() {
	tags := []string{"search"}
	register(s, huma.Operation{
		OperationID: "search", Method: http.MethodPost, Path: "/v1/collections/{collection}/search", Tags: tags,
		Summary: "Find documents by meaning",
	}, keys.Read, s.searchOne)
	register(s, huma.Operation{
		OperationID: "search-batch", Method: http.MethodPost, Path: "/v1/collections/{collection}/search/batch", Tags: tags,
		Summary: "Run several queries", Description: "A query that fails fails all, and param names it.",
	}, keys.Read, s.searchBatch)
}

func (s *Server) searchOne(ctx context.Context, in *inSearch) (*outSearch, error) {
	q, p := s.query(&in.Body, "body")
	if p != nil {
		return nil, p
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	r, err := s.find(ctx, c, q)
	if err != nil {
		return nil, err
	}
	return &outSearch{*r}, nil
}

func (s *Server) searchBatch(ctx context.Context, in *inSearchBatch) (*outSearchBatch, error) {
	if p := over("queries", len(in.Body.Queries), s.opts.Limits.Queries, "body.queries"); p != nil {
		return nil, p
	}
	queries := make([]db.Query, len(in.Body.Queries))
	for i := range queries {
		var p *Problem
		if queries[i], p = s.query(&in.Body.Queries[i], "body.queries["+itoa(i)+"]"); p != nil {
			return nil, p
		}
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	var out outSearchBatch
	for i, q := range queries {
		r, err := s.find(ctx, c, q)
		if err != nil {
			p := s.problem(ctx, err)
			return nil, p.at(joinParam("body.queries["+itoa(i)+"]", p.Detail.Param))
		}
		out.Body.Results = append(out.Body.Results, *r)
	}
	return &out, nil
}

func joinParam(outer, inner string) string {
	if inner == "" {
		return outer
	}
	return outer + "." + inner
}

// query checks a query against the server's limits.
func (s *Server) query(q *Query, param string) (db.Query, *Problem) {
	l := &s.opts.Limits
	out := db.Query{
		Text: q.Text, Embedding: q.Embedding, K: q.K, PerSource: q.PerSource, MinScore: q.MinScore,
		EfSearch: q.Ef, Oversampling: q.Oversampling, DenseWeight: q.DenseWeight, Exact: q.Exact,
	}
	if err := out.Mode.UnmarshalText([]byte(q.Mode)); err != nil {
		return out, s.problem(context.Background(), err).at(param + ".mode")
	}
	if q.Fusion == "reciprocal" {
		out.Fusion = db.Reciprocal
	}
	if out.K == 0 {
		out.K = min(10, l.K)
	}
	var p *Problem
	if out.Filter, p = s.expr(q.Filter); p != nil {
		return out, p.at(param + ".filter")
	}
	if out.Fields, p = q.Fields.toDB(); p != nil {
		return out, p.at(param + ".fields")
	}
	if p := s.checkText(q.Text, param+".text"); p != nil {
		return out, p
	}
	for _, f := range []struct {
		name     string
		n, limit int
	}{{"k", q.K, l.K}, {"ef", q.Ef, l.Ef}, {"oversampling", q.Oversampling, l.Over}} {
		if f.n < 0 || f.n > f.limit {
			return out, refuse(http.StatusBadRequest, "limit_exceeded", "%s is %d, at most %d", f.name, f.n, f.limit).at(param + "." + f.name)
		}
	}
	return out, nil
}

// find runs a query, within a slot of the gate.
func (s *Server) find(ctx context.Context, c *db.Collection, q db.Query) (*Result, error) {
	var t db.Trace
	q.Trace = &t
	start := time.Now()
	matches, err := c.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	s.metrics.searched(&t)
	s.spanSearch(ctx, c.Name(), start, &t)
	r := &Result{Matches: make([]Match, len(matches)), Mode: t.Mode.String(), Plan: string(t.Plan), Candidates: t.Candidates, Timings: Timings{
		Embed: micros(t.Embed), Filter: micros(t.Filter), Graph: micros(t.Graph),
		Lexical: micros(t.Lexical), Rerank: micros(t.Rerank), Load: micros(t.Load), Total: micros(t.Total),
	}}
	for i := range matches {
		m := &matches[i]
		r.Matches[i] = Match{fromDB(&m.Document), m.Score, m.Cosine, m.BM25}
	}
	return r, nil
}

func micros(d time.Duration) int64 { return d.Microseconds() }
