package purego

import (
	"errors"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/enginetest"
)

// tiny has sizes that no vector divides.
var tiny = enginetest.Tiny

func open(t *testing.T, c engine.Config, opts *Options) *Engine {
	t.Helper()
	e, err := New(c, enginetest.Weights(c, 7, 0.2), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// The engine does what every engine does, with every kernel.
func TestEngine(t *testing.T) {
	t.Parallel()
	for _, kernel := range Kernels() {
		t.Run(kernel, func(t *testing.T) {
			enginetest.Run(t, func(t *testing.T, c engine.Config, w engine.Weights) engine.Engine {
				e, err := New(c, w, &Options{Kernel: kernel})
				if err != nil {
					t.Fatal(err)
				}
				return e
			})
		})
	}
}

// Invariant 1: the same bits alone, in any batch, with any number of threads.
func TestSameBitsInAnyBatch(t *testing.T) {
	t.Parallel()
	for _, c := range enginetest.Variants() {
		lengths := []int{5, 1, 64, 13, 12, 80, 16, 16, 31, 48}
		if c.MaxTokens() > 1000 {
			lengths = append(lengths, 700, 1200) // more than one chunk, more than innerRows
		}
		for _, kernel := range Kernels() {
			if kernel == "generic" && c.MaxTokens() > 1000 {
				continue // its code paths are those of the others, at a fiftieth of the speed
			}
			ids, alone := enginetest.Texts(c, 9, lengths...)
			single := open(t, c, &Options{Threads: 1, Kernel: kernel})
			for i := range ids {
				if err := single.Embed(t.Context(), ids[i:i+1], alone[i:i+1]); err != nil {
					t.Fatal(err)
				}
			}
			for _, threads := range []int{1, 2, 3, 8} {
				e := open(t, c, &Options{Threads: threads, Kernel: kernel})
				for _, batch := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {5}, {2, 1}, {len(ids) - 1}, {len(ids) - 1, 1, len(ids) - 2}} {
					var in [][]int32
					var out [][]float32
					for _, i := range batch {
						in, out = append(in, ids[i]), append(out, make([]float32, c.Hidden))
					}
					if err := e.Embed(t.Context(), in, out); err != nil {
						t.Fatal(err)
					}
					for j, i := range batch {
						if !slices.Equal(out[j], alone[i]) {
							t.Fatalf("%+v, %s, %d threads, batch %v: text %d differs from itself alone", c, kernel, threads, batch, i)
						}
					}
				}
			}
		}
	}
}

// With bytes, vectors stay near those of floats, on every kernel, and keep
// invariant 1.
func TestInt8(t *testing.T) {
	t.Parallel()
	for _, c := range enginetest.Variants() {
		ids, want := enginetest.Texts(c, 12, 1, 2, 17, 33, 80)
		if err := open(t, c, nil).Embed(t.Context(), ids, want); err != nil {
			t.Fatal(err)
		}
		for _, kernel := range Kernels() {
			for _, threads := range []int{1, 3} {
				e := open(t, c, &Options{Kernel: kernel, Int8: true, Threads: threads})
				_, got := enginetest.Texts(c, 12, 1, 2, 17, 33, 80)
				_, alone := enginetest.Texts(c, 12, 1, 2, 17, 33, 80)
				if err := e.Embed(t.Context(), ids, got); err != nil {
					t.Fatal(err)
				}
				for i := range ids {
					if err := e.Embed(t.Context(), ids[i:i+1], alone[i:i+1]); err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(got[i], alone[i]) {
						t.Errorf("%+v, %s, %d threads: text %d differs from itself alone", c, kernel, threads, i)
					}
					var exact []float64
					for _, v := range want[i] {
						exact = append(exact, float64(v))
					}
					if d := enginetest.Distance(got[i], exact); d > 2e-3 || d == 0 {
						t.Errorf("%+v, %s: text %d is %g from the floats' vector", c, kernel, i, d)
					}
				}
			}
		}
	}
}

func TestNewRefusals(t *testing.T) {
	t.Parallel()
	good := enginetest.Weights(tiny, 1, 0.1)
	for name, change := range map[string]func(c *engine.Config, w *engine.Weights, o *Options){
		"heads":         func(c *engine.Config, _ *engine.Weights, _ *Options) { c.Heads = 4 },
		"no layers":     func(c *engine.Config, _ *engine.Weights, _ *Options) { c.Layers = 0 },
		"epsilon":       func(c *engine.Config, _ *engine.Weights, _ *Options) { c.Eps = 0 },
		"no positions":  func(c *engine.Config, _ *engine.Weights, _ *Options) { c.PadPositions, c.PadID = true, 100 },
		"vocabulary":    func(c *engine.Config, _ *engine.Weights, _ *Options) { c.Vocab++ },
		"inner":         func(c *engine.Config, _ *engine.Weights, _ *Options) { c.Inner++ },
		"layers":        func(c *engine.Config, _ *engine.Weights, _ *Options) { c.Layers++ },
		"missing":       func(_ *engine.Config, w *engine.Weights, _ *Options) { w.Words = nil },
		"kernel":        func(_ *engine.Config, _ *engine.Weights, o *Options) { o.Kernel = "avx1024" },
		"threads":       func(_ *engine.Config, _ *engine.Weights, o *Options) { o.Threads = -1 },
		"failed weight": func(_ *engine.Config, w *engine.Weights, _ *Options) { w.Positions = failing{w.Positions} },
	} {
		c, w, o := tiny, good, Options{}
		w.Layers = slices.Clone(good.Layers)
		change(&c, &w, &o)
		if _, err := New(c, w, &o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// failing is a tensor on a disk that fails.
type failing struct{ engine.Tensor }

var errDisk = errors.New("disk failed")

func (failing) Read([]float32, int) error { return errDisk }

func TestWordsUnreadable(t *testing.T) {
	t.Parallel()
	w := enginetest.Weights(tiny, 1, 0.1)
	w.Words = failing{w.Words}
	e, err := New(tiny, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	ids, out := enginetest.Texts(tiny, 1, 3, 4)
	if err := e.Embed(t.Context(), ids, out); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the disk's error", err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lengths []int
		threads int
		chunks  int
	}{
		{nil, 2, 0},
		{[]int{5}, 2, 1},
		{[]int{5, 5}, 2, 2},
		{[]int{900, 3, 3, 3}, 1, 2},
		{slices.Repeat([]int{128}, 32), 1, 8},
		{slices.Repeat([]int{16}, 32), 2, 2},
	} {
		ids, _ := enginetest.Texts(tiny, 1, test.lengths...)
		chunks := cut(ids, test.threads)
		if len(chunks) != test.chunks {
			t.Errorf("%v on %d threads: %d chunks, want %d", test.lengths, test.threads, len(chunks), test.chunks)
		}
		seen := slices.Sorted(slices.Values(slices.Concat(chunks...)))
		for i, s := range seen {
			if s != i || len(seen) != len(ids) {
				t.Errorf("%v: chunks %v don't hold each text once", test.lengths, chunks)
			}
		}
	}
}
