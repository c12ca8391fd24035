package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// ErrOptions is returned by New for options or stages that cannot work.
var ErrOptions = errors.New("invalid pipeline options")

// Stages are what is done with the records. Only Write must be given.
type Stages struct {
	// Prepare turns a record into what is to be stored: itself, its pieces, or
	// nothing, which counts it as skipped. It is called by one goroutine, in
	// order. An error that is a *source.Reject rejects the record; any other ends
	// the run. Nil stores the record as it is.
	Prepare func(ctx context.Context, rec source.Record) ([]source.Record, error)

	// Passage is the text to embed for a record. Nil takes rec.Text. It may be
	// called by several goroutines.
	Passage func(rec *source.Record) string

	// Embed embeds a batch of texts, one embedding for each, in order; it fits
	// embedder.Embedder's EmbedPassages. Options.Embedders goroutines call it.
	// Records that have an embedding are not embedded. Nil embeds nothing.
	Embed func(ctx context.Context, texts []string) ([][]float32, error)

	// Write stores records and returns how many it has stored, and a reject for
	// each that it cannot take (or one for all pieces of a record). Any error ends
	// the run. It may keep the records' contents but not the slice.
	Write func(ctx context.Context, records []source.Record) (stored int, rejects []*source.Reject, err error)

	// Reject is told of every record that was not taken, by the goroutine that
	// calls Write. An error ends the run. Nil only counts them.
	Reject func(*source.Reject) error

	// Failed is told of a file that could not be read on, likewise. Returning nil
	// goes on with the next file. A nil Failed ends the run at the first.
	Failed func(*source.FileError) error
}

// Options say how much is done at once. Zero values are the defaults.
type Options struct {
	Batch       int // texts in one call of Embed, at most; 32
	BatchBytes  int // bytes of text in one call of Embed, unless it is one text; 256 KiB
	Embedders   int // goroutines that call Embed; 1, for embedders that are parallel within
	Window      int // records in a window, at most, but for the pieces of one; 1024
	WindowBytes int // bytes of text and embeddings in a window; 8 MiB
	Windows     int // windows on their way at once; 4
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
		{"Batch", &opts.Batch, 32},
		{"BatchBytes", &opts.BatchBytes, 256 << 10},
		{"Embedders", &opts.Embedders, 1},
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
