//go:build linux

// Command modelbench measures engines on a model with random weights, interleaved in one
// run: ours in Go, hugot's in Go and, if built with -tags native, ONNX Runtime.
//
//	go run -C bench ./cmd/modelbench
//	CGO_LDFLAGS="$(make -s -C tools/native ldflags)" go run -C bench -tags native ./cmd/modelbench
//
// Each round runs each engine on each shape. The medians over the rounds are printed, of
// passages per second of CPU time and of the ratios within a round. These depend little on
// other load on the machine; passages per second of wall time do.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	log.SetFlags(0)
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds")
	flag.Float64Var(&o.seconds, "seconds", 1, "duration of a measurement")
	flag.Float64Var(&o.patience, "patience", 20, "CPU time of one call, in seconds, above which an engine is skipped for a shape")
	flag.IntVar(&o.vocab, "vocab", 1000, "size of the vocabulary")
	flag.Func("tokens", "tokens per passage (default 16,128,512)", numbers(&o.tokens))
	flag.Func("batches", "passages per call (default 1,32)", numbers(&o.batches))
	flag.Func("cores", "cores per call (default 1,2)", numbers(&o.cores))
	flag.StringVar(&o.dir, "dir", "", "the model's directory (default: a temporary one)")
	engine := flag.String("child", "", "run as the process of one engine")
	threads := flag.Int("threads", 1, "threads of the child")
	flag.Parse()
	if *engine != "" {
		if err := runChild(*engine, o.dir, o.vocab, *threads); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := o.run(); err != nil {
		log.Fatal(err)
	}
}

type options struct {
	rounds, vocab          int
	seconds, patience      float64
	tokens, batches, cores []int
	dir                    string
}

func numbers(list *[]int) func(string) error {
	return func(text string) error {
		for s := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 {
				return fmt.Errorf("%q: want numbers of at least 1", text)
			}
			*list = append(*list, n)
		}
		return nil
	}
}

func (o *options) run() error {
	for list, otherwise := range map[*[]int][]int{&o.tokens: {16, 128, 512}, &o.batches: {1, 32}, &o.cores: {1, 2}} {
		if len(*list) == 0 {
			*list = otherwise
		}
	}
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "modelbench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		o.dir = dir
	}
	if err := makeModel(o.dir, o.vocab); err != nil {
		return err
	}
	fmt.Printf("%d layers of %d, vocabulary of %d, %d rounds of %g s", layers, hidden, o.vocab, o.rounds, o.seconds)
	most := fmaPeak()
	if most > 0 {
		fmt.Printf("; FMA peak of a core %.0f GFLOP/s", most/1e9)
	}
	fmt.Println()
	for _, cores := range o.cores {
		if err := o.measure(cores, most); err != nil {
			return err
		}
	}
	return nil
}

// measure runs all engines on a number of cores.
func (o *options) measure(cores int, most float64) error {
	var running []*child
	fmt.Printf("\n%d core(s)\n", cores)
	for _, name := range engines {
		c, err := startChild(name, o.dir, o.vocab, cores)
		if err != nil {
			return err
		}
		if c.Error != "" {
			fmt.Printf("%-12s left out: %s\n", name, c.Error)
			continue
		}
		fmt.Printf("%-12s first embedding after %4.0f ms, %4d MiB resident at most until then\n", name, 1000*c.First, c.Peak>>20)
		running = append(running, c)
	}
	fmt.Printf("\n%6s %5s  %-12s %14s %10s %8s %8s %10s\n", "tokens", "batch", "engine", "passages/cpu-s", "passages/s", "ratio", "of peak", "peak MiB")
	for _, tokens := range o.tokens {
		for _, batch := range o.batches {
			if err := o.shape(running, tokens, batch, most); err != nil {
				return err
			}
		}
	}
	for _, c := range running {
		if err := c.stop(); err != nil {
			return err
		}
	}
	return nil
}

// shape prints a row for each engine, with its ratio to the first.
func (o *options) shape(running []*child, tokens, batch int, most float64) error {
	cpu, wall, ratio := make([][]float64, len(running)), make([][]float64, len(running)), make([][]float64, len(running))
	peaks := make([]int64, len(running))
	for range o.rounds {
		var first answer
		for i, c := range running {
			if c.perToken*float64(tokens*batch) > o.patience {
				continue
			}
			a, err := c.ask(tokens, batch, o.seconds)
			if err != nil {
				return err
			}
			if i == 0 {
				first = a
			}
			if d := distance(a.Vector, first.Vector); !(d < 1e-4) {
				return fmt.Errorf("%s is %g off %s: another model", c.engine, d, running[0].engine)
			}
			cpu[i], wall[i] = append(cpu[i], float64(batch)/a.CPU), append(wall[i], float64(batch)/a.Wall)
			c.perToken = a.CPU / float64(tokens*batch)
			ratio[i], peaks[i] = append(ratio[i], first.CPU/a.CPU), a.Peak
		}
	}
	for i, c := range running {
		if len(cpu[i]) == 0 {
			fmt.Printf("%6d %5d  %-12s a call would take %.0f s\n", tokens, batch, c.engine, c.perToken*float64(tokens*batch))
			continue
		}
		share := "-"
		if most > 0 {
			share = fmt.Sprintf("%.0f %%", 100*median(cpu[i])*flops(tokens)/most)
		}
		fmt.Printf("%6d %5d  %-12s %14.1f %10.1f %8.2f %8s %10d\n", tokens, batch, c.engine, median(cpu[i]), median(wall[i]), median(ratio[i]), share, peaks[i]>>20)
	}
	return nil
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

func distance(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var dot float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return 1 - dot
}
