package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/fusion"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Query is a search whose limits and defaults are settled.
//
// Its text and vector select the mode: a vector alone is dense search, a text alone
// is lexical search, and both are hybrid search. Hybrid search for a text that the model
// knows nothing of has no vector: see Unknown.
type Query struct {
	Text         string     // for the lexical retriever, or empty
	Vector       []float32  // for the dense retriever, of unit length and the index's dims, or nil
	Parts        []Part     // of a long question, for hybrid search
	Questions    []Question // several at once: Text, Vector, Parts and Unknown are then theirs
	Best         bool       // fuses several by their best score, in place of ranks
	K            int        // with those that are left out
	Offset       int        // results to leave out
	Filter       filter.Expr
	GroupBy      string // a field
	PerGroup     int    // results of one value of GroupBy at most; 0: any number
	MinScore     *float32
	MinCosine    *float32 // of the dense retriever
	Recall       float32  // 0: defaultRecall
	EfSearch     int      // 0: the index's
	Oversampling int      // 0: the index's
	Reciprocal   bool     // fuses ranks in place of scores
	DenseWeight  *float32
	Unknown      bool // hybrid search without a vector: no document has a dense score
	Exact        bool
	Want         store.Fields // of the results
	Except       []uint32     // nodes that are no results
	Own          bool         // not a question that was received: nothing is learnt from it
	MaxBytes     int64        // of the results in memory, about; 0: any number
}

func (q *Query) hybrid() bool { return q.Vector != nil && q.Text != "" }

// Match is a result of a search.
type Match struct {
	Record       *store.Record
	Embedding    []float32 // if Want has store.WithVector
	Score        float32
	Cosine, BM25 float32
	Question     int     // the number of the one that the document fits best, of several
	Dense        float32 // of a hybrid search: the part of Score that the cosine gives
}

// Plan is how a search found its candidates.
type Plan string

// The plans.
const (
	PlanGraph        Plan = "graph"
	PlanSketches     Plan = "sketches"
	PlanScan         Plan = "scan"
	PlanExact        Plan = "exact"
	PlanExactMatches Plan = "exact matches"
	PlanLexical      Plan = "lexical"
)

// Trace says what a search did and where its time went.
type Trace struct {
	Plan       Plan
	Candidates int
	Filter     time.Duration
	Graph      time.Duration
	Lexical    time.Duration
	Rerank     time.Duration
	Load       time.Duration
}

// add adds what a part of the search has done.
func (t *Trace) add(part *Trace) {
	t.Candidates += part.Candidates
	t.Graph += part.Graph
	t.Lexical += part.Lexical
	t.Rerank += part.Rerank
	t.Plan = cmp.Or(part.Plan, t.Plan)
}

// Search returns the K best documents but for the first Offset, best first.
func (r *Reader) Search(ctx context.Context, q Query, t *Trace) ([]Match, error) {
	x := r.x
	if len(q.Questions) > 0 {
		found, err := SearchSides(ctx, []Side{{r, q}}, t)
		matches := make([]Match, len(found))
		for i := range found {
			matches[i] = found[i].Match
		}
		return matches, err
	}
	s, top, err := r.best(ctx, &q, t)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	matches, err := s.load(ctx, top[min(len(top), q.Offset):], new(used))
	t.Load = time.Since(start)
	if !q.Own {
		x.sample(&q, t.Plan)
		x.learn(&q)
	}
	return matches, err
}

// best finds the nodes of the K best documents, best first.
func (r *Reader) best(ctx context.Context, q *Query, t *Trace) (*search, []scored, error) {
	s, done, err := r.begin(q, t)
	defer done()
	if err != nil {
		return nil, nil, err
	}
	var top []scored
	if len(q.Questions) > 0 {
		top, err = (&joint{sides: []*search{s}, k: q.K}).rank(ctx)
	} else {
		top, err = s.rank(ctx)
	}
	return s, top, err
}

// search is the state of one search.
type search struct {
	*Reader
	q       *Query
	allowed bits // nil: all
	trace   *Trace
	cores   int // that an exact comparison may use; 0: all
	spare   int // cores that other searches leave to this one

	side   uint32 // of a joint search
	apart  bool   // whoever asks fuses the scores: see joint
	beyond bool   // the dense retriever has come to documents below MinCosine

	// Of a hybrid search.
	rough                 bool         // cosines are estimates until candidates are settled
	scale                 *scale       // nil: not made yet
	bm25                  fusion.Scale // made with it, of the question's words
	rest                  []scored     // beyond the hundred nearest, or so
	leastBM25, leastSound float32      // of documents that the words, and the names, have not found
	named                 bool         // some have names of the question
	dropped               bool         // candidates which are not among the best were left out

	// Of a search for a part of a question.
	part     bool
	together *together
	number   int     // of the part's vector there
	needed   float32 // score to be among the results, or 0
	least    float32 // BM25 that documents need to be found by their words
}

// filter finds the nodes that the query's filter allows.
func (s *search) filter() (err error) {
	start := time.Now()
	if s.allowed, err = s.meeting(s.q.Filter); s.allowed != nil {
		s.trace.Filter += time.Since(start)
	}
	if err == nil && len(s.q.Except) > 0 {
		s.except()
	}
	return err
}

// except leaves out the query's exceptions.
func (s *search) except() {
	if s.allowed == nil {
		s.allowed = allBits(s.x.bound())
	}
	for _, node := range s.q.Except {
		if s.allowed.has(node) {
			s.allowed[node/64] &^= 1 << (node % 64)
		}
	}
}

// sees reports whether the search may return a node.
func (s *search) sees(node uint32) bool {
	return (s.allowed == nil || s.allowed.has(node)) && s.Reader.sees(node)
}

// scored is a node with the score that orders it, and what that was made of.
type scored struct {
	node         uint32
	score        float32
	cosine, bm25 float32
	side         uint32  // of a joint search
	near         float32 // the part of a fused score that the cosine gives
	sound        float32 // names of the question in another script, as lexical.Query.Sounds
	foreign      float32 // of a hybrid search: how foreign its script is to the question's
	about        bool    // cosine is an estimate
	scaled       bool    // makes the scale: see rescale
}

func byCosine(node uint32, cosine float32) scored {
	return scored{node: node, score: cosine, cosine: cosine}
}

// order is best first. Equal scores are ordered by node, so that results are
// repeatable.
func (a scored) order(b scored) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.node, b.node))
}

// rank finds the best K nodes.
func (s *search) rank(ctx context.Context) ([]scored, error) {
	if s.q.PerGroup > 0 {
		return s.rankPerGroup(ctx)
	}
	all, err := s.gather(ctx, s.q.K)
	if err != nil {
		return nil, err
	}
	order(all)
	all = s.near(all)
	return all[:min(len(all), s.q.K)], nil
}

// gather finds candidates that hold the best k. They are fewer than k if there
// are no more.
func (s *search) gather(ctx context.Context, k int) ([]scored, error) {
	switch {
	case s.q.Vector == nil:
		s.trace.Plan = PlanLexical
		all := s.lexical(k)
		for i := range all {
			all[i].scaled = true
		}
		if s.q.Unknown && !s.apart {
			return fuse([]*search{s}, [][]scored{all}, k)
		}
		return all, ctx.Err()
	case s.q.hybrid():
		return s.hybrid(ctx, k)
	default:
		all, err := s.dense(ctx, k, k)
		s.passed(all)
		return all, err
	}
}

// passed notes whether the dense retriever's candidates go beyond MinCosine.
func (s *search) passed(all []scored) {
	s.beyond = s.beyond || slices.ContainsFunc(all, func(a scored) bool { return !s.isNear(a) })
}

// order puts candidates into the order of the query.
func order(all []scored) { slices.SortFunc(all, scored.order) }

// near leaves out candidates below the query's MinCosine.
func (s *search) near(all []scored) []scored {
	if s.q.MinCosine == nil {
		return all
	}
	near := make([]scored, 0, len(all))
	for _, a := range all {
		if s.isNear(a) {
			near = append(near, a)
		}
	}
	return near
}

// isNear reports whether a candidate is not below the query's MinCosine. An estimate has
// the benefit of the doubt.
func (s *search) isNear(a scored) bool {
	if s.q.MinCosine == nil {
		return true
	}
	if a.about {
		a.cosine += s.codeError()
	}
	return a.cosine >= *s.q.MinCosine
}

// TooLargeError is returned for results that take more bytes than the query's MaxBytes.
type TooLargeError struct {
	Results int // that fitted
	Most    int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the results take more than %d bytes: %d fitted", e.Most, e.Results)
}

// used is what results that were read take of MaxBytes.
type used struct {
	results int
	bytes   int64
}

// load reads the documents of the results. used counts them, and those of other sides.
func (s *search) load(ctx context.Context, top []scored, used *used) ([]Match, error) {
	matches := make([]Match, 0, len(top))
	for _, t := range top {
		if s.q.MinScore != nil && t.score < *s.q.MinScore {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, ok, err := s.match(t)
		switch {
		case errors.Is(err, store.ErrCorrupt):
			s.x.log.Error("a result cannot be read and is left out; run doctor", "node", t.node, "err", err)
		case err != nil:
			return nil, fmt.Errorf("read a result: %w", err)
		case ok:
			if used.bytes += m.size(); s.q.MaxBytes > 0 && used.bytes > s.q.MaxBytes {
				return nil, &TooLargeError{used.results, s.q.MaxBytes}
			}
			used.results++
			matches = append(matches, m)
		}
	}
	return matches, nil
}

// size is about what a match takes in memory.
func (m *Match) size() int64 {
	r := m.Record
	n := 200 + len(r.ID) + len(r.Text) + len(r.Title) + len(r.Source) + 4*len(m.Embedding)
	for name, v := range r.Metadata {
		n += 50 + len(name)
		switch v := v.(type) {
		case string:
			n += len(v)
		case []string:
			for _, x := range v {
				n += 16 + len(x)
			}
		case []int64:
			n += 8 * len(v)
		case []float64:
			n += 8 * len(v)
		}
	}
	return int64(n)
}

func (s *search) match(t scored) (m Match, ok bool, err error) {
	m = Match{Score: t.score, Cosine: t.cosine, BM25: t.bm25, Dense: t.near}
	if m.Record, ok, err = s.Record(t.node, s.q.Want); err != nil || !ok {
		return m, false, err
	}
	if s.q.Want&store.WithVector != 0 {
		m.Embedding, ok, err = s.Vector(t.node)
	}
	return m, ok, err
}
