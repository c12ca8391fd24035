package index

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fronyai/frony-db/internal/topk"
	"github.com/fronyai/frony-db/quant"
)

// Whether a graph should read bytes of a Matryoshka head or four bits of all dimensions
// depends on the model, the texts and the questions. So it is measured when a graph is
// about to be built for the first time, and whenever a collection with one has doubled,
// unless somebody has asked for codes: how many candidates each must leave among some of
// the documents, for the promise to be kept. Their number times the bytes of a code is
// what a search costs.
const (
	chooseRows    = 20_000 // documents that are compared
	chooseK       = 10
	chooseCheaper = 1.5 // so many times the other codes must be cheaper to be taken
)

// chooseFrom is the number of documents beyond which there is something to be learned.
// Tests lower it.
var chooseFrom = scanBelow

// Choice is what was measured of the two kinds of codes.
type Choice struct {
	Documents int      `json:"documents"` // when it was measured
	Questions int      `json:"questions"` // that were asked
	Head      CodeCost `json:"head"`
	Full      CodeCost `json:"full"`
}

// CodeCost is what codes of a kind cost.
type CodeCost struct {
	Bytes      int `json:"bytes"`      // of a code
	Candidates int `json:"candidates"` // for ten results
}

// cost is what a search costs. A beam is never narrower than the narrowest that is tried.
func (c CodeCost) cost() float64 { return float64(c.Bytes * max(c.Candidates, calibrateBeams[0])) }

// full reports whether full codes should be taken where there are full codes, or not.
func (c *Choice) full(is bool) bool {
	if is {
		return c.Head.cost()*chooseCheaper >= c.Full.cost()
	}
	return c.Full.cost()*chooseCheaper < c.Head.cost()
}

// chooseCodes measures both kinds of codes, if it is time for that, and reports whether
// those that there are should be changed.
func (x *Index) chooseCodes(ctx context.Context) bool {
	n, last := x.members.count(), x.choice.Load()
	if !x.set.ChooseCodes || x.opts.ReadOnly || n <= chooseFrom || last != nil && n < 2*last.Documents {
		return false
	}
	start := time.Now()
	asked, _ := x.toAsk(ctx)
	c, ok := x.compareCodes(asked)
	if !ok {
		return false
	}
	c.Documents = n
	x.choice.Store(c)
	x.saved.Store(0) // the newest snapshot does not have it
	full := c.full(x.set.Full)
	x.log.Info("measured which codes serve a graph better", "documents", n, "questions", c.Questions,
		"head bytes", c.Head.Bytes, "head candidates", c.Head.Candidates,
		"full bytes", c.Full.Bytes, "full candidates", c.Full.Candidates,
		"was full", x.set.Full, "full", full, "took", time.Since(start))
	return full != x.set.Full
}

// compareCodes asks questions of both kinds of codes of some documents. It is false if
// that failed or the index is about to be closed.
func (x *Index) compareCodes(asked []sample) (*Choice, bool) {
	r := x.read()
	defer r.end()
	t, err := x.newTrial()
	if err != nil {
		return nil, false
	}
	t.fill(r)
	if len(t.rows) < chooseFrom/2 {
		return nil, false
	}
	c := &Choice{Head: CodeCost{Bytes: t.heads.CodeSize()}, Full: CodeCost{Bytes: t.fulls.CodeSize()}}
	for _, kind := range asked { // the hardest decides
		var head, full []int
		for _, q := range kind.vectors {
			if x.halted() {
				return nil, false
			}
			h, f := t.ask(q)
			head, full = append(head, h...), append(full, f...)
		}
		c.Questions += len(kind.vectors)
		c.Head.Candidates = max(c.Head.Candidates, needed(head))
		c.Full.Candidates = max(c.Full.Candidates, needed(full))
	}
	return c, c.Questions > 0
}

// needed is how many candidates keep the promise, by the ranks of true results: as for
// beams, they may lose half of what it lets be lost.
func needed(ranks []int) int {
	if len(ranks) == 0 {
		return 0
	}
	slices.Sort(ranks)
	return quantile(ranks, 1-(1-defaultRecall)/2) + 1
}

// trial is some documents with both kinds of codes.
type trial struct {
	rows         [][]byte // full vectors
	head         *quant.Quantizer
	full         *quant.FullQuantizer
	heads, fulls *quant.Codes

	ids, keys []uint32
	query     []byte
}

func (x *Index) newTrial() (t *trial, err error) {
	t = &trial{}
	if t.head, err = quant.NewQuantizer(x.set.HeadDims); err != nil {
		return nil, err
	}
	if t.full, err = quant.NewFullQuantizer(x.set.Dims); err != nil {
		return nil, err
	}
	if t.heads, err = quant.NewCodes(x.set.HeadDims); err != nil {
		return nil, err
	}
	t.fulls, err = quant.NewFullCodes(x.set.Dims)
	return t, err
}

// fill draws documents.
func (t *trial) fill(r *Reader) {
	bound := r.x.bound()
	rng := rand.New(rand.NewPCG(uint64(bound), uint64(r.x.id)))
	seen := make(bits, (bound+63)/64)
	head, full := make([]byte, t.head.CodeSize()), make([]byte, t.full.CodeSize())
	var vec []float32
	for tries := 0; tries < 4*chooseRows && len(t.rows) < chooseRows && !r.x.halted(); tries++ {
		node := rng.Uint32N(bound)
		if seen.has(node) || !r.sees(node) || !r.x.members.has(node) {
			continue
		}
		seen[node/64] |= 1 << (node % 64)
		var ok bool
		var err error
		if vec, ok, err = r.AppendVector(vec[:0], node); err != nil || !ok {
			continue
		}
		id := uint32(len(t.rows))
		t.head.Encode(head, vec)
		t.full.Encode(full, vec)
		t.heads.Set(id, head)
		t.fulls.Set(id, full)
		t.rows = append(t.rows, slices.Clone(quant.Bytes(vec)))
		t.ids = append(t.ids, id)
	}
	t.keys = make([]uint32, len(t.rows))
	t.query = make([]byte, max(t.head.CodeSize(), t.full.QuerySize()))
}

// ask returns the ranks of the nearest documents by the codes of each kind.
func (t *trial) ask(q []float32) (head, full []int) {
	near := topk.Best{Want: chooseK}
	for i, row := range t.rows {
		near.Add(topk.ScoreKey(uint32(i), quant.DotBytes(q, row)))
	}
	best := near.Nodes()
	t.head.Encode(t.query, q)
	t.heads.Distances(t.query[:t.head.CodeSize()], t.ids, t.keys)
	head = t.ranks(best)
	t.full.EncodeQuery(t.query, q)
	t.fulls.Distances(t.query[:t.full.QuerySize()], t.ids, t.keys)
	return head, t.ranks(best)
}

// ranks are the places of documents by keys.
func (t *trial) ranks(of []uint32) []int {
	ranks := make([]int, len(of))
	for i, id := range of {
		for _, key := range t.keys {
			if key < t.keys[id] {
				ranks[i]++
			}
		}
	}
	return ranks
}
