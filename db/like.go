package db

import (
	"context"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/quant"
)

// MaxLike is the most ids that Query.Like and Query.Unlike may have together.
const MaxLike = 1000

// unlikeWeight is what the mean of Unlike weighs, where that of Like weighs 1.
const unlikeWeight = 0.5

// checkExamples returns the first reason why Like and Unlike are invalid.
func (q *Query) checkExamples() error {
	switch n := len(q.Like) + len(q.Unlike); {
	case n == 0:
		return nil
	case n > MaxLike:
		return reason.For(ErrInvalidQuery, "{Like} and {Unlike} have %d ids, at most %d", n, MaxLike)
	case q.Mode == Lexical:
		return reason.For(ErrInvalidQuery, "{Like} and {Unlike} need embeddings, and {Mode} lexical compares none")
	}
	return nil
}

// embeddingsByID returns the embeddings of documents by their ids, or ErrNotFound.
type embeddingsByID func(ctx context.Context, ids []string) ([][]float32, error)

// byExample moves the embeddings that the index is asked for towards the documents of Like
// and away from those of Unlike (Rocchio 1971, "Relevance feedback in information
// retrieval").
func (q *Query) byExample(ctx context.Context, ask *index.Query, dims int, read embeddingsByID) (err error) {
	if len(q.Queries) == 0 {
		ask.Vector, err = q.mix(ctx, ask.Vector, dims, read)
		ask.Unknown = ask.Unknown && ask.Vector == nil
		return err
	}
	for i := range ask.Questions {
		w := &ask.Questions[i]
		one := q.alone(w.Number)
		if w.Vector, err = one.mix(ctx, w.Vector, dims, read); err != nil {
			return ofQuestion(w.Number, err)
		}
		w.Unknown = w.Unknown && w.Vector == nil
	}
	return nil
}

// mix moves the embedding of one question, or nil.
func (q *Query) mix(ctx context.Context, vec []float32, dims int, read embeddingsByID) ([]float32, error) {
	if !q.hasExamples() {
		return vec, nil
	}
	like, err := mean(ctx, q.Like, dims, read)
	if err != nil {
		return nil, err
	}
	unlike, err := mean(ctx, q.Unlike, dims, read)
	if err != nil || vec == nil && like == nil {
		return nil, err
	}
	return mixed(vec, like, unlike)
}

// mixed moves vec towards like and away from unlike. All may be nil, but not both of the
// first two.
func mixed(vec, like, unlike []float32) ([]float32, error) {
	dims := max(len(vec), len(like))
	sum := make([]float32, dims)
	for _, part := range []struct {
		vec    []float32
		weight float32
	}{{vec, 1}, {like, 1}, {unlike, -unlikeWeight}} {
		for i, x := range part.vec {
			sum[i] += part.weight * x
		}
	}
	sum, err := normalised(sum, dims)
	if err != nil {
		return nil, reason.For(ErrInvalidQuery, "{Like} and {Unlike} cancel each other out")
	}
	return sum, nil
}

// mean returns the mean of the documents' embeddings, of unit length, or nil if there are
// no ids or the mean is zero.
func mean(ctx context.Context, ids []string, dims int, read embeddingsByID) ([]float32, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := read(ctx, ids)
	if err != nil {
		return nil, err
	}
	sum := make([]float32, dims)
	for _, v := range all {
		for i, x := range v {
			sum[i] += x
		}
	}
	return direction(sum), nil
}

// stored reads examples in the query's scope, and adds their nodes to nodes.
func (q *Query) stored(r *index.Reader, nodes *[]uint32) embeddingsByID {
	return func(ctx context.Context, ids []string) (all [][]float32, err error) {
		var missing []string
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			node, ok, err := r.Node(id)
			if err == nil && ok && q.scope != nil {
				ok, err = r.Within(*q.scope, node)
			}
			var d Document
			if err == nil && ok {
				d, ok, err = document(r, node, FieldEmbedding)
			}
			switch {
			case err != nil:
				return nil, &Error{Input: reason.IDs(id), Err: err}
			case !ok:
				missing = append(missing, id)
				continue
			}
			*nodes, all = append(*nodes, node), append(all, d.Embedding)
		}
		if missing != nil {
			return nil, NotFound(missing...)
		}
		return all, nil
	}
}

// direction is a sum of embeddings at unit length, or nil if it is zero.
func direction(sum []float32) []float32 {
	if quant.Dot(sum, sum) < 1e-12 {
		return nil
	}
	quant.Normalize(sum)
	return sum
}
