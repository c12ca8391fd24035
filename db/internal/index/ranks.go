package index

import (
	"context"
	"math"
	"slices"

	"github.com/fronyai/frony-db/internal/topk"
)

// truth are the nearest nodes, and their places among all by the codes of all dimensions,
// if there are such.
func (s *search) truth(ctx context.Context) (nodes []uint32, places []int, err error) {
	var top []scored
	if s.x.codes.whole() {
		code := s.code()
		coded := s.scanned(code, calibrateCoded)
		keys := make([]uint32, len(coded))
		s.x.codes.distances(code, coded, keys)
		at := make(map[uint32]uint32, len(coded))
		for i, node := range coded {
			at[node] = keys[i]
		}
		slices.Sort(keys)
		if top, err = s.compare(coded); err == nil {
			top = top[:min(len(top), s.q.K)]
			for _, t := range top {
				place, _ := slices.BinarySearch(keys, at[t.node])
				places = append(places, place)
			}
		}
	} else {
		top, err = s.exact(ctx, s.q.K)
	}
	nodes = make([]uint32, len(top))
	for i, t := range top {
		nodes[i] = t.node
	}
	return nodes, places, err
}

// calibrateCoded is how many candidates by codes are compared by their full vectors, where
// what is measured is how many must be.
const calibrateCoded = 500

// ranks are the places of nodes among all that the search may return, by their
// sketches.
func (s *search) ranks(ctx context.Context, nodes []uint32) ([]int, error) {
	table := s.x.codes.sketches.Load()
	q := table.Query(s.q.Vector)
	own := make([]float32, len(nodes))
	table.Estimate(q, nodes, own)
	// One that is far behind the others shall not make a list of all that there is.
	above := topk.Best{Want: calibrateMost, Floor: topk.ScoreKey(^uint32(0), slices.Min(own))}
	s.sketchedPart(ctx, table, q, &above, 0, table.Blocks())
	keys := above.Keys()
	ranks := make([]int, len(nodes))
	for i, node := range nodes {
		place, _ := slices.BinarySearch(keys, topk.ScoreKey(node, own[i]))
		ranks[i] = len(keys) - 1 - place
	}
	return ranks, ctx.Err()
}

// calibrateMost is the largest number of candidates that is told from others.
const calibrateMost = 20_000

// quantile is the smallest of ranks, which ascend, that a share of them do not exceed.
func quantile(ranks []int, share float64) int {
	n := len(ranks)
	return ranks[min(n, int(math.Ceil(share*float64(n))))-1]
}
