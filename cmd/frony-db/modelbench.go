package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder"
)

type benchFlags struct {
	tokens, batches []int
	time            time.Duration
}

// modelBenchReport is what bench prints with --json.
type modelBenchReport struct {
	Model   string       `json:"model"`
	Unit    string       `json:"unit"` // what Tokens counts
	Cores   int          `json:"cores"`
	OpenMS  float64      `json:"open_ms"`
	FirstMS float64      `json:"first_embedding_ms"` // opening included
	Memory  memoryUse    `json:"memory"`
	Shapes  []benchShape `json:"shapes"`
}

type benchShape struct {
	Tokens   float64 `json:"tokens"` // of a passage, on average
	Batch    int     `json:"batch"`
	Calls    int     `json:"calls"`
	MS       float64 `json:"ms"` // of a call, the median
	Passages float64 `json:"passages_per_second"`
	PerSec   float64 `json:"tokens_per_second"`
}

func (a *app) modelBench() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench [MODEL]",
		Short: "Measure the speed and memory of a model",
		Long: `bench embeds passages of 16, 128 and 512 tokens, one and 32 at a time, and prints
the medians. Tokens include prefix and special tokens. If the model cannot count
tokens, the same number of words is used. Providers charge for these requests.`,
		Example: `  frony-db model bench
  frony-db model bench path/to/model --threads 1 --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := a.modelOrBuiltin(args)
			if err != nil {
				return err
			}
			return a.runBench(c.Context(), name, f)
		},
	}
	c.Flags().IntSliceVar(&f.tokens, "tokens", []int{16, 128, 512}, "tokens per passage")
	c.Flags().IntSliceVar(&f.batches, "batches", []int{1, 32}, "passages per call")
	c.Flags().DurationVar(&f.time, "time", time.Second, "time for each measurement")
	return c
}

func (f *benchFlags) check() error {
	var faults []error
	for _, n := range f.tokens {
		if n < 1 {
			faults = append(faults, fmt.Errorf("--tokens %d: want at least 1", n))
		}
	}
	for _, n := range f.batches {
		if n < 1 {
			faults = append(faults, fmt.Errorf("--batches %d: want at least 1", n))
		}
	}
	if f.time <= 0 {
		faults = append(faults, fmt.Errorf("--time %s: want more than 0", f.time))
	}
	if err := errors.Join(faults...); err != nil {
		return usage.Wrap(err)
	}
	return nil
}

func (a *app) runBench(ctx context.Context, name string, f benchFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	began := time.Now()
	e, err := a.models.Open(ctx, name)
	if err != nil {
		return err
	}
	if e == nil {
		return usage.Errorf("bench needs a model; drop --precomputed")
	}
	opened := time.Since(began)
	if _, err := e.EmbedQuery(ctx, "서울의 봄은 짧다"); err != nil {
		return err
	}
	r := modelBenchReport{Model: e.Spec().Model, Cores: cmp.Or(a.models.Options.Threads, runtime.GOMAXPROCS(0)), OpenMS: millis(opened), FirstMS: millis(time.Since(began))}
	texts, err := newBenchTexts(e)
	if err != nil {
		return err
	}
	r.Unit = texts.unit
	lengths := benchLengths(f.tokens, e.Spec().MaxTokens)
	var bar *term.Progress
	if !a.quiet {
		bar = term.NewProgress(a.err, "bench "+r.Model, int64(len(lengths)*len(f.batches)))
		defer bar.Finish()
	}
	for _, n := range lengths {
		for _, batch := range f.batches {
			s, err := benchShapeOf(ctx, e, texts, n, batch, f.time)
			if err != nil {
				return err
			}
			r.Shapes = append(r.Shapes, s)
			if bar != nil {
				bar.Add(1)
			}
		}
	}
	if bar != nil {
		bar.Finish() // before the results are printed
	}
	r.Memory = measureMemory()
	if a.json {
		return a.printJSON(r)
	}
	return a.printBench(r)
}

// benchLengths caps the lengths at the model's limit, without duplicates.
func benchLengths(want []int, limit int) []int {
	var out []int
	for _, n := range want {
		if limit > 0 {
			n = min(n, limit)
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// benchShapeOf embeds batches for the given time, at least three unless they take very
// long.
func benchShapeOf(ctx context.Context, e embedder.Embedder, t *benchTexts, tokens, batch int, limit time.Duration) (benchShape, error) {
	texts, total := t.batch(tokens, batch)
	var took []time.Duration
	if _, err := e.EmbedPassages(ctx, texts); err != nil { // warms up
		return benchShape{}, err
	}
	for began := time.Now(); time.Since(began) < limit || len(took) < 3 && time.Since(began) < 10*limit; {
		start := time.Now()
		if _, err := e.EmbedPassages(ctx, texts); err != nil {
			return benchShape{}, err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median := max(took[len(took)/2], time.Nanosecond)
	return benchShape{
		Tokens: float64(total) / float64(batch), Batch: batch, Calls: len(took), MS: millis(median),
		Passages: float64(batch) / median.Seconds(), PerSec: float64(total) / median.Seconds(),
	}, nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (a *app) printBench(r modelBenchReport) error {
	fmt.Fprintf(a.out, "model            %s\ncores            %d\nopened in        %.1f ms\nfirst embedding  %.1f ms\nmemory           %s\n\n",
		r.Model, r.Cores, r.OpenMS, r.FirstMS, r.Memory)
	t := term.Table{Columns: []term.Column{
		{Title: r.Unit, Right: true},
		{Title: "batch", Right: true},
		{Title: "ms", Right: true},
		{Title: "passages/s", Right: true},
		{Title: r.Unit + "/s", Right: true},
	}}
	for _, s := range r.Shapes {
		t.Rows = append(t.Rows, []string{
			fmt.Sprintf("%.0f", s.Tokens), strconv.Itoa(s.Batch), fmt.Sprintf("%.3f", s.MS),
			figure(s.Passages), figure(s.PerSec),
		})
	}
	return t.Write(a.out)
}

// figure formats a rate.
func figure(x float64) string {
	if x < 100 {
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}
