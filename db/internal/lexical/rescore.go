package lexical

import (
	"cmp"
	"slices"
	"unicode"
)

// Scores appends to dst the score of each of nodes for query, as Search would
// compute it, and 0 if the document is not in the index or has no term of the
// query. In hybrid search it scores the documents that another retriever has
// found. It is meant for some hundred nodes, not for all.
func (x *Index) Scores(dst []float32, query string, nodes []uint32) []float32 {
	return x.scores(dst, query, nodes, x.open)
}

// Sounds is Scores for the names that query has in the other script.
func (x *Index) Sounds(dst []float32, query string, nodes []uint32) []float32 {
	return x.scores(dst, query, nodes, x.openSounds)
}

func (x *Index) scores(dst []float32, query string, nodes []uint32, open func(*search)) []float32 {
	s := x.searches.Get().(*search)
	defer x.searches.Put(s)
	s.ask(query)
	from := len(dst)
	dst = append(dst, make([]float32, len(nodes))...)
	scores := dst[from:]

	type held struct {
		slot uint32
		at   int
	}
	places := make([]held, 0, len(nodes))
	x.mu.RLock()
	for i, node := range nodes {
		if slot, ok := x.nodes.get(node); ok {
			places = append(places, held{slot, i})
		}
	}
	open(s)
	x.mu.RUnlock()
	defer s.release()
	slices.SortFunc(places, func(a, b held) int { return cmp.Compare(a.slot, b.slot) })
	sums := make([]float64, len(places))
	for i := range s.cursors {
		cur := &s.cursors[i]
		for j, p := range places {
			if cur.seek(p.slot); cur.done {
				break
			}
			if cur.slot == p.slot {
				length := s.view.chunks[p.slot/window].lengths[p.slot%window]
				sums[j] += cur.weight * s.bm.saturation(cur.occurs(), length)
			}
		}
	}
	for j, p := range places {
		scores[p.at] = float32(sums[j])
	}
	return dst
}

// Ceiling returns a score above that of every document for query: the limit for a
// document that repeats every term of the query, known to the index or not,
// without end. A score divided by the ceiling says how much of the query a
// document covers, from 0 to 1, and can be compared between queries. (A query of
// nothing but single syllables also searches inside words, and can exceed it.)
func (x *Index) Ceiling(query string) float32 {
	return x.sum(query, func(s *search) (sum float64) {
		for _, t := range s.terms {
			sum += t.weight * idf(x.live, x.df(t.key))
		}
		return sum
	})
}

// sum calls f with a query's terms, while nothing is written.
func (x *Index) sum(query string, f func(*search) float64) float32 {
	s := x.searches.Get().(*search)
	defer x.searches.Put(s)
	s.ask(query)
	x.mu.RLock()
	defer x.mu.RUnlock()
	return float32(f(s))
}

// Tells is Ceiling without the numbers and compounds that no document has. A time stamp, an
// address or the number of a session has a high ceiling, and tells nothing. A word that no
// document has may be one of another language.
func (x *Index) Tells(query string) float32 {
	return x.sum(query, func(s *search) (sum float64) {
		for i := range s.analysis.tokens {
			t := &s.analysis.tokens[i]
			df := x.df(t.key)
			machine := t.kind == kindPart || t.kind == kindCompound || slices.ContainsFunc(s.analysis.runes[t.at:t.at+t.n], unicode.IsDigit)
			if df > 0 || !machine {
				sum += t.weigh() * idf(x.live, df)
			}
		}
		return sum
	})
}

// df is the number of documents that have a term. The caller holds the lock.
func (x *state) df(key uint64) int {
	if id, ok := x.ids[key]; ok {
		return int(x.lists[id].df)
	}
	return 0
}
