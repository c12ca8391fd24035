// Command codebench measures the recall that codes lose: the share of the ten nearest
// vectors, by all dimensions, that is among the best k by the codes.
//
//	go run ./cmd/codebench
//
// It compares the codes of package quant with other scales, on vectors whose
// energy is spread out and on vectors whose energy is in a few dimensions.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/quant"
)

var depths = []int{10, 12, 15, 16, 20, 30, 50, 100}

func main() {
	n := flag.Int("n", 50_000, "vectors")
	nq := flag.Int("queries", 500, "queries")
	flag.Parse()
	if err := run(*n, *nq); err != nil {
		fmt.Fprintln(os.Stderr, "codebench:", err)
		os.Exit(1)
	}
}

func run(n, nq int) error {
	var fitted float32 // to the first set, as if there were no other data
	for _, kind := range []struct {
		name string
		make func(n, q, dims int, seed uint64) (base, query []float32)
	}{{"dense", dataset.Generate}, {"hashed", dataset.Hashed}} {
		base, query := kind.make(n, nq, 384, 7)
		s, err := dataset.New(kind.name, 384, 192, base, query)
		if err != nil {
			return err
		}
		if fitted == 0 {
			fitted = fit(s.BaseHead)
		}
		fmt.Printf("\n%s, %d vectors, %d queries\n\n| codes |", kind.name, s.Len(), s.Queries())
		for _, k := range depths {
			fmt.Printf(" %d |", k)
		}
		fmt.Print("\n| --- |")
		for range depths {
			fmt.Print(" ---: |")
		}
		fmt.Println()
		for _, c := range []struct {
			name        string
			dims        int
			base, query []float32
			change      func(v []float32)
		}{
			{"f32, 192 dims", 192, s.BaseHead, s.QueryHead, func([]float32) {}},
			{"int8, 192 dims, quant", 192, s.BaseHead, s.QueryHead, own},
			{"int8, 192 dims, quant, head of a split code", 192, headOfSplit(s.Base, s.Dims, 192), headOfSplit(s.Query, s.Dims, 192), func([]float32) {}},
			{"int8, 192 dims, its own scale, length not corrected", 192, s.BaseHead, s.QueryHead, scaled},
			{"int8, 192 dims, one scale of 127", 192, s.BaseHead, s.QueryHead, global(127)},
			{fmt.Sprintf("int8, 192 dims, one scale of %.0f, fitted to the dense set", fitted), 192, s.BaseHead, s.QueryHead, global(fitted)},
			{"int8, 384 dims, quant", 384, s.Base, s.Query, own},
			{"int8, 384 dims, one scale of 127", 384, s.Base, s.Query, global(127)},
		} {
			fmt.Printf("| %s |", c.name)
			for _, x := range share(s, changed(c.base, c.dims, c.change), changed(c.query, c.dims, c.change), c.dims) {
				fmt.Printf(" %.4f |", x)
			}
			fmt.Println()
		}
	}
	return nil
}

// own is the vector that a code of package quant represents: a unit vector in the code's
// direction.
func own(v []float32) {
	z, err := quant.NewQuantizer(len(v))
	if err != nil {
		panic(err)
	}
	code := make([]byte, z.CodeSize())
	z.Encode(code, v)
	for i := range v {
		v[i] = float32(int8(code[i]))
	}
	quant.Normalize(v)
}

// headOfSplit is the vector that the head of a split code represents.
func headOfSplit(rows []float32, dims, headDims int) []float32 {
	z, err := quant.NewSplitQuantizer(dims, headDims)
	if err != nil {
		panic(err)
	}
	head, tail := make([]byte, z.HeadSize()), make([]byte, z.TailSize())
	out := make([]float32, len(rows)/dims*headDims)
	for i := range len(rows) / dims {
		z.Encode(head, tail, rows[i*dims:])
		v := out[i*headDims : (i+1)*headDims]
		for d := range v {
			v[d] = float32(int8(head[d]))
		}
		quant.Normalize(v)
	}
	return out
}

// scaled gives each vector its own scale, without normalising the result.
func scaled(v []float32) {
	top := float32(0)
	for _, x := range v {
		top = max(top, x, -x)
	}
	global(127 / top)(v)
}

// global gives all vectors the same scale, and clips what does not fit.
func global(scale float32) func([]float32) {
	return func(v []float32) {
		for i, x := range v {
			v[i] = float32(max(-127, min(127, math.RoundToEven(float64(x*scale))))) / scale
		}
	}
}

// fit returns the scale that clips one number in ten thousand.
func fit(rows []float32) float32 {
	var abs []float32
	for i := 0; i < len(rows); i += 7 {
		abs = append(abs, max(rows[i], -rows[i]))
	}
	slices.Sort(abs)
	return 127 / abs[len(abs)*9999/10_000]
}

func changed(rows []float32, dims int, change func([]float32)) []float32 {
	out := slices.Clone(rows)
	for i := 0; i < len(out); i += dims {
		change(out[i : i+dims])
	}
	return out
}

// share returns the share of the true ten among the best of each depth.
func share(s *dataset.Set, base, query []float32, dims int) []float64 {
	n, nq := s.Len(), s.Queries()
	deepest := depths[len(depths)-1]
	ids, dots := make([]uint32, n), make([]float32, n)
	found := make([]int, len(depths))
	for q := range nq {
		for i := range ids {
			ids[i] = uint32(i)
		}
		quant.Dots(query[q*dims:(q+1)*dims], base, dims, ids, dots)
		threshold := nth(dots, deepest)
		ids = ids[:0]
		for i, d := range dots {
			if d >= threshold {
				ids = append(ids, uint32(i))
			}
		}
		slices.SortFunc(ids, func(a, b uint32) int {
			switch {
			case dots[a] > dots[b]:
				return -1
			case dots[a] < dots[b]:
				return 1
			}
			return int(a) - int(b)
		})
		hits, d := 0, 0
		for i, id := range ids[:deepest] {
			row := s.Base[int(id)*s.Dims : (int(id)+1)*s.Dims]
			if hits < 10 && quant.Dot(s.Query[q*s.Dims:(q+1)*s.Dims], row) >= s.Tenth[q]-1e-6 {
				hits++
			}
			if i+1 == depths[d] {
				found[d] += hits
				d++
			}
		}
		ids = ids[:n]
	}
	out := make([]float64, len(depths))
	for i, f := range found {
		out[i] = float64(f) / float64(10*nq)
	}
	return out
}

// nth returns the nth largest of v.
func nth(v []float32, n int) float32 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)-n]
}
