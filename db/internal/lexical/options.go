package lexical

import (
	"cmp"
	"errors"
	"fmt"
)

// Options are the parameters of BM25. They bear on searches alone: an index
// may be read back under other options than it was written with.
type Options struct {
	// K1 says how much further occurrences of a term in a document add, at
	// least 0. The default is 0.9.
	K1 float64

	// B says how much a document longer than the average is discounted, from
	// 0 to 1. The default is 0.65; a negative value means 0.
	B float64
}

// Validate reports every value that makes no sense.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var faults []error
	if !(o.K1 >= 0 && o.K1 <= 100) {
		faults = append(faults, fmt.Errorf("lexical: K1 is %v: must be between 0 (the default) and 100", o.K1))
	}
	if !(o.B <= 1) {
		faults = append(faults, fmt.Errorf("lexical: B is %v: must be at most 1", o.B))
	}
	return errors.Join(faults...)
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	v.K1 = cmp.Or(v.K1, 0.9)
	v.B = max(0, cmp.Or(v.B, 0.65))
	return v
}
