package lexical

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A Hit is a document that a search has found.
type Hit struct {
	Node  uint32
	Score float32 // BM25: above 0, without an upper limit, comparable only within one search
}

// The parameters of BM25, chosen by measurement (docs/lexical.md).
const (
	bm25K1 = 0.9  // how much repeated occurrences of a term add
	bm25B  = 0.65 // how much a document longer than the average is discounted
)

// A scorer holds BM25's constants for one search.
type scorer struct {
	flat, slope float64 // k1·(1−b) and k1·b / average length
}

// saturation returns the part of BM25 that depends on the document, from 0 to 1.
func (s *scorer) saturation(tf, length uint32) float64 {
	f := float64(tf)
	return f / (f + s.flat + s.slope*float64(length))
}

// search is the working memory of one search.
type search struct {
	asked    bool   // a question was analysed
	text     string // that question
	analysis analysis
	view     view
	bm       scorer
	allow    func(node uint32) bool
	sees     func(node uint32) bool
	terms    []queryTerm
	cursors  []cursor
	active   []*cursor
	scores   [window]float64
	touched  [window / 64]uint64
	picked   []uint16
	posted   run
	top      top
	least    float64 // score below which nothing needs to be found
	common   *common // nil if there is only one worker
}

type queryTerm struct {
	key    uint64
	weight float64
}

// A Query asks for the K documents that match Text best, among those for which
// Allow and Sees report true, if they are set.
type Query struct {
	Text string
	K    int

	// Allow is for a selective filter: it is called for every candidate, and
	// should be as cheap as a lookup in a bitmap. Sees is for a filter that accepts
	// nearly all: it is called for what a search without it has found, and if it
	// leaves too few of these, for documents that are about to enter the result of
	// another search. Both may be called concurrently.
	Allow, Sees func(node uint32) bool

	// Least is the score below which nothing needs to be found: what is found may lack it.
	Least float32

	// Sounds asks for names of the question in the other script, instead of BM25.
	Sounds bool

	// Cores is the number of cores that a search in a large index may use; 0
	// means one.
	Cores int
}

// unseen is how many documents that are not seen a search makes room for: those of a
// batch that is being written. Who is seen is a look into memory that is in no cache, so
// it is asked of what is found and not of all that was about to be found on the way.
const unseen = 4

// Search appends to dst the documents that q asks for, best first. Equal scores
// are ordered by node. It sees the index as of one moment. A query without terms
// finds nothing.
func (x *Index) Search(dst []Hit, q Query) []Hit {
	if q.K <= 0 {
		return dst
	}
	s := x.searches.Get().(*search)
	defer x.searches.Put(s)
	s.ask(q.Text)
	if q.Sounds && len(s.analysis.sounds) == 0 {
		return dst
	}
	if q.Sees == nil {
		return x.find(dst, s, q)
	}
	some, before := q, len(dst)
	some.K, some.Sees = q.K+unseen, nil
	dst = x.find(dst, s, some)
	full := len(dst) == before+some.K
	seen := slices.DeleteFunc(dst[before:], func(h Hit) bool { return !q.Sees(h.Node) })
	if full && len(seen) < q.K {
		return x.find(dst[:before], s, q)
	}
	return dst[:before+min(len(seen), q.K)]
}

// find is Search for a question that has been analysed. Sees is asked of what is about
// to be found.
func (x *Index) find(dst []Hit, s *search, q Query) []Hit {
	x.mu.RLock()
	if q.Sounds {
		x.openSounds(s)
	} else {
		x.open(s)
	}
	x.mu.RUnlock()
	defer s.release()
	if s.view.live == 0 || len(s.cursors) == 0 {
		return dst
	}
	s.allow, s.sees = q.Allow, q.Sees
	s.top.reset(min(q.K, s.view.live))
	s.least = float64(q.Least) * (1 - rounding)
	if workers := s.workers(q.Cores); workers > 1 {
		x.share(s, workers)
	} else {
		s.run(0, s.view.next)
	}
	return s.top.appendTo(dst)
}

// ask analyses a question. Those who ask one usually ask several things of it, in a
// row: to be found, to score what others have found, what it can reach.
func (s *search) ask(text string) {
	if s.asked && s.text == text {
		return
	}
	s.asked, s.text = true, text
	s.analysis.run(text)
	s.weigh()
}

// run searches the slots [lo, end); lo begins a window.
func (s *search) run(lo, end uint32) {
	for lo = s.seek(lo); lo < end; lo = s.seek(lo + window) {
		if c := s.view.chunks[lo/window]; c != nil {
			s.window(c, lo)
		}
	}
}

// open takes the view, and a cursor for each term that occurs. The caller holds the
// lock.
func (x *Index) open(s *search) {
	s.view = x.view()
	s.cursors = s.cursors[:0]
	for _, t := range s.terms {
		if id, ok := x.ids[t.key]; ok {
			l := &x.lists[id]
			s.cursors = append(s.cursors, newCursor(l, t.weight*idf(x.live, int(l.df))))
		}
	}
	if s.short() {
		x.widen(s)
	}
	x.complete(s)
	s.bm = scorer{flat: bm25K1}
	if x.length > 0 {
		s.bm.flat = bm25K1 * (1 - bm25B)
		s.bm.slope = bm25K1 * bm25B * float64(x.live) / float64(x.length)
	}
}

// release drops references that the pooled memory would keep alive.
func (s *search) release() {
	s.view, s.allow, s.sees, s.common = view{}, nil, nil, nil
	clear(s.cursors)
	clear(s.active)
}

// weigh turns the tokens of the query into terms, each with the sum of its
// tokens' weights.
func (s *search) weigh() {
	s.terms = s.terms[:0]
	for i := range s.analysis.tokens {
		t := &s.analysis.tokens[i]
		s.terms = append(s.terms, queryTerm{t.key, t.weigh()})
	}
	slices.SortStableFunc(s.terms, func(a, b queryTerm) int { return cmp.Compare(a.key, b.key) })
	n := 0
	for i, t := range s.terms {
		if i > 0 && t.key == s.terms[n-1].key {
			s.terms[n-1].weight += t.weight
			continue
		}
		s.terms[n] = t
		n++
	}
	s.terms = s.terms[:n]
}

// seek returns the start of the first window at or after lo in which a term may
// occur.
func (s *search) seek(lo uint32) uint32 {
	least := ^uint32(0)
	for i := range s.cursors {
		if c := &s.cursors[i]; !c.done {
			if c.skipTo(lo); !c.done {
				least = min(least, max(lo, c.slot))
			}
		}
	}
	if least == ^uint32(0) {
		return least
	}
	return least &^ (window - 1)
}

// window scores the documents of one chunk.
//
// It is MaxScore (Turtle and Flood 1995) over block maxima (Ding and Suel 2011),
// one window at a time. The terms are ordered by the bounds of their scores here.
// A document that has only the weakest of them cannot enter the result if the sum
// of their bounds is below the last score in it. So the strong terms are scored
// first, posting by posting, and the weak ones are looked up for the documents
// that are left.
func (s *search) window(c *chunk, lo uint32) {
	hi := min(lo+window, s.view.next)
	s.active = s.active[:0]
	for i := range s.cursors {
		cur := &s.cursors[i]
		if cur.bound = cur.limit(lo, hi, &s.bm); cur.bound > 0 {
			s.active = append(s.active, cur)
		}
	}
	sortByBound(s.active)
	floor := s.floor()
	sum, weak := 0.0, 0
	for i, cur := range s.active {
		sum += cur.bound
		cur.upTo = sum
		if sum < floor {
			weak = i + 1
		}
	}
	if weak == len(s.active) {
		return
	}
	clear(s.scores[:])
	for _, cur := range s.active[weak:] {
		s.scoreAll(cur, c, lo, hi, true)
	}
	least := math.Inf(-1)
	if weak > 0 {
		least = floor - s.active[weak-1].upTo
	}
	s.pick(c, least)
	for i := weak - 1; i >= 0 && len(s.picked) > 0; i-- {
		s.scorePicked(s.active[i], c, lo, hi, floor)
	}
	for _, i := range s.picked {
		node, score := c.nodes[i], float32(s.scores[i])
		if s.top.wants(node, score) && s.view.has(c, uint32(i)) && (s.sees == nil || s.sees(node)) {
			s.top.push(Hit{node, score})
		}
	}
}

// sortByBound orders cursors by their bounds. There are few.
func sortByBound(all []*cursor) {
	for i, c := range all {
		for ; i > 0 && all[i-1].bound > c.bound; i-- {
			all[i] = all[i-1]
		}
		all[i] = c
	}
}

// scoreAll adds the scores of a term in the window. With mark it marks the documents.
func (s *search) scoreAll(cur *cursor, c *chunk, lo, hi uint32, mark bool) {
	cur.seek(lo)
	r, scores, bm := &s.posted, &s.scores, s.bm
	for !cur.done && cur.slot < hi {
		cur.read(r, lo, hi)
		if r.once {
			for _, i := range r.at[:r.n] {
				i &= window - 1
				scores[i] += cur.weight * bm.saturation(1, c.lengths[i])
			}
		} else {
			for j, i := range r.at[:r.n] {
				i &= window - 1
				scores[i] += cur.weight * bm.saturation(r.tfs[j], c.lengths[i])
			}
		}
		if mark {
			for _, i := range r.at[:r.n] {
				s.touched[i/64%(window/64)] |= 1 << (i % 64)
			}
		}
	}
}

// pick lists the allowed documents that have a score of at least least, in order, and
// clears the marks.
func (s *search) pick(c *chunk, least float64) {
	picked, n := s.picked[:window], 0
	for w := range s.touched {
		for set := s.touched[w]; set != 0; set &= set - 1 {
			i := w*64 + bits.TrailingZeros64(set)
			picked[n&(window-1)] = uint16(i)
			if s.scores[i] >= least {
				n++
			}
		}
		s.touched[w] = 0
	}
	s.picked = picked[:n]
	if s.allow != nil {
		s.picked = slices.DeleteFunc(s.picked, func(i uint16) bool { return !s.allow(c.nodes[i]) })
	}
}

// Of a term that has fewer than scanShare times as many postings in a window as documents
// are left there, all postings are scored: looking for each document takes longer.
const scanShare = 6

// scorePicked drops the documents that this term and the weaker ones can no longer
// lift to the floor, and adds the scores of this term to the others.
func (s *search) scorePicked(cur *cursor, c *chunk, lo, hi uint32, floor float64) {
	picked, least := s.picked, floor-cur.upTo
	n := 0
	for _, i := range picked {
		picked[n] = i
		if s.scores[i] >= least {
			n++
		}
	}
	s.picked = picked[:n]
	if uint64(cur.n)*window < uint64(n)*scanShare*uint64(s.view.next) {
		s.scoreAll(cur, c, lo, hi, false)
		return
	}
	for _, i := range s.picked {
		slot := lo + uint32(i)
		if cur.seek(slot); cur.done {
			return
		}
		if cur.slot == slot {
			s.scores[i] += cur.weight * s.bm.saturation(cur.occurs(), c.lengths[i])
		}
	}
}
