package purego

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// tiny has sizes that no vector divides; even has sizes that all do.
var (
	tiny = engine.Config{
		Layers: 2, Hidden: 30, Heads: 3, Inner: 50, Vocab: 70, Positions: 90, Eps: 1e-5,
	}
	even = engine.Config{
		Layers: 3, Hidden: 64, Heads: 2, Inner: 128, Vocab: 70, Positions: 1500, PadID: 1, PadPositions: true, Eps: 1e-12,
	}
)

func variants() []engine.Config {
	var all []engine.Config
	for _, c := range []engine.Config{tiny, even} {
		for _, pooling := range []engine.Pooling{engine.Mean, engine.CLS} {
			for _, activation := range []engine.Activation{engine.GELU, engine.GELUTanh, engine.ReLU} {
				c.Pooling, c.Activation = pooling, activation
				all = append(all, c)
			}
		}
	}
	return all
}

func open(t *testing.T, c engine.Config, opts *Options) *Engine {
	t.Helper()
	e, err := New(c, randomWeights(c, 7, 0.2), opts)
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

// Every kernel agrees with the straightforward model in float64.
func TestAgainstModel(t *testing.T) {
	for _, c := range variants() {
		ids, out := randomTexts(c, 8, 1, 2, 17, 33, 80)
		ids[2][5] = c.PadID // padding inside a text, as a user may write it
		want := model(c, randomWeights(c, 7, 0.2), ids)
		for _, kernel := range Kernels() {
			e := open(t, c, &Options{Kernel: kernel})
			if err := e.Embed(t.Context(), ids, out); err != nil {
				t.Fatal(err)
			}
			for i := range out {
				if d := distance(out[i], want[i]); !(d < 1e-10) {
					t.Errorf("%+v, %s: text %d: cosine distance %g", c, kernel, i, d)
				}
				for j, v := range out[i] {
					if math.Abs(float64(v)-want[i][j]) > 1e-4 {
						t.Fatalf("%+v, %s: text %d: element %d is %g, want %g", c, kernel, i, j, v, want[i][j])
					}
				}
			}
		}
	}
}

func distance(a []float32, b []float64) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * b[i]
		aa += float64(a[i]) * float64(a[i])
		bb += b[i] * b[i]
	}
	return math.Abs(1 - dot/math.Sqrt(aa*bb))
}

// Invariant 1: the same bits alone, in any batch, with any number of threads.
func TestSameBitsInAnyBatch(t *testing.T) {
	for _, c := range variants() {
		lengths := []int{5, 1, 64, 13, 12, 80, 16, 16, 31, 48}
		if c.MaxTokens() > 1000 {
			lengths = append(lengths, 700, 1200) // more than one chunk, more than innerRows
		}
		for _, kernel := range Kernels() {
			if kernel == "generic" && c.MaxTokens() > 1000 {
				continue // its code paths are those of the others, at a fiftieth of the speed
			}
			ids, alone := randomTexts(c, 9, lengths...)
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

func TestConcurrent(t *testing.T) {
	e := open(t, even, &Options{Threads: 3})
	ids, want := randomTexts(even, 10, 40, 3, 25)
	if err := e.Embed(t.Context(), ids, want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 20 {
				k := i % len(ids)
				out := [][]float32{make([]float32, even.Hidden)}
				if err := e.Embed(t.Context(), ids[k:k+1], out); err != nil {
					t.Error(err)
				} else if !slices.Equal(out[0], want[k]) {
					t.Errorf("text %d differs between goroutines", k)
				}
			}
		})
	}
	wg.Wait()
}

func TestCancel(t *testing.T) {
	c := even
	c.Layers = 60
	e := open(t, c, nil)
	ids, out := randomTexts(c, 11, slices.Repeat([]int{500}, 40)...)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	start := time.Now()
	if err := e.Embed(ctx, ids, out); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after %v, want context.Canceled", err, time.Since(start))
	}
	if err := e.Embed(ctx, ids[:1], out[:1]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled at once", err)
	}
}

func TestRefusals(t *testing.T) {
	e := open(t, tiny, nil)
	out := func(n int) [][]float32 {
		o := make([][]float32, n)
		for i := range o {
			o[i] = make([]float32, tiny.Hidden)
		}
		return o
	}
	for _, test := range []struct {
		name string
		ids  [][]int32
		out  [][]float32
		want error
	}{
		{"empty text", [][]int32{{1}, {}}, out(2), engine.ErrLength},
		{"long text", [][]int32{make([]int32, tiny.MaxTokens()+1)}, out(1), engine.ErrLength},
		{"id too large", [][]int32{{1, int32(tiny.Vocab)}}, out(1), engine.ErrToken},
		{"negative id", [][]int32{{-1}}, out(1), engine.ErrToken},
		{"too few vectors", [][]int32{{1}, {2}}, out(1), nil},
		{"short vector", [][]int32{{1}}, [][]float32{make([]float32, tiny.Hidden-1)}, nil},
	} {
		err := e.Embed(t.Context(), test.ids, test.out)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	if err := e.Embed(t.Context(), nil, nil); err != nil {
		t.Errorf("no texts: %v", err)
	}
}

func TestNewRefusals(t *testing.T) {
	good := randomWeights(tiny, 1, 0.1)
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
	w := randomWeights(tiny, 1, 0.1)
	w.Words = failing{w.Words}
	e, err := New(tiny, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	ids, out := randomTexts(tiny, 1, 3, 4)
	if err := e.Embed(t.Context(), ids, out); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the disk's error", err)
	}
}

func TestCut(t *testing.T) {
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
		ids, _ := randomTexts(tiny, 1, test.lengths...)
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
