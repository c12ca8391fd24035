// Package engine runs frony-db's index and its peers on the same data, behind one
// interface, so that their timings can be interleaved.
//
// Every engine finds candidates in an index, most of them in one of the heads of the
// vectors. The same code then reranks them by the full vectors in memory. Recall is that of
// the final ten.
package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/quant"
)

// The parameters that graphs are built with.
const (
	M              = 16  // links of a node; twice as many at the bottom, where nearly all are
	VamanaDegree   = 64  // links of a node in a graph that has one level and other rules
	EfConstruction = 200 // beam width, or window size
)

// efs are the beam widths that graphs are searched with.
var efs = []int{16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 3072}

// Config is one point of an engine's sweep.
type Config struct {
	Ef    int `json:"ef"`    // beam width, or window size; 0 where nothing walks
	Depth int `json:"depth"` // candidates compared with their full vectors
	Codes int `json:"codes"` // candidates compared with codes of all dimensions before that; 0 = none
}

// Time is the duration of something.
type Time struct {
	CPU  time.Duration `json:"cpu"` // of the process that did it
	Wall time.Duration `json:"wall"`
}

// Add returns the sum.
func (t Time) Add(u Time) Time { return Time{t.CPU + u.CPU, t.Wall + u.Wall} }

// Run is the result of all queries with one Config.
type Run struct {
	Config
	Time Time
	Top  []uint32        // 10 ids for each query
	Each []time.Duration // wall time of each query; nil if the engine takes them together
}

// Build is the cost of building an index.
type Build struct {
	Time   Time    `json:"time"`
	Bytes  float64 `json:"bytes"`  // per vector: all but the full vectors of the rerank
	Parts  []Part  `json:"parts"`  // what Bytes is made of
	Cached bool    `json:"cached"` // read from the cache; Time is that of when it was built
}

// Part is a part of an index.
type Part struct {
	Name  string  `json:"name"`
	Bytes float64 `json:"bytes"` // per vector
}

// add adds a part of so many bytes for n vectors.
func (b *Build) add(name string, bytes int64, n int) {
	p := Part{name, float64(bytes) / float64(n)}
	b.Parts = append(b.Parts, p)
	b.Bytes += p.Bytes
}

// ErrMissing is wrapped by what Build returns if the engine is not on this machine.
var ErrMissing = errors.New("not installed")

// Engine is one of the indexes compared.
type Engine interface {
	Name() string
	// Build makes the index of the set, or reads it from the folder cache.
	Build(ctx context.Context, s *dataset.Set, cache string) (Build, error)
	// Sweep lists the configurations to run, in stages of more and more effort. Those
	// after the stage that reaches the recall which is wanted need not be run.
	Sweep() [][]Config
	// Run runs n queries from first on, on one core. It returns a Run for each
	// configuration.
	Run(ctx context.Context, first, n int, cs []Config) ([]Run, error)
	Close() error
}

// reranker compares candidates with the full vectors.
type reranker struct {
	set  *dataset.Set
	dots []float32
	hits []hit
}

type hit struct {
	id  uint32
	dot float32
}

// top10 appends to dst the ten of ids nearest to query q, padded with 2^32−1.
func (r *reranker) top10(dst []uint32, q int, ids []uint32) []uint32 {
	d := r.set.Dims
	if cap(r.dots) < len(ids) {
		r.dots = make([]float32, len(ids))
	}
	dots := r.dots[:len(ids)]
	quant.Dots(r.set.Query[q*d:(q+1)*d], r.set.Base, d, ids, dots)
	top := r.hits[:0]
	for i, dot := range dots {
		if len(top) == 10 && dot <= top[9].dot {
			continue
		}
		j := len(top)
		if j == 10 {
			j = 9
		} else {
			top = append(top, hit{})
		}
		for ; j > 0 && top[j-1].dot < dot; j-- {
			top[j] = top[j-1]
		}
		top[j] = hit{ids[i], dot}
	}
	r.hits = top
	for i := range 10 {
		id := uint32(math.MaxUint32) // nothing found
		if i < len(top) {
			id = top[i].id
		}
		dst = append(dst, id)
	}
	return dst
}

// eachQuery times an engine that answers one query at a time: search appends candidates
// for query q to ids.
func eachQuery(s *dataset.Set, first, n int, cs []Config, search func(c Config, q int, ids []uint32) ([]uint32, error)) ([]Run, error) {
	var runs []Run
	var err error
	for _, c := range cs {
		r := Run{Config: c, Top: make([]uint32, 0, 10*n), Each: make([]time.Duration, n)}
		rr := &reranker{set: s}
		var ids []uint32
		r.Time = timed(func() {
			for i := range n {
				t := time.Now()
				if ids, err = search(c, first+i, ids[:0]); err != nil {
					return
				}
				r.Top = rr.top10(r.Top, first+i, ids)
				r.Each[i] = time.Since(t)
			}
		})
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// groupByEf groups configurations with the same beam width.
func groupByEf(cs []Config) [][]Config {
	var groups [][]Config
	for _, c := range cs {
		i := slices.IndexFunc(groups, func(g []Config) bool { return g[0].Ef == c.Ef })
		if i < 0 {
			groups = append(groups, []Config{c})
		} else {
			groups[i] = append(groups[i], c)
		}
	}
	return groups
}
