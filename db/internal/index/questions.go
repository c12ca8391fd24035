package index

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// questionsMost is how many of the questions that a collection has received are kept.
const questionsMost = 256

// questions is a sample of the vectors of all questions that were received (Vitter's
// algorithm R).
type questions struct {
	mu      sync.Mutex // guards the fields below
	seen    int
	vectors [][]float32
}

// learn keeps a question that was received, for the next calibration.
func (x *Index) learn(q *Query) {
	if q.Vector != nil && !q.Exact && !x.opts.NoQuestions {
		x.questions.offer(q.Vector)
	}
	x.buildSoon()
	x.calibrateSoon()
}

// offer may keep a vector, but not twice. It does not wait: a search has other things
// to do.
func (q *questions) offer(v []float32) {
	if !q.mu.TryLock() {
		return
	}
	defer q.mu.Unlock()
	same := func(w []float32) bool { return slices.Equal(w, v) }
	if slices.ContainsFunc(q.vectors, same) {
		return
	}
	q.seen++
	switch at := rand.IntN(q.seen); {
	case len(q.vectors) < questionsMost:
		q.vectors = append(q.vectors, slices.Clone(v))
	case at < questionsMost:
		q.vectors[at] = slices.Clone(v)
	}
}

// received is how many different questions have been received.
func (q *questions) received() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.seen
}

// due reports whether there are enough more questions than before, when that many had
// been seen, to measure with them.
func (q *questions) due(before int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.vectors) >= calibrateReal && q.seen >= calibrateMore*before
}

// sample draws up to n of the vectors, which must not be changed.
func (q *questions) sample(n int) (vectors [][]float32, seen int) {
	q.mu.Lock()
	vectors, seen = slices.Clone(q.vectors), q.seen
	q.mu.Unlock()
	rand.Shuffle(len(vectors), func(i, j int) { vectors[i], vectors[j] = vectors[j], vectors[i] })
	return vectors[:min(n, len(vectors))], seen
}
