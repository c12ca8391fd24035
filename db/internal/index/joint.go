package index

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/fusion"
)

// Question is one of several that a search asks at once. Its text and vector select the
// mode, as those of a Query do.
type Question struct {
	Text    string
	Vector  []float32
	Parts   []Part
	Unknown bool
	Weight  float32
	Number  int // of the caller's
}

// joint is a search for several questions, or of several indexes, or both. The lists of
// one question are scored by one scale over all indexes; then the questions' lists are
// fused. See docs/decisions/0167-several-collections.md and 0168-several-questions.md.
type joint struct {
	sides []*search
	k     int
	won   map[place]int // which question a node fits best
}

// place is a node of one of the sides.
type place struct{ side, node uint32 }

func (a scored) place() place { return place{a.side, a.node} }

// questions is the number of questions, one if the query is a single one.
func (q *Query) questions() int { return max(1, len(q.Questions)) }

// rank finds the best k nodes of all sides.
func (j *joint) rank(ctx context.Context) ([]scored, error) {
	q := j.sides[0].q // what is not about an index or a question is the same for all
	lists := make([][]scored, q.questions())
	for i := range lists {
		var err error
		if lists[i], err = j.list(ctx, i); err != nil {
			return nil, err
		}
	}
	all := lists[0]
	if len(q.Questions) > 0 {
		all = j.fuse(lists)
	}
	order(all)
	all = j.capGroups(j.sides[0].near(all))
	return all[:min(len(all), j.k)], nil
}

// list ranks the candidates of one question.
func (j *joint) list(ctx context.Context, question int) (all []scored, err error) {
	depth := j.k
	if q := j.sides[0].q; q.questions() > 1 && !q.Best {
		depth = max(perRetriever, 2*depth)
	}
	sides := make([]*search, len(j.sides))
	found := make([][]scored, len(j.sides))
	for i, s := range j.sides {
		one := s.asking(question, depth)
		one.apart = len(j.sides) > 1 && one.q.PerGroup == 0
		sides[i] = one
		if one.q.PerGroup > 0 {
			found[i], err = one.rankPerGroup(ctx)
		} else {
			found[i], err = one.gather(ctx, one.q.K)
		}
		if err != nil {
			return nil, err
		}
		one.side = uint32(i)
		for n := range found[i] {
			found[i][n].side = one.side
		}
	}
	if all, err = score(ctx, sides, found, depth); err != nil {
		return nil, err
	}
	order(all)
	return all[:min(len(all), depth)], nil
}

// asking is the search for one of the questions, and k results.
func (s *search) asking(question, k int) *search {
	one, q := *s, *s.q
	if len(q.Questions) > 0 {
		w := &q.Questions[question]
		q.Text, q.Vector, q.Parts, q.Unknown, q.Questions = w.Text, w.Vector, w.Parts, w.Unknown, nil
	}
	q.K = max(1, min(k, int(s.x.bound())))
	one.q, one.beyond = &q, false
	one.allowed = slices.Clone(s.allowed) // rankPerGroup excludes groups
	return &one
}

// score makes the scores of one question's candidates comparable, and puts those of all
// sides together.
//
// Cosines are as they are. BM25 is replaced by its share of the greatest that the
// question can have, if there are several indexes, since words weigh in each what they
// are worth there; or several questions, of which a longer one has more. In hybrid
// search the ends of the scales are those of the candidates of all sides together.
func score(ctx context.Context, sides []*search, found [][]scored, k int) (all []scored, err error) {
	q := sides[0].q
	switch {
	case q.Text != "" && (q.Vector != nil || q.Unknown):
		if len(sides) > 1 {
			return fuseSides(ctx, sides, found, k)
		}
	case q.Text != "" && (len(sides) > 1 || q.Best):
		for i, ceiling := range ceilings(sides) {
			for n := range found[i] {
				found[i][n].score = min(1, found[i][n].bm25/ceiling)
			}
		}
	}
	return slices.Concat(found...), nil
}

// ceilings are what the question's BM25 can reach at each side, above 0.
func ceilings(sides []*search) []float32 {
	all := make([]float32, len(sides))
	for i, s := range sides {
		all[i] = max(1e-9, s.x.lexical.Ceiling(s.q.Text))
	}
	return all
}

// fuseSides gives the candidates of a hybrid search of several indexes their scores.
func fuseSides(ctx context.Context, sides []*search, found [][]scored, k int) (all []scored, err error) {
	parts := slices.ContainsFunc(sides, func(s *search) bool { return len(s.q.Parts) > 0 })
	if parts && sides[0].q.PerGroup > 0 {
		return slices.Concat(found...), nil // each has its own best of parts
	}
	if all, err = fuse(sides, found, k); err != nil {
		return nil, err
	}
	if !parts {
		return all, nil
	}
	// The parts of a long question are searched in each index.
	whole := all
	all = nil
	for i, s := range sides {
		var own []scored
		for _, a := range whole {
			if a.side == uint32(i) {
				own = append(own, a)
			}
		}
		if own, err = s.parts(ctx, s.q.K, own); err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	return all, nil
}

// fuse fuses the lists of the questions: by the sum of weight / (60 + rank), as a share
// of what a document has that is the first of all lists, or by the best of weight ×
// score.
func (j *joint) fuse(lists [][]scored) []scored {
	q := j.sides[0].q
	var b best
	var total float32
	most := make(map[place]float32)
	j.won = make(map[place]int)
	for i, list := range lists {
		w := q.Questions[i].Weight
		total += w / (fusion.DefaultRank + 1)
		for rank := range list {
			a := &list[rank]
			var dense float32 // share of the score
			if a.score > 0 {
				dense = a.near / a.score
			}
			a.score *= w
			fits := a.score
			if !q.Best {
				a.score = w / float32(fusion.DefaultRank+rank+1)
				fits = -float32(rank)
			}
			a.near = dense * a.score
			if m, ok := most[a.place()]; !ok || fits > m {
				most[a.place()], j.won[a.place()] = fits, q.Questions[i].Number
			}
		}
		b.add(list, !q.Best)
		for _, f := range list { // what the scores are made of: the better
			a := &b.all[b.at[f.place()]]
			a.cosine, a.bm25 = max(a.cosine, f.cosine), max(a.bm25, f.bm25)
		}
	}
	if !q.Best {
		for i := range b.all {
			b.all[i].score /= total
			b.all[i].near /= total
		}
	}
	return b.all
}

// best gathers candidates of several lists.
type best struct {
	all []scored
	at  map[place]int
}

// add adds a list. What is there already gets the better score, or the sum of both.
func (b *best) add(list []scored, sum bool) {
	if b.at == nil {
		b.at = make(map[place]int, 2*len(list))
	}
	for _, f := range list {
		at, ok := b.at[f.place()]
		if !ok {
			b.at[f.place()] = len(b.all)
			b.all = append(b.all, f)
			continue
		}
		a := &b.all[at]
		switch {
		case sum:
			a.score += f.score
			a.near += f.near
		case a.score < f.score:
			a.score, a.near = f.score, f.near
		}
	}
}

// capGroups keeps the best of each group of each side, in order.
func (j *joint) capGroups(all []scored) []scored {
	q := j.sides[0].q
	if q.PerGroup == 0 || len(q.Questions) == 0 { // each side has done so
		return all
	}
	count := make(map[uint32]map[string]int)
	keys := make(map[place]string, len(all))
	for i, s := range j.sides {
		var nodes []uint32
		for _, a := range all {
			if a.side == uint32(i) {
				nodes = append(nodes, a.node)
			}
		}
		count[uint32(i)] = make(map[string]int)
		for n, g := range s.x.attrs.Groups(make([]attr.Group, 0, len(nodes)), q.GroupBy, nodes, s.former) {
			keys[place{uint32(i), nodes[n]}] = g.Key
		}
	}
	return slices.DeleteFunc(all, func(a scored) bool {
		key := keys[a.place()]
		if key == "" {
			return false
		}
		count[a.side][key]++
		return count[a.side][key] > q.PerGroup
	})
}

// Side is an index that a search of several reads, and what it is asked: the same for
// all, but for the spelling of texts.
type Side struct {
	Reader *Reader
	Query  Query
}

// SideMatch is a result of a search of several indexes.
type SideMatch struct {
	Match
	Side int
}

// SearchSides is Search of several indexes of one model, merged by score.
func SearchSides(ctx context.Context, sides []Side, t *Trace) ([]SideMatch, error) {
	j, done, err := beginSides(sides, t)
	defer done()
	if err != nil {
		return nil, err
	}
	top, err := j.rank(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	defer func() { t.Load = time.Since(start) }()
	var out []SideMatch
	var used used
	for _, a := range top[min(len(top), sides[0].Query.Offset):] {
		m, err := j.sides[a.side].load(ctx, []scored{a}, &used)
		if err != nil {
			return nil, err
		}
		for _, one := range m {
			one.Question = j.won[a.place()]
			out = append(out, SideMatch{one, int(a.side)})
		}
	}
	return out, nil
}

// beginSides begins a search of each side. done ends all.
func beginSides(sides []Side, t *Trace) (j *joint, done func(), err error) {
	j = &joint{k: sides[0].Query.K}
	var ends []func()
	done = func() {
		for _, end := range ends {
			end()
		}
	}
	for i := range sides {
		s, end, err := sides[i].Reader.begin(&sides[i].Query, t)
		ends = append(ends, end)
		if err != nil {
			return nil, done, err
		}
		j.sides = append(j.sides, s)
	}
	return j, done, nil
}

// begin begins a search: its filter is evaluated. done ends it.
func (r *Reader) begin(q *Query, t *Trace) (s *search, done func(), err error) {
	x := r.x
	q.K = max(1, min(q.K, int(x.bound()))) // there are no more, and memory is taken for K
	running := x.opts.Searching.Add(1)
	done = func() { x.opts.Searching.Add(-1) }
	s = &search{Reader: r, q: q, trace: t, spare: runtime.GOMAXPROCS(0) / int(running)}
	return s, done, s.filter()
}
