package parallel_test

import (
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/internal/parallel"
)

func TestRunHandsOutEveryItemOnce(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{-1, 0, 1, 2, 7, 100} {
		for _, n := range []int{0, 1, 2, 50, 1000} {
			counts := make([]atomic.Int32, n)
			var calls atomic.Int32
			seen := make([]atomic.Int32, 200)
			parallel.Run(workers, n, func(worker int, items iter.Seq[int]) {
				calls.Add(1)
				seen[worker].Add(1)
				for i := range items {
					counts[i].Add(1)
				}
			})
			for i := range counts {
				if c := counts[i].Load(); c != 1 {
					t.Errorf("%d workers, %d items: item %d was handed out %d times", workers, n, i, c)
				}
			}
			if c := int(calls.Load()); c > n || workers > 0 && c != min(workers, n) {
				t.Errorf("%d workers, %d items: work was called %d times", workers, n, c)
			}
			for w := range calls.Load() {
				if seen[w].Load() != 1 {
					t.Errorf("%d workers, %d items: worker %d ran %d times", workers, n, w, seen[w].Load())
				}
			}
		}
	}
}

// What one worker leaves behind, others do.
func TestRunAWorkerMayStop(t *testing.T) {
	t.Parallel()
	var done atomic.Int32
	parallel.Run(4, 100, func(worker int, items iter.Seq[int]) {
		if worker != 0 {
			return
		}
		for range items {
			done.Add(1)
		}
	})
	if done.Load() != 100 {
		t.Errorf("%d of 100 items were done", done.Load())
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, least int }{{0, 1}, {1, 1}, {5, 10}, {1000, 1}, {1000, 300}} {
		counts := make([]atomic.Int32, c.n)
		parallel.Each(c.n, c.least, func(i int) { counts[i].Add(1) })
		for i := range counts {
			if counts[i].Load() != 1 {
				t.Errorf("%+v: item %d was done %d times", c, i, counts[i].Load())
			}
		}
	}
	order := 0 // too few for a second worker: in order, in this goroutine
	parallel.Each(10, 10, func(i int) {
		if i != order {
			t.Errorf("item %d came at place %d", i, order)
		}
		order++
	})
}

func TestTry(t *testing.T) {
	t.Parallel()
	if err := parallel.Try(100, func(int) error { return nil }); err != nil {
		t.Errorf("without a failure: %v", err)
	}
	want := errors.New("item 7")
	var after atomic.Int32
	err := parallel.Try(1_000_000, func(i int) error {
		if i == 7 {
			return want
		}
		after.Add(1)
		return nil
	})
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if after.Load() == 999_999 {
		t.Error("a failure did not stop the others")
	}
}
