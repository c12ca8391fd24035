package hnsw

import (
	"cmp"
	"errors"
	"fmt"
)

// Options are the parameters of a graph. They are fixed when it is created, and
// snapshots carry them. The zero value means the defaults.
type Options struct {
	// M is the number of links that a new node makes on each level; a node
	// keeps up to 2M links on level 0 and M above. A larger M costs memory (8·M
	// bytes a node) and improves recall on hard data. 2 to 128; default 16.
	M int

	// EfConstruction is the beam width of the search for a new node's
	// neighbours. A larger one costs build time and improves recall. 1 to
	// 10,000; default 200.
	EfConstruction int

	// Seed determines the level of every node. The same seed, and the same nodes
	// added in the same order by one goroutine, give the same graph bit for bit.
	Seed uint64
}

const (
	defaultM              = 16
	defaultEfConstruction = 200

	minM              = 2
	maxM              = 128
	maxEfConstruction = 10_000
)

// withDefaults fills in the defaults and reports all faults at once.
func (o *Options) withDefaults() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	r.M = cmp.Or(r.M, defaultM)
	r.EfConstruction = cmp.Or(r.EfConstruction, defaultEfConstruction)
	var faults []error
	if r.M < minM || r.M > maxM {
		faults = append(faults, fmt.Errorf("%w: M %d, want %d to %d", ErrOptions, r.M, minM, maxM))
	}
	if r.EfConstruction < 1 || r.EfConstruction > maxEfConstruction {
		faults = append(faults, fmt.Errorf("%w: EfConstruction %d, want 1 to %d", ErrOptions, r.EfConstruction, maxEfConstruction))
	}
	return r, errors.Join(faults...)
}
