package pipeline

import "github.com/fronyai/frony-db/cmd/frony-db/internal/source"

// window is a run of records in the order of their file, with what was rejected
// among them.
type window struct {
	records []source.Record
	rejects []*source.Reject
	failed  []*source.FileError
	bytes   int
}

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
