package index

import (
	"context"
	"math"
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
// is measured: on questions that the collection has received, or else on sentences
// of its documents embedded as questions, or else on its own vectors. It is measured
// in the background, when the collection has doubled or has received questions for
// the first time since.
const (
	calibrateQuestions = 96 // that are asked
	calibrateReal      = 32 // received ones that are enough by themselves
	calibrateMargin    = 1.5
	documentsMargin    = 3 // where only documents could be asked

	// Until it is measured.
	uncalibratedMin  = 1000 // candidates of the sketches
	perResultUnknown = 30
	perResultDefault = 10 // of the graph

	candidatesMin = 64 // for few results the average says little
)

var (
	calibrateK     = [...]int{1, 10, 100}
	calibrateBeams = [...]int{64, 128, 256, 512, 1024}
	// recalls are the promises that are measured.
	recalls = [...]float32{0.9, 0.95, 0.98, 0.99, 0.995, 0.999}
)

// calibration is what was measured, by k and recall.
type calibration struct {
	Documents int  `json:"documents"` // when it was measured
	Questions int  `json:"questions"` // that were asked; 0: none yet
	Received  bool `json:"received"`  // questions had been received

	Sketches [len(calibrateK)][len(recalls)]float64 `json:"sketches"` // candidates that sketches must leave
	Beams    [len(calibrateK)][len(recalls)]int     `json:"beams"`    // of the graph; 0: none is wide enough
	RowNS    float64                                `json:"row_ns"`   // of a sketch in a scan
	CodeNS   float64                                `json:"code_ns"`  // of a code of all dimensions in a scan
	BeamNS   float64                                `json:"beam_ns"`  // of the graph, for each node of the beam
}

// calibrateSoon measures in the background if it is time. Searches call it: what is
// only written to need not be measured.
func (x *Index) calibrateSoon() {
	cal, n := x.calibration.Load(), x.graph.Len()
	due := n > scanBelow && (n >= 2*cal.Documents || !cal.Received && x.questions.len() >= calibrateReal)
	if !due || !x.calibrating.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.calibrating.Store(false)
		x.calibrate(n)
	})
}

// calibrate asks questions every way, and keeps what it took to find the nearest.
func (x *Index) calibrate(documents int) {
	start := time.Now()
	ctx := context.Background()
	asked, received, margin := x.toAsk(ctx)
	m := measurement{cal: calibration{Documents: documents, Received: received}}
	for _, q := range asked {
		for int(x.opts.Searching.Load()) >= runtime.GOMAXPROCS(0) && !x.stopping.Load() {
			time.Sleep(time.Millisecond) // others come first
		}
		if x.stopping.Load() || !x.ask(ctx, &m, q) {
			return
		}
	}
	if m.cal.Questions == 0 {
		m.cal.Documents = documents
		x.calibration.Store(&m.cal)
		return
	}
	m.conclude(margin)
	x.calibration.Store(&m.cal)
	x.log.Debug("calibrated", "documents", documents, "questions", m.cal.Questions, "received", received,
		"candidates", m.cal.sketched(10, defaultRecall), "took", time.Since(start))
}

// measurement gathers what questions have shown.
type measurement struct {
	cal   calibration
	ranks [len(calibrateK)][]int                        // of true results among the sketches
	found [len(calibrateK)][len(calibrateBeams)]float64 // shares of true results that beams found, added up
	times [len(calibrateBeams)]time.Duration
	scan  time.Duration // of the sketches
	codes time.Duration // of the codes of all dimensions
	rows  int
}

// ask asks one question every way. It is false if that failed.
func (x *Index) ask(ctx context.Context, m *measurement, vector []float32) bool {
	r := x.read()
	defer r.end()
	s := &search{Reader: r, q: &Query{Vector: vector, K: calibrateK[len(calibrateK)-1]}, trace: new(Trace), cores: 1, spare: 1}
	start := time.Now()
	truth, err := s.truth(ctx)
	if err != nil {
		return false
	}
	m.codes += time.Since(start)
	if len(truth) < calibrateK[1] {
		return true
	}
	m.cal.Questions++
	start = time.Now()
	ranks, err := s.ranks(ctx, truth)
	m.scan += time.Since(start)
	m.rows += int(x.bound())
	if err != nil {
		return false
	}
	for i, k := range calibrateK {
		m.ranks[i] = append(m.ranks[i], ranks[:min(k, len(ranks))]...)
	}
	s.climb(m, truth)
	return true
}

// truth are the nearest nodes.
func (s *search) truth(ctx context.Context) ([]uint32, error) {
	var top []scored
	var err error
	if s.x.codes.whole() {
		top, err = s.scan(ctx, s.q.K)
	} else {
		top, err = s.exact(ctx, s.q.K)
	}
	nodes := make([]uint32, len(top))
	for i, t := range top {
		nodes[i] = t.node
	}
	return nodes, err
}

// ranks are the places of nodes among all that the search may return, by their
// sketches.
func (s *search) ranks(ctx context.Context, nodes []uint32) ([]int, error) {
	q := s.x.codes.sketches.Query(s.q.Vector)
	own := make([]float32, len(nodes))
	s.x.codes.sketches.Estimate(q, nodes, own)
	// One that is far behind the others shall not make a list of all that there is.
	above := best{want: calibrateMost, floor: scoreKey(^uint32(0), slices.Min(own))}
	s.sketchedPart(ctx, q, &above, 0, (int(s.x.bound())+sketchBlock-1)/sketchBlock)
	above.cut()
	slices.Sort(above.list)
	ranks := make([]int, len(nodes))
	for i, node := range nodes {
		place, _ := slices.BinarySearch(above.list, scoreKey(node, own[i]))
		ranks[i] = len(above.list) - 1 - place
	}
	return ranks, ctx.Err()
}

// calibrateMost is the largest number of candidates that is told from others.
const calibrateMost = 20_000

// climb asks the graph with wider and wider beams.
func (s *search) climb(m *measurement, truth []uint32) {
	head := s.code().head
	var hits []hnsw.Hit
	for i, beam := range calibrateBeams {
		start := time.Now()
		hits = s.x.graph.Search(hits[:0], head, hnsw.Search{K: beam, Ef: beam})
		m.times[i] += time.Since(start)
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
		for j, recall := range recalls {
			lost := 1 - float64(recall)
			n := len(m.ranks[i])
			rank := m.ranks[i][min(n, int(math.Ceil((1-lost/4)*float64(n))))-1]
			c.Sketches[i][j] = max(candidatesMin, 2*float64(calibrateK[i]), margin*float64(rank+1))
			for b, found := range m.found[i] {
				if calibrateBeams[b] >= calibrateK[i] && found/float64(c.Questions) >= 1-lost/2 {
					c.Beams[i][j] = calibrateBeams[b]
					break
				}
			}
		}
	}
	c.RowNS = float64(m.scan.Nanoseconds()) / float64(m.rows)
	c.CodeNS = float64(m.codes.Nanoseconds()) / float64(m.rows)
	last := len(calibrateBeams) - 1
	c.BeamNS = float64(m.times[last].Nanoseconds()) / float64(c.Questions*calibrateBeams[last])
}

// toAsk are the questions of a calibration, and the margin for how unlike real ones
// they are.
func (x *Index) toAsk(ctx context.Context) (asked [][]float32, received bool, margin float64) {
	asked = x.questions.sample(calibrateQuestions)
	if len(asked) >= calibrateReal {
		return asked, true, calibrateMargin
	}
	rng := rand.New(rand.NewPCG(uint64(x.graph.Len()), uint64(x.id)))
	want := calibrateQuestions - len(asked)
	if sentences := x.sentences(ctx, rng, want); len(sentences) > 0 {
		return append(asked, sentences...), false, calibrateMargin
	}
	return append(asked, x.strangers(rng, want)...), false, documentsMargin
}

// sentences are vectors of sentences of the collection's texts, embedded as
// questions. There are none where that cannot be done here.
func (x *Index) sentences(ctx context.Context, rng *rand.Rand, want int) (vectors [][]float32) {
	if x.opts.Ask == nil {
		return nil
	}
	r := x.read()
	defer r.end()
	for tries := 0; tries < 4*want && len(vectors) < want && !x.stopping.Load(); tries++ {
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
