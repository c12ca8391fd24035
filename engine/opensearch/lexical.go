package opensearch

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/fronyai/frony-db/db"
)

// lexical finds the n documents of the highest BM25 for a text.
//
// OpenSearch scores documents as we do, but for the rounding of lengths, which makes its
// scores no lower, and for the average length, which is that of a shard. The best by its
// scores are scored exactly here. What it left out cannot have more than its last score.
// If the n best have as much, they are right; otherwise it is asked for more.
type lexical struct {
	text   string
	n      int
	size   int // of what is asked for
	terms  []db.WeightedTerm
	sounds []db.WeightedTerm
}

const (
	scoredPerResult = 3
	mostScored      = 10_000
	// drift is by how much the average length in a shard may make scores too low.
	drift = 1.02
)

func (s *search) words(text string, n int) *lexical {
	terms, _, _, sounds := s.asked.Words(text)
	return &lexical{text: text, n: n, size: min(scoredPerResult*n, mostHits), terms: terms, sounds: sounds}
}

func (l *lexical) query(s *search) object {
	should := make([]object, 0, len(l.terms))
	for _, t := range l.terms {
		if t.Weight > 0 {
			should = append(should, object{"term": object{"terms": object{"value": term(t.Key), "boost": float32(t.Weight)}}})
		}
	}
	return reading{bare: true, words: true}.with(object{
		"query": object{"bool": object{"should": should, "minimum_should_match": 1, "filter": s.meets.query}},
		"size":  l.size, "track_total_hits": false,
	})
}

// best returns the n best of the documents that were found, and whether no other can be
// better. Otherwise more are to be asked for.
func (l *lexical) best(s *search, docs []stored, hits []hit) (best []stored, enough bool) {
	terms := make([][]uint64, len(docs))
	for i := range docs {
		terms[i] = docs[i].words
	}
	scores := s.asked.Score(l.text, terms)
	order := make([]int, len(docs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(docs[a].number, docs[b].number))
	})
	for _, i := range order[:min(l.n, len(order))] {
		best = append(best, docs[i])
	}
	if len(docs) < l.size || l.size >= max(mostScored, l.n) {
		return best, true
	}
	last := float64(scores[order[len(best)-1]])
	if last >= hits[len(hits)-1].Score*drift {
		return best, true
	}
	l.size = min(4*l.size, max(mostScored, l.n))
	return nil, false
}

// named is the search for documents with names of the question in another script.
func (s *search) named(sounds []db.WeightedTerm, n int) object {
	should := make([]object, 0, len(sounds))
	for _, t := range sounds {
		should = append(should, object{"constant_score": object{"filter": object{"term": object{"sounds": term(t.Key)}}, "boost": float32(max(t.Weight, math.SmallestNonzeroFloat32))}})
	}
	return reading{bare: true}.with(object{
		"query": object{"bool": object{"should": should, "minimum_should_match": 1, "filter": s.meets.query}},
		"size":  n, "track_total_hits": false, "sort": []object{{"_score": "desc"}, {"number": "asc"}},
	})
}

// statistics count the documents, the sum of their lengths, and the documents that have
// each of some terms.
func (c *Collection) statistics(ctx context.Context, at *state, keys []uint64) (documents int, length uint64, frequencies map[uint64]uint32, err error) {
	first, err := c.ask(ctx, object{
		"query": at.counted(), "size": 0, "track_total_hits": true,
		"aggs": object{"length": object{"sum": object{"field": "length"}}, "versions": object{"sum": object{"field": "_seq_no"}}},
	})
	if err != nil {
		return 0, 0, nil, err
	}
	documents, length = first.Hits.Total.Value, uint64(first.Aggregations.Length.Value)
	// Every write changes the sum of the versions of documents.
	counts := c.seen.countsAt(version{at.Token, documents, length, first.Aggregations.Versions.Value})
	frequencies, missing := counts.get(keys)
	if len(missing) == 0 {
		return documents, length, frequencies, nil
	}
	more := make(map[uint64]uint32, len(missing))
	if len(missing) > mostCounted {
		err = c.countIn(ctx, at, missing, more)
	} else {
		err = c.countEach(ctx, at, missing, more)
	}
	if err != nil {
		return 0, 0, nil, err
	}
	counts.put(missing, more)
	maps.Copy(frequencies, more)
	return documents, length, frequencies, nil
}

// countEach counts the documents that have each of a few terms by a search of its own.
func (c *Collection) countEach(ctx context.Context, at *state, keys []uint64, into map[uint64]uint32) error {
	qs := make([]object, len(keys))
	for i, key := range keys {
		name := term(key)
		// A key is that of a word or that of a sound.
		has := object{"bool": object{"should": []object{{"term": object{"terms": name}}, {"term": object{"sounds": name}}}}}
		if !at.quiet() { // else what is not to be seen has no terms
			has = at.counted(has)
		}
		qs[i] = object{"query": has, "size": 0, "track_total_hits": true}
	}
	answers, err := c.askAll(ctx, qs)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if n := answers[i].Hits.Total.Value; n > 0 {
			into[key] = uint32(n)
		}
	}
	return nil
}

// The documents of each term are counted by a search of its own, if there are not more
// terms than this. A question of one syllable has thousands, of which few occur: those are
// counted in the documents that have any.
const mostCounted = 256

// countIn counts the documents that have each of many terms.
func (c *Collection) countIn(ctx context.Context, at *state, keys []uint64, into map[uint64]uint32) error {
	names, asked := make([]string, len(keys)), make(map[uint64]bool, len(keys))
	for i, key := range keys {
		names[i], asked[key] = term(key), true
	}
	has := or(append(anyOf("terms", names), anyOf("sounds", names)...))
	all := &selection{state: at, query: at.counted(has)}
	return c.each(ctx, all, reading{fields: db.FieldsNone, words: true}, func(d *stored) error {
		for i, key := range d.words {
			if asked[key] && (i == 0 || d.words[i-1] != key) {
				into[key]++
			}
		}
		return nil
	})
}
