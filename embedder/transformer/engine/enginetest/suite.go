// Package enginetest tests the contract of package engine, with one suite for all
// engines.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// Open makes an engine of an architecture and its weights.
type Open func(t *testing.T, c engine.Config, w engine.Weights) engine.Engine

// Tiny has sizes that no vector divides; Even has sizes that all do, and
// positions that count from the padding id.
var (
	Tiny = engine.Config{
		Layers: 2, Hidden: 30, Heads: 3, Inner: 50, Vocab: 70, Positions: 90, Eps: 1e-5,
	}
	Even = engine.Config{
		Layers: 3, Hidden: 64, Heads: 2, Inner: 128, Vocab: 70, Positions: 1500, PadID: 1, PadPositions: true, Eps: 1e-12,
	}
)

// Variants are Tiny and Even with every pooling and activation.
func Variants() []engine.Config {
	var all []engine.Config
	for _, c := range []engine.Config{Tiny, Even} {
		for _, pooling := range []engine.Pooling{engine.Mean, engine.CLS} {
			for _, activation := range []engine.Activation{engine.GELU, engine.GELUTanh, engine.ReLU} {
				c.Pooling, c.Activation = pooling, activation
				all = append(all, c)
			}
		}
	}
	return all
}

// Run runs the suite.
func Run(t *testing.T, open Open) {
	started := func(t *testing.T, c engine.Config) engine.Engine {
		t.Helper()
		e := open(t, c, Weights(c, 7, 0.2))
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		return e
	}
	for _, c := range Variants() {
		t.Run(fmt.Sprintf("model/%d,%s,%d", c.Hidden, c.Pooling, c.Activation), func(t *testing.T) {
			againstModel(t, c, started(t, c))
		})
	}
	t.Run("concurrent", func(t *testing.T) { concurrent(t, started(t, Even)) })
	t.Run("cancel", func(t *testing.T) {
		c := Even
		c.Layers = 60
		cancelled(t, c, started(t, c))
	})
	t.Run("refusals", func(t *testing.T) { refusals(t, started(t, Tiny)) })
}

// againstModel compares with the straightforward model in float64.
func againstModel(t *testing.T, c engine.Config, e engine.Engine) {
	ids, out := Texts(c, 8, 1, 2, 17, 33, 80)
	ids[2][5] = c.PadID // padding inside a text, as a user may write it
	want := Model(c, Weights(c, 7, 0.2), ids)
	if err := e.Embed(t.Context(), ids, out); err != nil {
		t.Fatal(err)
	}
	for i := range out {
		if d := Distance(out[i], want[i]); !(d < 1e-9) {
			t.Errorf("text %d: cosine distance %g from the model", i, d)
		}
	}
}

// Distance is the cosine distance of two vectors, in float64.
func Distance(a []float32, b []float64) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * b[i]
		aa += float64(a[i]) * float64(a[i])
		bb += b[i] * b[i]
	}
	return math.Abs(1 - dot/math.Sqrt(aa*bb))
}

func concurrent(t *testing.T, e engine.Engine) {
	ids, want := Texts(Even, 10, 40, 3, 25)
	for i := range ids {
		if err := e.Embed(t.Context(), ids[i:i+1], want[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 20 {
				k := i % len(ids)
				out := [][]float32{make([]float32, Even.Hidden)}
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

func cancelled(t *testing.T, c engine.Config, e engine.Engine) {
	ids, out := Texts(c, 11, slices.Repeat([]int{500}, 40)...)
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

func refusals(t *testing.T, e engine.Engine) {
	out := func(n int) [][]float32 {
		o := make([][]float32, n)
		for i := range o {
			o[i] = make([]float32, Tiny.Hidden)
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
		{"long text", [][]int32{make([]int32, Tiny.MaxTokens()+1)}, out(1), engine.ErrLength},
		{"id too large", [][]int32{{1, int32(Tiny.Vocab)}}, out(1), engine.ErrToken},
		{"negative id", [][]int32{{-1}}, out(1), engine.ErrToken},
		{"too few vectors", [][]int32{{1}, {2}}, out(1), engine.ErrOutput},
		{"short vector", [][]int32{{1}}, [][]float32{make([]float32, Tiny.Hidden-1)}, engine.ErrOutput},
	} {
		if err := e.Embed(t.Context(), test.ids, test.out); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	if err := e.Embed(t.Context(), nil, nil); err != nil {
		t.Errorf("no texts: %v", err)
	}
}
