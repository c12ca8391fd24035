package index

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// How many candidates hold the true results depends on the model, the texts, and most
// of all on the questions, which are not distributed as the documents are. So it
// is measured: on questions that the collection has received, and on sentences of its
// documents embedded as questions, or else on its own vectors. It is measured in the
// background, when the collection has doubled or has received enough questions.
const (
	calibrateQuestions = 96 // of each kind that are asked
	calibrateReal      = 64 // received ones that are enough to learn from
	calibrateMore      = 4  // times as many are worth another measurement
	calibrateMargin    = 1.5
	strangersMargin    = 3

	// Until it is measured.
	uncalibratedMin  = 1000 // candidates of the sketches
	perResultUnknown = 30
	perResultDefault = 10 // of the graph

	candidatesMin = 64 // of the graph
	sketchedMin   = 200
)

var (
	calibrateK     = [...]int{1, 10, 100}
	calibrateBeams = [...]int{64, 128, 256, 512, 1024}
	// recalls are the promises that are measured.
	recalls = [...]float32{0.9, 0.95, 0.98, 0.99, 0.995, 0.999}
)

// calibration is what was measured, by k and recall.
type calibration struct {
	Documents int `json:"documents"` // when it was measured
	Questions int `json:"questions"` // that were asked; 0: none yet
	Received  int `json:"received"`  // questions by then, as far as they were asked

	Kind     uint32                                 `json:"kind"`     // of the sketches
	Sketches [len(calibrateK)][len(recalls)]float64 `json:"sketches"` // candidates that sketches must leave
	Codes    [len(calibrateK)][len(recalls)]float64 `json:"codes"`    // candidates that codes of all dimensions must leave
	Beams    [len(calibrateK)][len(recalls)]int     `json:"beams"`    // of the graph; 0: none is wide enough
	RowNS    float64                                `json:"row_ns"`   // of a sketch in a scan
	CodeNS   float64                                `json:"code_ns"`  // of a code of all dimensions in a scan
	BeamNS   float64                                `json:"beam_ns"`  // of the graph, for each node of the beam
}

// calibrateSoon measures in the background if it is time. Searches call it: what is
// only written to need not be measured.
func (x *Index) calibrateSoon() {
	cal, n := x.calibration.Load(), x.members.count()
	if n <= scanBelow || n < 2*cal.Documents && !x.questions.due(cal.Received) && !x.unasked(cal) || !x.calibrating.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.calibrating.Store(false)
		x.calibrate(n)
	})
}

// unasked reports whether there is a graph that was not there when cal was measured.
func (x *Index) unasked(cal *calibration) bool {
	return cal.BeamNS == 0 && cal.Questions > 0 && x.graph.whole.Load()
}

// calibrate asks questions every way, and keeps what it took to find the nearest.
func (x *Index) calibrate(documents int) {
	start := time.Now()
	ctx := context.Background()
	if err := x.recenter(); err != nil || x.halted() {
		return
	}
	asked, received := x.toAsk(ctx)
	cal, ok := x.measureWith(ctx, asked)
	if ok && x.codes.sketches.Load().Bits() == 1 && cal.coarse(documents) {
		if err := x.redraw(2, x.codes.sketches.Load().Center()); err != nil {
			return
		}
		cal, ok = x.measureWith(ctx, asked)
	}
	if !ok {
		return
	}
	cal.Documents, cal.Received = documents, received
	x.calibration.Store(cal)
	x.log.Debug("calibrated", "documents", documents, "questions", cal.Questions, "received", received,
		"bits", x.codes.sketches.Load().Bits(), "candidates", cal.sketched(10, defaultRecall), "took", time.Since(start))
	if x.graph.whole.Load() && x.chooseCodes(ctx) {
		x.recodeSoon()
	}
}

// coarse reports whether a second bit a dimension, which doubles the scan, would save
// more by the candidates that it spares: five of six, in measurements.
func (c *calibration) coarse(documents int) bool {
	candidates := float64(c.sketched(10, defaultRecall)) * candidateCost
	return c.Questions > 0 && candidates*5/6 > 1.2*c.RowNS*float64(documents)
}

// sample is questions of one kind, and the margin for how unlike real ones they are.
type sample struct {
	vectors [][]float32
	margin  float64
}

// measureWith asks all kinds of questions every way, and takes what the hardest kind
// needs. It is false if that failed or the index is about to be closed.
func (x *Index) measureWith(ctx context.Context, asked []sample) (*calibration, bool) {
	all := &calibration{Kind: x.codes.kind()}
	for _, sample := range asked {
		var m measurement
		for _, q := range sample.vectors {
			for int(x.opts.Searching.Load()) >= runtime.GOMAXPROCS(0) && !x.halted() {
				time.Sleep(time.Millisecond) // others come first
			}
			if x.halted() || !x.measure(ctx, &m, q) {
				return nil, false
			}
		}
		if m.cal.Questions > 0 {
			m.conclude(sample.margin)
			all.worsen(&m.cal)
		}
	}
	return all, true
}

// worsen takes the larger of each number.
func (c *calibration) worsen(o *calibration) {
	for i := range c.Sketches {
		for j := range c.Sketches[i] {
			c.Sketches[i][j] = max(c.Sketches[i][j], o.Sketches[i][j])
			c.Codes[i][j] = max(c.Codes[i][j], o.Codes[i][j])
			if c.Questions == 0 {
				c.Beams[i][j] = o.Beams[i][j]
			}
			c.Beams[i][j] = widest(c.Beams[i][j], o.Beams[i][j])
		}
	}
	c.Questions += o.Questions
	c.RowNS, c.CodeNS, c.BeamNS = max(c.RowNS, o.RowNS), max(c.CodeNS, o.CodeNS), max(c.BeamNS, o.BeamNS)
}

// widest is the wider of two beams, or 0 if one of them was not wide enough.
func widest(a, b int) int {
	if min(a, b) == 0 {
		return 0
	}
	return max(a, b)
}

// measurement gathers what questions have shown.
type measurement struct {
	cal   calibration
	ranks [len(calibrateK)][]int                        // of true results among the sketches
	coded [len(calibrateK)][]int                        // among the codes of all dimensions
	found [len(calibrateK)][len(calibrateBeams)]float64 // shares of true results that beams found, added up

	// The shortest times, in nanoseconds: others were at work during the rest.
	scan  float64 // of the sketches, a row
	codes float64 // of the codes of all dimensions, a row
	walk  float64 // of the graph, for each node of the beam
}

// shortest notes a time since start for n of something.
func shortest(ns *float64, start time.Time, n int) {
	t := float64(time.Since(start).Nanoseconds()) / float64(max(1, n))
	if *ns == 0 || t < *ns {
		*ns = t
	}
}

// measure asks one question every way. It is false if that failed.
func (x *Index) measure(ctx context.Context, m *measurement, vector []float32) bool {
	r := x.read()
	defer r.end()
	s := &search{Reader: r, q: &Query{Vector: vector, K: calibrateK[len(calibrateK)-1]}, trace: new(Trace), cores: 1, spare: 1}
	start := time.Now()
	truth, coded, err := s.truth(ctx)
	if err != nil {
		return false
	}
	rows := int(x.bound())
	shortest(&m.codes, start, rows)
	if len(truth) < calibrateK[1] {
		return true
	}
	m.cal.Questions++
	start = time.Now()
	ranks, err := s.ranks(ctx, truth)
	shortest(&m.scan, start, rows)
	if err != nil {
		return false
	}
	for i, k := range calibrateK {
		m.ranks[i] = append(m.ranks[i], ranks[:min(k, len(ranks))]...)
		m.coded[i] = append(m.coded[i], coded[:min(k, len(coded))]...)
	}
	s.climb(m, truth)
	return true
}

// climb asks the graph, if there is one, with wider and wider beams.
func (s *search) climb(m *measurement, truth []uint32) {
	g := s.x.graph.asked()
	if g == nil {
		return
	}
	head := s.code().head
	var hits []hnsw.Hit
	for i, beam := range calibrateBeams {
		start := time.Now()
		hits = g.Search(hits[:0], head, hnsw.Search{K: beam, Ef: beam})
		if i == len(calibrateBeams)-1 {
			shortest(&m.walk, start, beam)
		}
		in := make(map[uint32]bool, len(hits))
		for _, h := range hits {
			in[h.ID] = true
		}
		for j, k := range calibrateK {
			n := 0
			for _, node := range truth[:min(k, len(truth))] {
				if in[node] {
					n++
				}
			}
			m.found[j][i] += float64(n) / float64(min(k, len(truth)))
		}
	}
}

// conclude turns what questions have shown into what searches need. Other questions
// are harder than those that were asked: so of what a promise lets be lost, the
// graph may lose half, and sketches, where more candidates cost little, a quarter.
func (m *measurement) conclude(margin float64) {
	c := &m.cal
	for i := range calibrateK {
		slices.Sort(m.ranks[i])
		slices.Sort(m.coded[i])
		for j, recall := range recalls {
			lost := 1 - float64(recall)
			rank := quantile(m.ranks[i], 1-lost/4)
			c.Sketches[i][j] = max(sketchedMin, 2*float64(calibrateK[i]), margin*float64(rank+1))
			if len(m.coded[i]) > 0 { // there are codes of all dimensions
				c.Codes[i][j] = margin * float64(quantile(m.coded[i], 1-lost/4)+1)
			}
			for b, found := range m.found[i] {
				if calibrateBeams[b] >= calibrateK[i] && found/float64(c.Questions) >= 1-lost/2 {
					c.Beams[i][j] = calibrateBeams[b]
					break
				}
			}
		}
	}
	// Of ten neighbours in each of a hundred answers a few are lost, of the first ones
	// perhaps none: that says more of the questions than of the promise.
	c.Sketches[0], c.Codes[0] = c.Sketches[1], c.Codes[1]
	for j := range recalls {
		c.Beams[0][j] = widest(c.Beams[0][j], c.Beams[1][j])
	}
	c.RowNS, c.CodeNS, c.BeamNS = m.scan, m.codes, m.walk
}

// toAsk are the questions of a calibration, and how many had been received by then.
func (x *Index) toAsk(ctx context.Context) (asked []sample, received int) {
	if vectors, seen := x.questions.sample(calibrateQuestions); len(vectors) >= calibrateReal {
		asked, received = append(asked, sample{vectors, calibrateMargin}), seen
	}
	rng := rand.New(rand.NewPCG(uint64(x.members.count()), uint64(x.id)))
	if vectors := x.sentences(ctx, rng, calibrateQuestions); len(vectors) > 0 {
		return append(asked, sample{vectors, calibrateMargin}), received
	}
	return append(asked, sample{x.strangers(rng, calibrateQuestions), strangersMargin}), received
}

// sentences are vectors of sentences of the collection's texts, embedded as
// questions. There are none where that cannot be done here.
func (x *Index) sentences(ctx context.Context, rng *rand.Rand, want int) (vectors [][]float32) {
	if x.opts.Ask == nil {
		return nil
	}
	r := x.read()
	defer r.end()
	for tries := 0; tries < 4*want && len(vectors) < want && !x.halted(); tries++ {
		node := rng.Uint32N(x.bound())
		if !r.sees(node) {
			continue
		}
		rec, ok, err := r.Record(node, store.WithText)
		if err != nil || !ok || rec.Text == "" {
			continue
		}
		v, err := x.opts.Ask(ctx, rec.Text)
		if err != nil {
			x.log.Debug("no sentences to calibrate with", "err", err)
			return nil
		}
		if x.sound(v) {
			vectors = append(vectors, v)
		}
	}
	return vectors
}

// strangers are vectors of documents that are turned a little towards others: they lie
// farther from all documents than these do from each other, as questions do.
func (x *Index) strangers(rng *rand.Rand, want int) (vectors [][]float32) {
	r := x.read()
	defer r.end()
	var last []float32
	for tries := 0; tries < 4*want && len(vectors) < want; tries++ {
		node := rng.Uint32N(x.bound())
		if !r.sees(node) {
			continue
		}
		v, ok, err := r.Vector(node)
		if err != nil || !ok || !x.sound(v) {
			continue
		}
		if last != nil {
			turned := make([]float32, len(v))
			for i := range v {
				turned[i] = last[i] + strange*v[i]
			}
			if quant.Normalize(turned) {
				vectors = append(vectors, turned)
			}
		}
		last = v
	}
	return vectors
}

// strange is how far strangers are turned.
const strange = 0.5
