package opensearch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db"
)

// Search is db.Collection.Search. Recall, EfSearch and Oversampling of the query are not
// looked at, but for a Recall of 1, which is Exact.
func (c *Collection) Search(ctx context.Context, q db.Query) (matches []db.Match, err error) {
	err = c.reads(ctx, func(s *state) error {
		matches, err = c.search(ctx, s, q)
		return err
	})
	return matches, failed("search", c.meta.Name, err)
}

func (c *Collection) search(ctx context.Context, at *state, q db.Query) ([]db.Match, error) {
	asked, err := c.Ask(ctx, q, c.GetFields)
	if err != nil {
		return nil, err
	}
	if q.Trace != nil {
		warnings, err := c.warnings(ctx, at, q.Filter, asked.GroupedBy()...)
		if err != nil {
			return nil, err
		}
		asked.Trace.Warnings = append(asked.Trace.Warnings, warnings...)
	}
	if asked.Nothing {
		return nil, asked.Finish(ctx, nil)
	}
	s := search{Collection: c, at: at, asked: asked, found: map[string]*stored{}}
	start := time.Now()
	if s.meets, err = c.meeting(ctx, at, asked.Filter); err == nil {
		s.meets, err = c.listed(ctx, s.meets)
	}
	if err != nil {
		return nil, err
	}
	if except := asked.Except(); len(except) > 0 {
		s.meets = s.meets.narrowed(not(or(anyOf("key", db.AllComposed(except)))))
	}
	asked.Trace.Filter = time.Since(start)
	ranked, err := s.rank(ctx)
	if err != nil {
		return nil, err
	}
	start = time.Now()
	matches, err := s.load(ctx, ranked)
	if err == nil {
		err = c.still(ctx, at)
	}
	if err != nil {
		return nil, err
	}
	asked.Trace.Load = time.Since(start)
	err = asked.Surround(matches, func(ids []string) ([]db.Document, error) {
		return c.get(ctx, at, db.FieldsDefault, ids)
	})
	if err != nil {
		return nil, err
	}
	return matches, asked.Finish(ctx, matches)
}

// search is the state of one search.
type search struct {
	*Collection
	at    *state
	asked *db.Asked
	meets *selection

	slots []string           // of the candidates
	found map[string]*stored // by their slots, as far as they were read
}

// rank finds candidates and ranks them.
func (s *search) rank(ctx context.Context) (ranked []db.Ranked, err error) {
	if err := s.count(ctx); err != nil {
		return nil, err
	}
	err = s.asked.Grow(func(k int) (int, bool, error) {
		all, err := s.retrieve(ctx, k)
		if err != nil {
			return 0, false, err
		}
		candidates, err := s.candidates(ctx)
		if err != nil {
			return 0, false, err
		}
		ranked, err = s.asked.Rank(ctx, candidates)
		return len(ranked), all, err
	})
	return ranked, err
}

// count reads the statistics of the question's words.
func (s *search) count(ctx context.Context) error {
	keys := s.asked.Keys()
	if len(keys) == 0 {
		s.asked.Count(0, 0, nil)
		return nil
	}
	documents, length, frequencies, err := s.statistics(ctx, s.at, keys)
	if err == nil && len(frequencies) == 0 {
		if more := s.asked.Completions(); len(more) > 0 {
			_, _, frequencies, err = s.statistics(ctx, s.at, more)
		}
	}
	s.asked.Count(documents, length, frequencies)
	return err
}

// sought is a search for the candidates of a retrieval.
type sought struct {
	q       object
	lexical *lexical
}

// retrieve finds the slots of candidates for k results. It reports whether these are all
// that there are.
func (s *search) retrieve(ctx context.Context, k int) (all bool, err error) {
	n := min(s.asked.Candidates(k), mostHits)
	all = true
	s.slots = s.slots[:0]
	var searches []sought
	for i, r := range s.asked.Retrievals() {
		if r.Vector != nil {
			searches = append(searches, sought{q: s.dense(r.Vector, n)})
		} else if i == 0 {
			s.asked.Trace.Plan = db.PlanLexical
		}
		if r.Text != "" {
			l := s.words(r.Text, n)
			if len(l.terms) > 0 {
				searches = append(searches, sought{l.query(s), l})
			}
			if most := s.asked.SoundCandidates(); len(l.sounds) > 0 && most > 0 {
				searches = append(searches, sought{q: s.named(l.sounds, most)})
			}
		}
	}
	start := time.Now()
	for len(searches) > 0 {
		qs := make([]object, len(searches))
		for i, one := range searches {
			qs[i] = one.q
		}
		answers, err := s.askAll(ctx, qs)
		if err != nil {
			return false, err
		}
		var more []sought
		for i, one := range searches {
			docs, err := reading{bare: true, words: true}.documents(answers[i].Hits.Hits)
			if err != nil {
				return false, err
			}
			if one.lexical != nil {
				best, enough := one.lexical.best(s, docs, answers[i].Hits.Hits)
				if !enough {
					more = append(more, sought{one.lexical.query(s), one.lexical})
					continue
				}
				docs = best
			}
			all = all && len(docs) < n
			for j := range docs {
				s.slots = append(s.slots, docs[j].slot)
			}
		}
		searches = more
	}
	took := time.Since(start)
	if s.asked.Trace.Plan == db.PlanLexical {
		s.asked.Trace.Lexical += took
	} else {
		s.asked.Trace.Graph += took // of both: they are one request
	}
	slices.Sort(s.slots)
	s.slots = slices.Compact(s.slots)
	return all, nil
}

// Of what the graph proposes, the full vectors rank overfetch times as many as are asked
// for, and no fewer than leastBeam.
const (
	overfetch = 2
	leastBeam = 400
	mostBeam  = 10_000 // the plugin's limit of k
)

// compare is 1 + the inner product of a document's vector with another.
const compare = `BytesRef b = doc['vector'].value; List q = params.q; byte[] x = b.bytes; int o = b.offset; double sum = 1;
	for (int i = 0; i < q.size(); i++) {
		int bits = (x[o] & 255) | ((x[o + 1] & 255) << 8) | ((x[o + 2] & 255) << 16) | (x[o + 3] << 24);
		sum += Float.intBitsToFloat(bits) * (double) q.get(i);
		o += 4;
	}
	return Math.max(sum, 0);`

// dense is the search for the n nearest documents.
func (s *search) dense(v []float32, n int) object {
	info := s.Info()
	script := object{"source": compare, "params": object{"q": v}}
	q := reading{bare: true}.with(object{"size": n, "track_total_hits": false})
	ahead := v[:min(info.HeadDims, len(v))]
	if s.asked.Exact() || info.HeadDims > mostIndexed || n > mostBeam || !slices.ContainsFunc(ahead, func(x float32) bool { return x != 0 }) {
		s.asked.Trace.Plan = db.PlanExact
		q["query"] = object{"script_score": object{"query": s.meets.query, "script": script}}
		return q
	}
	s.asked.Trace.Plan = db.PlanGraph
	beam := min(max(overfetch*n, leastBeam), mostBeam)
	q["query"] = object{"knn": object{"head": object{"vector": head(v, info.HeadDims), "k": beam, "filter": s.meets.query}}}
	q["rescore"] = object{"window_size": beam, "query": object{
		"query_weight": 0, "rescore_query_weight": 1, "score_mode": "total",
		"rescore_query": object{"script_score": object{"query": object{"match_all": object{}}, "script": script}},
	}}
	return q
}

// candidates reads what ranking needs of the documents that were found.
func (s *search) candidates(ctx context.Context) ([]db.Candidate, error) {
	r := reading{bare: !s.asked.Grouped(), words: len(s.asked.Keys()) > 0}
	if slices.ContainsFunc(s.asked.Retrievals(), func(r db.Retrieval) bool { return r.Vector != nil }) {
		r.fields |= db.FieldEmbedding
	}
	if s.asked.Grouped() {
		r.fields |= db.FieldMetadata
	}
	missing := slices.DeleteFunc(slices.Clone(s.slots), func(slot string) bool { return s.found[slot] != nil })
	docs, err := s.inSlots(ctx, s.meets, r, missing)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		s.found[docs[i].slot] = &docs[i]
	}
	s.slots = slices.DeleteFunc(s.slots, func(slot string) bool { return s.found[slot] == nil })
	slices.SortFunc(s.slots, func(a, b string) int { return cmp.Compare(s.found[a].number, s.found[b].number) })
	out := make([]db.Candidate, len(s.slots))
	for i, slot := range s.slots {
		d := s.found[slot]
		out[i] = db.Candidate{Vector: d.Embedding, Terms: d.words}
		if s.asked.Grouped() {
			out[i].Document = &d.Document
		}
	}
	return out, nil
}

// inSlots reads the documents of a selection that are in some slots.
func (c *Collection) inSlots(ctx context.Context, s *selection, r reading, slots []string) ([]stored, error) {
	var out []stored
	for part := range slices.Chunk(slots, mostHits/2) {
		q := object{"query": s.narrowed(or(anyOf("_id", part))).query, "size": len(part), "track_total_hits": false, "sort": []string{"_doc"}}
		if !s.whole() {
			r.fields, r.bare = r.fields|db.FieldMetadata, false
		}
		a, err := c.ask(ctx, r.with(q))
		if err != nil {
			return nil, err
		}
		docs, err := r.documents(a.Hits.Hits)
		if err == nil {
			docs, err = s.keep(docs)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, docs...)
	}
	return out, nil
}

// load reads the documents of the results.
func (s *search) load(ctx context.Context, ranked []db.Ranked) ([]db.Match, error) {
	slots := make([]string, len(ranked))
	for i, r := range ranked {
		slots[i] = s.slots[r.At]
	}
	docs, err := s.inSlots(ctx, s.meets, reading{fields: s.asked.Fields()}, slots)
	if err != nil {
		return nil, err
	}
	at := make(map[string]*stored, len(docs))
	for i := range docs {
		at[docs[i].slot] = &docs[i]
	}
	matches := make([]db.Match, 0, len(ranked))
	for i, r := range ranked {
		if d := at[slots[i]]; d != nil {
			matches = append(matches, r.Match(d.Document))
		}
	}
	return matches, nil
}
