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
		return reason.For(ErrInvalidQuery, "Like and Unlike have %d ids, at most %d", n, MaxLike)
	case q.Mode == Lexical:
		return reason.For(ErrInvalidQuery, "Like and Unlike need embeddings, and the mode lexical compares none")
	}
	return nil
}

// mix moves the query's embedding towards the documents of Like and away from those of
// Unlike (Rocchio 1971, "Relevance feedback in information retrieval"), and returns the
// nodes of all. vec is that of the text, or nil.
func (q *Query) mix(ctx context.Context, r *index.Reader, vec []float32, dims int) ([]float32, []uint32, error) {
	var nodes []uint32
	like, err := q.mean(ctx, r, q.Like, dims, &nodes)
	if err != nil {
		return nil, nil, err
	}
	unlike, err := q.mean(ctx, r, q.Unlike, dims, &nodes)
	if err != nil || vec == nil && like == nil {
		return nil, nodes, err
	}
	sum, err := mixed(vec, like, unlike)
	return sum, nodes, err
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
		return nil, reason.For(ErrInvalidQuery, "Like and Unlike cancel each other out")
	}
	return sum, nil
}

// mean returns the mean of the documents' embeddings, of unit length, or nil if there are
// no ids or the mean is zero. It adds their nodes to nodes.
func (q *Query) mean(ctx context.Context, r *index.Reader, ids []string, dims int, nodes *[]uint32) ([]float32, error) {
	sum := make([]float32, dims)
	var missing []string
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		node, ok, err := r.Node(id)
		var d Document
		if err == nil && ok && q.scope != nil {
			ok, err = r.Within(*q.scope, node)
		}
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
		*nodes = append(*nodes, node)
		for i, x := range d.Embedding {
			sum[i] += x
		}
	}
	if missing != nil {
		return nil, &Error{Input: reason.IDs(missing...), Err: ErrNotFound}
	}
	return direction(sum), nil
}

// direction is a sum of embeddings at unit length, or nil if it is zero.
func direction(sum []float32) []float32 {
	if quant.Dot(sum, sum) < 1e-12 {
		return nil
	}
	quant.Normalize(sum)
	return sum
}
