package dataset

import (
	"runtime"
	"sync"

	"github.com/fronyai/frony-db/quant"
)

// tenth finds, by looking at every vector, the similarity of each query's 10th
// nearest. Blocks of rows stay in the cache while all queries visit them.
func tenth(base, query []float32, dims int) []float32 {
	const block = 256
	n, nq := len(base)/dims, len(query)/dims
	ids := make([]uint32, block)
	for i := range ids {
		ids[i] = uint32(i)
	}
	out := make([]float32, nq)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			top := make([][10]float32, nq)
			for q := range top {
				for i := range top[q] {
					top[q][i] = -2
				}
			}
			dots := make([]float32, block)
			for at := 0; at < n; at += block {
				rows := base[at*dims : min(at+block, n)*dims]
				m := len(rows) / dims
				for q := w; q < nq; q += workers {
					quant.Dots(query[q*dims:(q+1)*dims], rows, dims, ids[:m], dots)
					t := &top[q]
					for _, d := range dots[:m] {
						if d <= t[9] {
							continue
						}
						i := 9
						for ; i > 0 && t[i-1] < d; i-- {
							t[i] = t[i-1]
						}
						t[i] = d
					}
				}
			}
			for q := w; q < nq; q += workers {
				out[q] = top[q][9]
			}
		})
	}
	wg.Wait()
	return out
}
