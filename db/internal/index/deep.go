package index

import (
	"context"
	"math"
	"slices"

	"github.com/fronyai/frony-db/internal/topk"
	"github.com/fronyai/frony-db/quant"
)

// A hybrid search looks deep: a document that is thousandth by its cosine can be among
// the best if it has some of the words. So many candidates cannot all be compared by their
// full vectors, and need not be: the codes of all dimensions tell their cosines to within
// an error, and those that are among the best then are settled. See
// docs/decisions/0185-deep-candidates.md.
const deepCandidates = 12 // times as many as a retriever brings

// errorOfOne is four standard deviations of a cosine that codes of four bits tell, for
// embeddings of one dimension; it falls with the root of their number.
const errorOfOne = 0.4

// codeError is by how much a cosine that is an estimate can be wrong.
func (s *search) codeError() float32 {
	return errorOfOne / float32(math.Sqrt(float64(s.x.set.Dims)))
}

// deep finds the k nodes of the highest cosine, of which the first promised keep the
// promise of the query's recall, and others that lie farther, in no order. If it leaves
// s.rough, cosines are estimates from then on.
func (s *search) deep(ctx context.Context, k, promised int) ([]scored, error) {
	if s.rough = false; s.x.gathered != nil {
		return s.exact(ctx, len(s.x.gathered))
	}
	w := s.way(k, promised)
	switch {
	case s.q.Reciprocal: // goes by ranks, which depend on all that there are
	case w.plan == PlanExact || w.plan == PlanExactMatches:
		k = int(s.x.bound())
	case !s.x.codes.whole():
	case w.plan == PlanGraph:
		s.rough, k = true, w.candidates
	default:
		s.rough, k = true, deepCandidates*k
		w.candidates = max(w.candidates, k)
	}
	return s.follow(ctx, k, w)
}

// split moves the k nearest of candidates to the front.
func split(all []scored, k int) (near, far []scored) {
	if len(all) <= k {
		return all, nil
	}
	best := topk.Best{Want: k}
	for _, a := range all {
		best.Add(topk.ScoreKey(a.node, a.cosine))
	}
	least, n := best.Least(), 0
	for i, a := range all {
		if topk.ScoreKey(a.node, a.cosine) >= least {
			all[i], all[n] = all[n], a
			n++
		}
	}
	return all[:n:n], all[n:]
}

// estimate tells the cosines of candidates by their codes.
func (s *search) estimate(all []scored) {
	keys := make([]uint32, len(all))
	s.x.codes.distances(s.code(), nodesOf(all), keys)
	for i, key := range keys {
		all[i].cosine, all[i].about = clamp(1-float32(key)/quant.KeyOne), true
	}
}

// exactly gives a candidate the cosine of its full vector, or 0 if it has none.
func (s *search) exactly(a *scored) error {
	cosine, ok, err := s.x.cosine(s.view, s.q.Vector, a.node)
	if err != nil {
		return err
	}
	a.cosine, a.about = 0, false
	if ok {
		a.cosine = cosine
		s.trace.Candidates++
	}
	return nil
}

// bar is the score that it takes to be among the k best of what was found, or 0 if there
// are fewer.
func (s *search) bar(found [][]scored, k int) float32 {
	var scores []float32
	for _, all := range found {
		for _, a := range all {
			if s.isNear(a) {
				scores = append(scores, a.score)
			}
		}
	}
	if len(scores) < k {
		return s.needed
	}
	slices.Sort(scores)
	return max(s.needed, scores[len(scores)-k])
}

// promising are those of s.rest which can have a score of bar or more, and are not among
// all.
func (s *search) promising(all []scored, bar float32) []scored {
	err := s.codeError()
	known := make(map[uint32]bool, len(all))
	for _, a := range all {
		known[a.node] = true
	}
	var more []scored
	for _, a := range s.rest {
		most := a
		most.bm25, most.sound, most.foreign = s.leastBM25, s.leastSound, 1
		if a.about {
			most.cosine += err
		}
		if s.add(&most); most.score < bar {
			s.dropped = true
			continue
		}
		if !known[a.node] {
			more = append(more, a)
		}
	}
	s.rest = nil
	s.addBM25(more)
	s.addForeign(more)
	if s.named {
		s.addSounds(more)
	}
	s.score(more)
	return more
}

// settle returns the best k of candidates and some more, best first, with the cosines of
// their full vectors.
func settle(sides []*search, all []scored, k int) ([]scored, error) {
	enough := k
	for _, s := range sides {
		if s.rough {
			enough = max(enough, s.refines(k))
		}
	}
	order(all)
	near := 0
	for i := range all {
		if near >= k && i >= enough {
			all = all[:i]
			for _, s := range sides {
				s.dropped = true
			}
			break
		}
		a := &all[i]
		s := sides[a.side]
		if a.about {
			if err := s.exactly(a); err != nil {
				return nil, err
			}
			s.add(a)
		}
		if s.isNear(*a) {
			near++
		}
	}
	order(all)
	return all, nil
}
