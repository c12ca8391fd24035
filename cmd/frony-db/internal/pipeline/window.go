package pipeline

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// window is a run of records in the order of their file, with what was rejected
// among them.
type window struct {
	records []source.Record
	rejects []*source.Reject
	failed  []*source.FileError
	bytes   int

	left atomic.Int64  // batches that are not embedded yet
	done chan struct{} // closed when left is 0
}

func newWindow() *window { return &window{done: make(chan struct{})} }

func (w *window) add(records []source.Record) {
	for i := range records {
		r := &records[i]
		w.bytes += recordCost + len(r.Text) + len(r.Title) + 4*max(0, len(r.Embedding)-384)
	}
	w.records = append(w.records, records...)
}

func (w *window) full(opts *Options) bool {
	return len(w.records) >= opts.Window || w.bytes >= opts.WindowBytes || len(w.rejects) >= opts.Window
}

// batch is some records of a window that are embedded in one call.
type batch struct {
	w       *window
	records []*source.Record
	texts   []string
}

// batches sorts the records without embedding by length and cuts them up,
// longest first: what takes longest should not come last.
func (w *window) batches(passage func(*source.Record) string, opts *Options) []batch {
	type item struct {
		rec  *source.Record
		text string
	}
	var items []item
	for i := range w.records {
		if r := &w.records[i]; r.Embedding == nil {
			items = append(items, item{r, passage(r)})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(len(b.text), len(a.text)) })
	var out []batch
	size := 0
	for _, it := range items {
		last := len(out) - 1
		if last < 0 || len(out[last].texts) >= opts.Batch || size+len(it.text) > opts.BatchBytes {
			out = append(out, batch{w: w})
			last++
			size = 0
		}
		out[last].records = append(out[last].records, it.rec)
		out[last].texts = append(out[last].texts, it.text)
		size += len(it.text)
	}
	return out
}
