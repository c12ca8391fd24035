package epoch_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fronyai/frony-db/internal/epoch"
)

func TestAfterWaitsForTheReadersOfItsMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var e epoch.Epoch
		var ran atomic.Int32
		count := func() { ran.Add(1) }
		expect := func(n int32, when string) {
			t.Helper()
			synctest.Wait()
			if got := ran.Load(); got != n {
				t.Fatalf("%s: %d callbacks have run, want %d", when, got, n)
			}
		}

		e.After(count)
		if ran.Load() != 1 {
			t.Fatal("without readers, After did not run its function at once")
		}
		first := e.Enter()
		e.After(count)
		expect(1, "with a reader")
		second := e.Enter() // later than the call: not waited for
		first.Leave()
		expect(2, "when the reader has left, with a later one under way")
		e.After(count)
		third := e.Enter()
		e.After(count)
		expect(2, "with two readers")
		second.Leave()
		expect(3, "when the older reader has left")
		third.Leave()
		expect(4, "when all have left")
	})
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var e epoch.Epoch
		e.Wait() // nobody to wait for
		g := e.Enter()
		var done atomic.Int32
		for range 3 { // calls may overlap
			go func() {
				e.Wait()
				done.Add(1)
			}()
		}
		synctest.Wait()
		if n := done.Load(); n != 0 {
			t.Fatalf("%d calls of Wait returned with a reader under way", n)
		}
		g.Leave()
		synctest.Wait()
		if n := done.Load(); n != 3 {
			t.Fatalf("%d of 3 calls of Wait returned", n)
		}
	})
}

// A function that never ends keeps neither readers nor other functions waiting.
func TestLeaveDoesNotRunWhatItFrees(t *testing.T) {
	t.Parallel()
	var e epoch.Epoch
	block := make(chan struct{})
	g := e.Enter()
	e.After(func() { <-block })
	g.Leave() // would hang
	e.Enter().Leave()
	close(block)
	e.Drain()
}

func TestDrain(t *testing.T) {
	t.Parallel()
	var e epoch.Epoch
	ran := 0
	g := e.Enter()
	e.After(func() {
		e.After(func() { ran++ }) // from inside another
		ran++
	})
	g.Leave()
	e.Drain()
	if ran != 2 {
		t.Fatalf("%d functions have run after Drain, want 2", ran)
	}
}

// Readers read cells that a writer replaces, and poisons when the epoch says
// that nobody can hold them. No reader may ever see poison.
func TestStress(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	const poison = -1
	length := 2 * time.Second
	if testing.Short() {
		length = 200 * time.Millisecond
	}
	var e epoch.Epoch
	var current atomic.Pointer[atomic.Int64]
	current.Store(new(atomic.Int64))
	var stop atomic.Bool
	var replaced, poisoned atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() {
			for !stop.Load() {
				g := e.Enter()
				cell := current.Load()
				for range r.IntN(100) {
					if cell.Load() == poison {
						t.Errorf("a reader holds a cell that was freed (seed %d)", seed)
						stop.Store(true)
					}
				}
				g.Leave()
			}
		})
	}
	for i := range 2 {
		r := rand.New(rand.NewPCG(seed, uint64(100+i)))
		wg.Go(func() {
			for !stop.Load() {
				old := current.Swap(new(atomic.Int64))
				replaced.Add(1)
				free := func() { old.Store(poison); poisoned.Add(1) }
				if r.IntN(4) == 0 {
					e.Wait()
					free()
				} else {
					e.After(free)
				}
			}
		})
	}
	time.Sleep(length)
	stop.Store(true)
	wg.Wait()
	e.Drain()
	if replaced.Load() != poisoned.Load() {
		t.Errorf("%d cells were replaced and %d freed (seed %d)", replaced.Load(), poisoned.Load(), seed)
	}
}

func BenchmarkEnterLeave(b *testing.B) {
	var e epoch.Epoch
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e.Enter().Leave()
		}
	})
}
