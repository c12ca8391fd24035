package hnsw_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

// tongues returns rows in languages that have little in common, and questions whose
// nearest rows are in all of them.
func tongues(languages, n, dims int) (r *rows, questions [][]byte) {
	rng := rand.New(rand.NewPCG(seed, 12))
	vector := func() []float64 {
		v := make([]float64, dims)
		for d := range v {
			v[d] = rng.NormFloat64()
		}
		return v
	}
	places := make([][]float64, languages)
	for l := range places {
		places[l] = vector()
	}
	code := func(meaning, language []float64) []int8 {
		v := make([]int8, dims)
		for d := range v {
			x := meaning[d] + 0.3*rng.NormFloat64()
			if language != nil {
				x += 2 * language[d]
			}
			v[d] = int8(math.Round(max(-127, min(127, 20*x))))
		}
		return v
	}
	meanings := make([][]float64, n/20)
	for i := range meanings {
		meanings[i] = vector()
	}
	r = &rows{dims: dims}
	for i := range n {
		r.add(code(meanings[rng.IntN(len(meanings))], places[i%languages]))
	}
	for _, m := range meanings[:min(200, len(meanings))] {
		questions = append(questions, r.encode(code(m, nil)))
	}
	return r, questions
}

// Searches for questions that no row resembles find more with landmarks than with a
// descent, for no more than the distances of the landmarks.
func TestLandmarksOfQuestions(t *testing.T) {
	t.Parallel()
	if slow {
		t.Skip("it compares recall, and runs without the race detector")
	}
	r, questions := tongues(6, 8000, 24)
	g := build(t, r, nil)
	if n := len(g.Landmarks()); n < 64 {
		t.Fatalf("%d landmarks", n)
	}
	s := hnsw.Search{K: 10, Ef: 24}
	with, more := meanRecall(r, g, questions, s, nil)
	g.SetLandmarks()
	without, fewer := meanRecall(r, g, questions, s, nil)
	t.Logf("recall %.4f with %.0f distances, without landmarks %.4f with %.0f", with, more, without, fewer)
	if with < without+0.03 || more > fewer+128 {
		t.Errorf("seed %d: recall %.4f with %.0f distances, without landmarks %.4f with %.0f", seed, with, more, without, fewer)
	}
}

// Landmarks are live nodes, far from each other, chosen each time the graph has
// doubled. A snapshot keeps them, and a repair takes away those that are gone.
func TestLandmarks(t *testing.T) {
	t.Parallel()
	const n = 4200
	r, _ := clustered(seed, n, 16)
	for id := 1; id < n; id += 7 {
		r.data[id] = r.data[id-1] // a twin, which is no landmark
	}
	g, err := hnsw.New(r, &hnsw.Options{M: 4, EfConstruction: 20})
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(n) {
		if err := g.Add(id); err != nil {
			t.Fatal(err)
		}
		want := 0
		for size := 1024; size <= int(id)+1; size *= 2 {
			want = size / 64
		}
		if got := g.Landmarks(); len(got) != want {
			t.Fatalf("%d landmarks of %d nodes, want %d", len(got), id+1, want)
		}
	}
	check(t, g) // also that no landmark is a twin
	marks := g.Landmarks()
	slices.Sort(marks)
	if len(slices.Compact(slices.Clone(marks))) != 64 {
		t.Errorf("landmarks are not distinct: %v", marks)
	}
	var all, theirs float64 // mean distances
	for i := range marks {
		theirs += float64(r.distance(r.Code(marks[i]), r.Code(marks[(i+1)%len(marks)])))
		all += float64(r.distance(r.Code(uint32(i*64)), r.Code(uint32(i*64+32))))
	}
	if theirs < all {
		t.Errorf("seed %d: landmarks are at %.0f from each other, others at %.0f", seed, theirs, all)
	}

	h, err := read(snapshot(t, g), r)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.Landmarks(), g.Landmarks()) {
		t.Error("the snapshot has other landmarks")
	}
	alone := slices.DeleteFunc(marks, func(id uint32) bool { return id%7 == 0 }) // without twins
	if len(alone) < 40 {
		t.Fatalf("%d landmarks without twins, too few for a test", len(alone))
	}
	for _, id := range alone[:8] {
		h.Delete(id)
	}
	freed := h.Repair(hnsw.RepairOptions{})
	check(t, h)
	if n := len(h.Landmarks()); n != 56 {
		t.Errorf("%d landmarks after 8 were deleted", n)
	}
	if err := h.Add(freed[0]); err != nil {
		t.Fatal(err)
	}
	if n := len(h.Landmarks()); n != 56 {
		t.Errorf("%d landmarks: chosen again for the sake of 8", n)
	}
	for _, id := range alone[8:32] {
		h.Delete(id)
	}
	h.Repair(hnsw.RepairOptions{})
	if n, want := len(h.Landmarks()), h.Len()/64; n != want {
		t.Errorf("%d landmarks after 24 of 56 were deleted, want %d", n, want)
	}
	check(t, h)

	// All but a few go: no landmark is left, and searches descend.
	for id := range uint32(n) {
		if id%100 != 0 {
			h.Delete(id)
		}
	}
	h.Repair(hnsw.RepairOptions{})
	check(t, h)
	if got := h.Landmarks(); len(got) > 0 {
		t.Errorf("%d landmarks of %d nodes", len(got), h.Len())
	}
	for id := uint32(0); id < n; id += 100 {
		if got := h.Walk(nil, r.Code(id), hnsw.Search{K: 1, Ef: 50}); len(got) != 1 || got[0].Distance > 1 {
			t.Errorf("%d is not found: %v", id, got)
		}
	}
}
