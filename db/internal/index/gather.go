package index

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Statistics count the words of a collection.
type Statistics = lexical.Statistics

// Candidate is a document of a collection that another engine keeps.
type Candidate struct {
	Record *store.Record // for its columns; nil: none are asked for
	Vector []float32     // of unit length
	Terms  lexical.Terms
}

// Gather returns an index of some documents of a collection that another engine keeps,
// in memory only, for one search: it ranks them as the index of all would, if the best
// are among them. Document i is node i.
func Gather(set Settings, words *lexical.Statistics, docs []Candidate) *Index {
	x := &Index{set: set, opts: Options{Searching: new(atomic.Int32)}}
	x.derived = derived{attrs: attr.New(), nodes: newNodes(), expiry: newExpiry(), gathered: make([][]float32, len(docs))}
	terms := make([]lexical.Terms, len(docs))
	for i, d := range docs {
		x.nodes.bear(uint32(i), 0)
		x.gathered[i], terms[i] = d.Vector, d.Terms
		if d.Record != nil {
			x.attrs.Set(uint32(i), columns(d.Record))
		}
	}
	x.lexical = lexical.Counted(words, terms)
	return x
}

// Ranked is a node of the result of Rank. Question and Dense are as those of a Match.
type Ranked struct {
	Node                       uint32
	Score, Cosine, BM25, Dense float32
	Question                   int
}

// Rank returns the best K gathered documents but for the first Offset, best first.
func (x *Index) Rank(ctx context.Context, q Query, t *Trace) ([]Ranked, error) {
	s, done, err := (&Reader{x: x}).begin(&q, t)
	defer done()
	if err != nil {
		return nil, err
	}
	j := &joint{sides: []*search{s}, k: q.K}
	var top []scored
	if len(q.Questions) > 0 {
		top, err = j.rank(ctx)
	} else {
		top, err = s.rank(ctx)
	}
	if err != nil {
		return nil, err
	}
	var out []Ranked
	for _, r := range j.ranked(top, &q) {
		out = append(out, r.Ranked)
	}
	return out, nil
}

// GatheredSide is an index of gathered documents that a search of several reads, and what
// it is asked.
type GatheredSide struct {
	Index *Index
	Query Query
}

// RankedSide is a node of the result of RankSides.
type RankedSide struct {
	Ranked
	Side int
}

// RankSides is Rank of several indexes of one model, merged by score as SearchSides does.
func RankSides(ctx context.Context, sides []GatheredSide, t *Trace) ([]RankedSide, error) {
	all := make([]Side, len(sides))
	for i, s := range sides {
		all[i] = Side{&Reader{x: s.Index}, s.Query}
	}
	j, done, err := beginSides(all, t)
	defer done()
	if err != nil {
		return nil, err
	}
	top, err := j.rank(ctx)
	if err != nil {
		return nil, err
	}
	return j.ranked(top, &sides[0].Query), nil
}

// ranked are the results but for the first Offset, as far as their scores reach MinScore.
func (j *joint) ranked(top []scored, q *Query) (out []RankedSide) {
	for _, a := range top[min(len(top), q.Offset):] {
		if q.MinScore != nil && a.score < *q.MinScore {
			break
		}
		out = append(out, RankedSide{Ranked{a.node, a.score, a.cosine, a.bm25, a.near, j.won[a.place()]}, int(a.side)})
	}
	return out
}

// Words is what words depend on in gathered documents.
func (x *Index) Words() *lexical.Index { return x.lexical }

// Columns are documents with their columns only, for what is asked of these.
type Columns struct {
	attrs *attr.Index
	ids   []string
	n     uint32
	named bool
}

// NewColumns returns no documents. named says whether the collection has a field "id",
// which is the id of a document otherwise.
func NewColumns(named bool) *Columns { return &Columns{attrs: attr.New(), named: named} }

// Add adds a document and returns its node.
func (c *Columns) Add(rec *store.Record) uint32 {
	c.attrs.Set(c.n, columns(rec))
	c.ids = append(c.ids, rec.ID)
	c.n++
	return c.n - 1
}

// Meeting returns the nodes that meet a filter.
func (c *Columns) Meeting(where filter.Expr) ([]uint64, error) {
	if c.named && !c.attrs.Has("id") { // another document has it
		c.attrs.Set(c.n, map[string]any{"id": ""})
	}
	return c.attrs.Select(where, c.n, func(e filter.Expr) ([]uint64, error) {
		out := make([]uint64, (c.n+63)/64)
		for i, id := range c.ids {
			if e.Match(func(string) (any, bool) { return filter.Text(nfc.Compose(id)), true }) {
				out[i/64] |= 1 << (i % 64)
			}
		}
		return out, nil
	})
}

func noFormer() attr.Former { return nil }

// Facets says what fields hold in all documents.
func (c *Columns) Facets(f Facets) []*attr.Facet {
	out := make([]*attr.Facet, len(f.Fields))
	for i, name := range f.Fields {
		out[i] = c.attrs.Facet(name, allBits(c.n), f.Top, f.Prefix, noFormer)
	}
	return out
}

// Fields says what each field holds in all documents.
func (c *Columns) Fields(top int) map[string]*attr.Facet {
	return c.attrs.Facets(allBits(c.n), top, noFormer)
}

// Sorted returns the nodes in the order of s, without those up to s.After; those with
// equal values are in the byte order of their ids. s.Filter is not looked at.
func (c *Columns) Sorted(s Sorted) []uint32 {
	same, groups := c.attrs.Sort(s.Keys, allBits(c.n), s.From, s.N, noFormer)
	byID := func(a, b uint32) int { return cmp.Compare(c.ids[a], c.ids[b]) }
	var out []uint32
	slices.SortFunc(same, byID)
	for _, node := range same {
		if c.ids[node] > s.After {
			out = append(out, node)
		}
	}
	for _, g := range groups {
		slices.SortFunc(g, byID)
		out = append(out, g...)
	}
	return out
}

// Warnings says what in a filter is probably a mistake.
func (c *Columns) Warnings(where filter.Expr) []string { return c.attrs.Warnings(where) }

// Unknown says which of fields no document has.
func (c *Columns) Unknown(fields ...string) []string { return c.attrs.Unknown(fields...) }

// ColumnsOf are the values that the columns hold of a document.
func ColumnsOf(r *store.Record) map[string]any { return columns(r) }

// WordsOf are the parts of a document that are searched for words.
func WordsOf(r *store.Record) lexical.Fields { return words(r) }
