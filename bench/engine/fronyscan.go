package engine

import (
	"context"
	"math"
	"math/bits"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/quant"
)

// FronyScan compares the sketches of all vectors, then the codes of all dimensions of the
// best, and the full vectors of the best of those.
type FronyScan struct {
	set      *dataset.Set
	sketches *quant.Sketches
	codes    *splitCodes
}

// Name implements Engine.
func (f *FronyScan) Name() string { return "frony-db scan" }

// Close implements Engine.
func (f *FronyScan) Close() error { return nil }

// Build implements Engine. Sketches and codes are always made anew.
func (f *FronyScan) Build(_ context.Context, s *dataset.Set, _ string) (b Build, err error) {
	f.set = s
	if f.codes, err = newSplitCodes(s); err != nil {
		return b, err
	}
	if f.sketches, err = quant.NewSketches(s.Dims, 1, nil); err != nil {
		return b, err
	}
	b.Time = timed(func() {
		for i := range s.Len() {
			v := s.Base[i*s.Dims : (i+1)*s.Dims]
			f.codes.add(uint32(i), v)
			f.sketches.Set(uint32(i), v)
		}
	})
	b.add("sketches", f.sketches.Bytes(), s.Len())
	b.add("heads, int8", f.codes.Head.Bytes(), s.Len())
	b.add("tails, int8", f.codes.Tail.Bytes(), s.Len())
	return b, err
}

// Sweep implements Engine.
func (f *FronyScan) Sweep() [][]Config {
	var stages [][]Config
	for _, c := range []int{20, 30, 50, 75, 100, 150, 200, 300, 400, 600, 1000, 2000} {
		var cs []Config
		for _, depth := range []int{20, 30} {
			if depth <= c {
				cs = append(cs, Config{Codes: c, Depth: depth})
			}
		}
		stages = append(stages, cs)
	}
	return stages
}

// Run implements Engine.
func (f *FronyScan) Run(_ context.Context, first, n int, cs []Config) ([]Run, error) {
	var query quant.SketchQuery
	var best nearest
	return eachQuery(f.set, first, n, cs, func(c Config, q int, ids []uint32) ([]uint32, error) {
		v := f.set.Query[q*f.set.Dims : (q+1)*f.set.Dims]
		f.sketches.Reset(&query, v)
		best.reset(c.Codes)
		f.scan(&query, &best)
		ids = best.ids(ids)
		f.codes.encode(v)
		return f.codes.narrow(ids, c.Depth), nil
	})
}

const scanBatch = 16 // blocks: their scores stay in the cache

// scan gives the rows with the highest estimates to best.
func (f *FronyScan) scan(q *quant.SketchQuery, best *nearest) {
	var scores [scanBatch * quant.SketchRows]float32
	var over [scanBatch]uint64
	blocks := f.sketches.Blocks()
	for block := 0; block < blocks; block += scanBatch {
		n := min(scanBatch, blocks-block)
		f.sketches.Scan(q, block, n, best.floor, scores[:], over[:])
		for i, w := range over[:n] {
			for ; w != 0; w &= w - 1 {
				r := i*quant.SketchRows + bits.TrailingZeros64(w)
				best.add(uint32(block*quant.SketchRows+r), scores[r])
			}
		}
	}
}

// nearest gathers the rows with the want highest scores.
type nearest struct {
	want  int
	floor float32 // all that is added from now on is above
	list  []hit
}

func (b *nearest) reset(want int) {
	b.want, b.floor = want, float32(math.Inf(-1))
	if room := 2*want + 64; cap(b.list) < room {
		b.list = make([]hit, 0, room)
	}
	b.list = b.list[:0]
}

func (b *nearest) add(id uint32, score float32) {
	if score <= b.floor {
		return
	}
	if b.list = append(b.list, hit{id, score}); len(b.list) >= 2*b.want+64 {
		b.cut()
	}
}

// cut leaves the want highest, in no order.
func (b *nearest) cut() {
	if len(b.list) <= b.want {
		return
	}
	partition(b.list, b.want)
	b.list = b.list[:b.want]
	b.floor = b.list[0].dot
	for _, h := range b.list {
		b.floor = min(b.floor, h.dot)
	}
}

// ids appends the rows with the want highest scores, in no order.
func (b *nearest) ids(ids []uint32) []uint32 {
	b.cut()
	for _, h := range b.list {
		ids = append(ids, h.id)
	}
	return ids
}

// partition moves the n highest of list to its beginning (Hoare's selection). 0 < n <
// len(list).
func partition(list []hit, n int) {
	for lo, hi := 0, len(list)-1; lo < hi; {
		pivot := list[lo+(hi-lo)/2].dot
		i, j := lo, hi
		for i <= j {
			for list[i].dot > pivot {
				i++
			}
			for list[j].dot < pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			return
		}
	}
}
