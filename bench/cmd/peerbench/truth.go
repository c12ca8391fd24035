package main

import (
	"runtime"
	"slices"
	"sync"

	"github.com/fronyai/frony-db/quant"
)

// truth is the result of an exact search among the eligible documents.
type truth struct {
	base, query []float32 // unit vectors, row by row
	keep        func(q, row int) bool
	last        []float32 // similarity of each query's k-th nearest, or of the farthest if there are fewer
	want        []int     // how many there are, up to k
}

// newTruth compares every query with every vector.
func newTruth(base, query []float32, keep func(q, row int) bool) *truth {
	const block = 256 // rows that stay in the cache while all queries visit them
	n, nq := len(base)/dims, len(query)/dims
	t := &truth{base: base, query: query, keep: keep, last: make([]float32, nq), want: make([]int, nq)}
	ids := make([]uint32, block)
	for i := range ids {
		ids[i] = uint32(i)
	}
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			best := make([][]float32, nq) // descending
			dots := make([]float32, block)
			for at := 0; at < n; at += block {
				rows := base[at*dims : min(at+block, n)*dims]
				m := len(rows) / dims
				for q := w; q < nq; q += workers {
					quant.Dots(query[q*dims:(q+1)*dims], rows, dims, ids[:m], dots)
					for i, dot := range dots[:m] {
						if b := best[q]; (len(b) == k && dot <= b[k-1]) || !keep(q, at+i) {
							continue
						}
						j, _ := slices.BinarySearchFunc(best[q], dot, func(a, b float32) int {
							if a > b {
								return -1
							}
							return 1
						})
						best[q] = slices.Insert(best[q], j, dot)
						best[q] = best[q][:min(k, len(best[q]))]
					}
				}
			}
			for q := w; q < nq; q += workers {
				if t.want[q] = len(best[q]); t.want[q] > 0 {
					t.last[q] = best[q][len(best[q])-1]
				}
			}
		})
	}
	wg.Wait()
	return t
}

// recall is the share of the true nearest in found, which has rows for each of the first
// queries. A row as near as the last of the true nearest counts as one of them.
func (t *truth) recall(found [][]int) float64 {
	const tolerance = 1e-6 // of a float32 dot product of unit vectors
	hits, want := 0, 0
	for q, rows := range found {
		want += t.want[q]
		rows = rows[:min(len(rows), k)]
		for i, row := range rows {
			if row < 0 || row >= len(t.base)/dims || slices.Contains(rows[:i], row) || !t.keep(q, row) {
				continue
			}
			if quant.Dot(t.query[q*dims:(q+1)*dims], t.base[row*dims:(row+1)*dims]) >= t.last[q]-tolerance {
				hits++
			}
		}
	}
	return float64(hits) / float64(max(1, want))
}
