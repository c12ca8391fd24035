package index

import (
	"context"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db/internal/lexical"
)

// perRetriever is the minimum number of candidates from each retriever of a hybrid
// search: a document that is twentieth by both scores can be the best by their sum.
const perRetriever = 100

// PerRetriever is the number of candidates that each retriever brings for k results.
func PerRetriever(k int) int { return max(perRetriever, 2*k) }

// besideFrom is the number of documents from which on the lexical index is
// searched beside the graph, if a core is free. With fewer, waking the core takes
// as long as the search.
const besideFrom = 20_000

// lexical finds the k nodes of the highest BM25.
func (s *search) lexical(k int) []scored {
	start := time.Now()
	defer func() { s.trace.Lexical += time.Since(start) }()
	return s.words(k)
}

// words is lexical without a trace, which is for one goroutine.
func (s *search) words(k int) []scored {
	q := lexical.Query{Text: s.q.Text, K: k, Least: s.least, Sees: s.sees, Cores: s.spare}
	if s.allowed != nil {
		q.Allow = s.allowed.has
	}
	hits := s.x.lexical.Search(make([]lexical.Hit, 0, k), q)
	top := make([]scored, len(hits))
	for i, h := range hits {
		top[i] = scored{node: h.Node, score: h.Score, bm25: h.Score}
	}
	return top
}

// hybrid finds the best k by both scores. Of a long question, each part is searched as
// well.
func (s *search) hybrid(ctx context.Context, k int) ([]scored, error) {
	all, err := s.both(ctx, k)
	if err != nil || s.apart {
		return all, err
	}
	if all, err = fuse([]*search{s}, [][]scored{all}, k); err != nil || len(s.q.Parts) == 0 {
		return all, err
	}
	return s.parts(ctx, k, all)
}

// both finds the candidates of both retrievers and gives each of them both scores, the
// cosine by codes where that will do. What the dense retriever has found is scored by its
// words while the other one may still be searching; those that lie farther wait in s.rest
// until it is known what it takes to be among the best.
func (s *search) both(ctx context.Context, k int) ([]scored, error) {
	promised := k
	s.dropped = false
	k = PerRetriever(k)
	var found []scored
	var took time.Duration
	retrieve := func() {
		start := time.Now()
		found = s.words(k)
		took = time.Since(start)
	}
	if s.spare > 1 && !s.part && s.x.lexical.Len() >= besideFrom {
		var beside sync.WaitGroup
		beside.Go(retrieve)
		retrieve = beside.Wait
	}
	all, err := s.deep(ctx, k, promised)
	var named []scored
	if err == nil {
		s.passed(all)
		all, s.rest = split(all, k)
		s.addBM25(all)
		named = s.sounds()
		s.least = s.leastWords(all, named, k) // of a part, whose words are not asked beside
	}
	retrieve()
	s.trace.Lexical += took
	if err != nil {
		return nil, err
	}
	s.leastBM25, s.leastSound = max(s.least, least(found, k)), least(named, PerSounds)
	s.named = len(named) > 0
	n := len(all) // those of the dense retriever come first
	all = merge(all, found)
	for i := range all {
		all[i].scaled = true
	}
	m := len(all)
	if all = merge(all, named); s.named {
		s.addBM25(all[m:])
		s.addSounds(all)
	}
	return all, s.addCosine(all[n:])
}

// least is the score that no document exceeds which is not among the n best, found.
func least(found []scored, n int) float32 {
	if len(found) < n {
		return 0
	}
	return found[len(found)-1].score
}

// merge adds the candidates that others have found, if they are not among them.
func merge(all, others []scored) []scored {
	known := make(map[uint32]bool, len(all)+len(others))
	for _, a := range all {
		known[a.node] = true
	}
	for _, o := range others {
		if !known[o.node] {
			known[o.node] = true
			all = append(all, o)
		}
	}
	return all
}

// nodesOf are the nodes of candidates.
func nodesOf(all []scored) []uint32 {
	nodes := make([]uint32, len(all))
	for i, a := range all {
		nodes[i] = a.node
	}
	return nodes
}

// addBM25 scores candidates of the dense retriever: they may share terms with the
// query too.
func (s *search) addBM25(all []scored) {
	start := time.Now()
	for i, score := range s.x.lexical.Scores(nil, s.q.Text, nodesOf(all)) {
		all[i].bm25 = score
	}
	s.trace.Lexical += time.Since(start)
}

// addCosine scores candidates that the dense retriever has not found.
func (s *search) addCosine(all []scored) error {
	start := time.Now()
	defer func() { s.trace.Rerank += time.Since(start) }()
	if s.rough {
		s.estimate(all)
		return nil
	}
	return s.compareAll(all)
}

// compareAll gives candidates the cosines of their full vectors.
func (s *search) compareAll(all []scored) error {
	for i := range all {
		if err := s.exactly(&all[i]); err != nil {
			return err
		}
	}
	return nil
}
