// Package engine runs frony-db's index and its peers on the same data, behind one
// interface, so that their timings can be interleaved.
//
// Every engine builds an index on the heads of the vectors and finds candidates in it. The
// same code then reranks them by the full vectors in memory. Recall is that of the final
// ten.
package engine

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/quant"
)

// The parameters that all graphs are built with.
const (
	M              = 16
	EfConstruction = 200
)

// Config is one point of an engine's sweep.
type Config struct {
	Ef    int     `json:"ef"`             // beam width
	Depth int     `json:"depth"`          // candidates compared with their full vectors
	Codes int     `json:"codes"`          // candidates compared with codes of all dimensions before that; 0 = none
	Gamma float32 `json:"gamma,omitzero"` // of the distance-adaptive stop; 0 = none
}

// Time is the duration of something.
type Time struct {
	CPU  time.Duration `json:"cpu"` // of the process that did it
	Wall time.Duration `json:"wall"`
}

func (t Time) add(u Time) Time { return Time{t.CPU + u.CPU, t.Wall + u.Wall} }

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
	Bytes  float64 `json:"bytes"`  // per vector: the graph with what it searches in
	Cached bool    `json:"cached"` // read from the cache; Time is that of when it was built
}

// Engine is one of the indexes compared.
type Engine interface {
	Name() string
	// Build makes the index of the set, or reads it from the folder cache.
	Build(ctx context.Context, s *dataset.Set, cache string) (Build, error)
	// Sweep lists the configurations to run.
	Sweep() []Config
	// Run runs the first n queries on one core. It returns a Run for each configuration
	// that one pass with this beam width can provide.
	Run(ctx context.Context, n int, cs []Config) ([]Run, error)
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

// groupByEf groups a sweep into configurations with the same beam width.
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
