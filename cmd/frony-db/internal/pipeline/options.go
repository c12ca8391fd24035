package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// ErrOptions is returned by New for options or stages that cannot work.
var ErrOptions = errors.New("invalid pipeline options")

// Stages are what is done with the records. Only Write is required.
type Stages struct {
	// Prepare turns a record into what is to be stored: itself, its pieces, or
	// nothing, which counts it as skipped. It is called by one goroutine, in
	// order. A *source.Reject rejects the record; any other error ends the run. If
	// Prepare is nil, records are stored as they are.
	Prepare func(ctx context.Context, rec source.Record) ([]source.Record, error)

	// Write stores records and returns how many it has stored, and a reject for
	// each that it cannot take (or one for all pieces of a record). Any error ends
	// the run. It may keep the records' contents but not the slice.
	Write func(ctx context.Context, records []source.Record) (stored int, rejects []*source.Reject, err error)

	// Reject is told of every rejected record, by the goroutine that calls Write.
	// An error ends the run. If Reject is nil, they are only counted.
	Reject func(*source.Reject) error

	// Failed is told of a file that could not be read to its end, likewise. If it
	// returns nil, the next file is read. If Failed is nil, the first such file ends
	// the run.
	Failed func(*source.FileError) error
}

// Options say how much is done at once. Zero values are the defaults.
type Options struct {
	Window      int // records in a window; the pieces of the last may exceed it; 1024
	WindowBytes int // bytes of text and embeddings in a window; 8 MiB
	Windows     int // windows in flight; 4
}

// recordCost is what a record is taken to cost beside its text: the structs, the
// metadata's map and an embedding of 384 dims.
const recordCost = 512 + 4*384

func (o *Options) withDefaults(s Stages) (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	var faults []error
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"Window", &opts.Window, 1024},
		{"WindowBytes", &opts.WindowBytes, 8 << 20},
		{"Windows", &opts.Windows, 4},
	} {
		if *f.value < 0 {
			faults = append(faults, fmt.Errorf("%w: %s %d is negative", ErrOptions, f.name, *f.value))
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if s.Write == nil {
		faults = append(faults, fmt.Errorf("%w: no Write stage", ErrOptions))
	}
	return opts, errors.Join(faults...)
}
