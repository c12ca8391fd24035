package purego

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/engine"
	"github.com/fronyai/frony-db/embedder/transformer/engine/enginetest"
)

// small is the architecture of the measurements: 12 layers of 384.
var small = engine.Config{
	Layers: 12, Hidden: 384, Heads: 12, Inner: 1536, Vocab: 1000, Positions: 512, Eps: 1e-12,
}

// BenchmarkEmbed measures passages per second. tools/goldens/bench.py runs it
// beside ONNX Runtime. With INT8=1 in the environment, products are of bytes.
func BenchmarkEmbed(b *testing.B) {
	weights := enginetest.Weights(small, 1, 0.04)
	for _, kernel := range Kernels() {
		for _, threads := range []int{1, 2} {
			e, err := New(small, weights, &Options{Threads: threads, Kernel: kernel, Int8: os.Getenv("INT8") != ""})
			if err != nil {
				b.Fatal(err)
			}
			for _, tokens := range []int{16, 128, 512} {
				for _, batch := range []int{1, 32} {
					if kernel == "generic" && tokens*batch > 128 {
						continue
					}
					b.Run(fmt.Sprintf("%s/threads=%d/tokens=%d/batch=%d", kernel, threads, tokens, batch), func(b *testing.B) {
						ids, out := enginetest.Texts(small, 3, slices.Repeat([]int{tokens}, batch)...)
						start := cpuTime(b)
						for b.Loop() {
							if err := e.Embed(b.Context(), ids, out); err != nil {
								b.Fatal(err)
							}
						}
						n := float64(b.N * batch)
						b.ReportMetric(n/b.Elapsed().Seconds(), "passages/s")
						b.ReportMetric(n/(cpuTime(b)-start), "passages/cpu-s")
						b.ReportMetric(n*float64(flops(small, tokens))/b.Elapsed().Seconds()/1e9, "GFLOP/s")
					})
				}
			}
		}
	}
}

// flops are the operations of the products for one text.
func flops(c engine.Config, tokens int) int {
	perToken := 2*c.Hidden*(4*c.Hidden+2*c.Inner) + 4*tokens*c.Hidden
	return c.Layers * tokens * perToken
}
