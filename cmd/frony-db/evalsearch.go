package main

import (
	"cmp"
	"context"
	"os"
	"slices"
	"time"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/eval"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/quant"
)

// evaluated is the database that is evaluated: a new one for each set.
type evaluated struct {
	*app
	o   *evalFlags
	dir string

	d     *db.DB
	col   *db.Collection
	ids   []string
	heads [][]float32 // of all documents, for the exact search over the head
}

func (s *evaluated) close() error {
	if s.d == nil {
		return nil
	}
	err := s.d.Close()
	s.d = nil
	return err
}

// Index implements eval.Searcher.
func (s *evaluated) Index(ctx context.Context, docs []eval.Document) error {
	if err := s.close(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "set-")
	if err != nil {
		return err
	}
	// Searches are measured, not how fast the disk syncs.
	if s.d, err = db.Open(dir, &db.Options{Embedder: s.o.embedder, Logger: s.log, SyncEvery: time.Second}); err != nil {
		return err
	}
	if s.col, err = s.d.Collection(ctx, "eval", nil); err != nil {
		return err
	}
	for part := range slices.Chunk(docs, 512) {
		batch := make([]db.Document, len(part))
		for i, d := range part {
			batch[i] = db.Document{ID: d.ID, Title: d.Title, Text: d.Text}
		}
		if _, err := s.col.Upsert(ctx, batch...); err != nil {
			return err
		}
	}
	s.ids, s.heads = nil, nil
	head := s.o.embedder.Spec().HeadDims
	for d, err := range s.col.Scan(ctx, db.Scan{Fields: db.FieldEmbedding}) {
		if err != nil {
			return err
		}
		s.ids = append(s.ids, d.ID)
		s.heads = append(s.heads, quant.Head(make([]float32, head), d.Embedding))
	}
	return nil
}

// Search implements eval.Searcher.
func (s *evaluated) Search(ctx context.Context, mode eval.Mode, query string, k int) (eval.Answer, error) {
	if mode == eval.Exact192 {
		return s.exactHead(ctx, query, k)
	}
	var t db.Trace
	q := s.o.ranking
	q.Text, q.K, q.Trace, q.Fields = query, k, &t, db.FieldsNone
	switch mode {
	case eval.Lexical:
		q.Mode = db.Lexical
	case eval.Hybrid:
		q.Mode = db.Hybrid
	default:
		q.Mode, q.Exact = db.Dense, mode == eval.Exact384
	}
	matches, err := s.col.Search(ctx, q)
	if err != nil {
		return eval.Answer{}, err
	}
	a := eval.Answer{Stages: []eval.Stage{
		{Name: "embed", Time: t.Embed},
		{Name: "graph", Time: t.Graph},
		{Name: "lexical", Time: t.Lexical},
		{Name: "rerank", Time: t.Rerank},
		{Name: "load", Time: t.Load},
	}}
	for _, m := range matches {
		a.IDs = append(a.IDs, m.Document.ID)
		a.Scores = append(a.Scores, m.Score)
	}
	return a, nil
}

// exactHead searches the heads by brute force: the best that half the dimensions
// can do.
func (s *evaluated) exactHead(ctx context.Context, query string, k int) (eval.Answer, error) {
	start := time.Now()
	v, err := s.o.embedder.EmbedQuery(ctx, query)
	if err != nil {
		return eval.Answer{}, err
	}
	embed := time.Since(start)
	v = quant.Head(make([]float32, s.o.embedder.Spec().HeadDims), v)
	order := make([]int, len(s.heads))
	scores := make([]float32, len(s.heads))
	for i, h := range s.heads {
		order[i], scores[i] = i, quant.Dot(v, h)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), a-b) })
	a := eval.Answer{Stages: []eval.Stage{{Name: "embed", Time: embed}, {Name: "rerank", Time: time.Since(start) - embed}}}
	for _, i := range order[:min(k, len(order))] {
		a.IDs = append(a.IDs, s.ids[i])
		a.Scores = append(a.Scores, scores[i])
	}
	return a, nil
}
