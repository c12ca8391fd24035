// Package parallel spreads numbered items of work over goroutines: Each for items
// that are independent, Try for items that can fail, and Run for workers that need
// memory of their own.
package parallel

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// Run calls work from up to workers goroutines, one of them the caller's, and
// returns when all calls have. Together, their items are the numbers 0 to n-1,
// each handed out once, to whichever worker asks next. A worker that needs
// memory of its own makes it before it ranges over its items. Workers are
// numbered from 0, which is the caller's goroutine; with workers at 0 or below
// there are GOMAXPROCS, and never more than n.
func Run(workers, n int, work func(worker int, items iter.Seq[int])) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	items := func(yield func(int) bool) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			if !yield(i) {
				return
			}
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < min(workers, n); w++ {
		wg.Go(func() { work(w, items) })
	}
	if n > 0 {
		work(0, items)
	}
	wg.Wait()
}

// Each calls f for 0 to n-1 on all cores, or on fewer if there would be less
// than least items for each: waking a goroutine must be worth it.
func Each(n, least int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/least)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	Run(workers, n, func(_ int, items iter.Seq[int]) {
		for i := range items {
			f(i)
		}
	})
}

// Try calls f for 0 to n-1 on all cores, until one call fails, and returns the
// first error.
func Try(n int, f func(i int) error) error {
	var failed atomic.Pointer[error]
	Run(0, n, func(_ int, items iter.Seq[int]) {
		for i := range items {
			if failed.Load() != nil {
				return
			}
			if err := f(i); err != nil {
				failed.CompareAndSwap(nil, &err)
				return
			}
		}
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
