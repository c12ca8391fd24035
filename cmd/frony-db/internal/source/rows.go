package source

import "fmt"

// The rows that column types are inferred from.
const (
	sampleRows  = 1000
	sampleBytes = 1 << 20
)

// tableRow is one row of a table: its fields, and where it begins.
type tableRow struct {
	fields []string
	raw    []byte
	line   int64
	offset int64
	err    error // the reason for a reject
}

// rows makes records of the rows of a table, whose columns have types.
type rows struct {
	file    string
	opts    *Options
	notes   *notes
	more    func() (tableRow, error) // the next row of the file
	columns []column
	ready   []tableRow // read to infer types, not yet returned
	ended   error      // what followed ready
}

// sample reads the first rows and infers the columns' types from them.
func (t *rows) sample() {
	for size := 0; len(t.ready) < sampleRows && size < sampleBytes; {
		rec, err := t.more()
		if err != nil {
			t.ended = err
			break
		}
		rec.raw = clone(rec.raw)
		size += len(rec.raw)
		t.ready = append(t.ready, rec)
	}
	infer(t.columns, t.ready, t.opts, t.notes)
}

func (t *rows) next() (Record, error) {
	raw, err := t.row()
	if err != nil {
		return Record{}, err
	}
	rec, err := t.parse(raw)
	if err != nil {
		kept, short := cut(raw.raw, t.opts.MaxRaw)
		return Record{}, &Reject{
			File: t.file, Line: raw.line, Offset: raw.offset,
			Reason: err.Error(), Raw: kept, Cut: short,
		}
	}
	rec.File, rec.Line, rec.Offset = t.file, raw.line, raw.offset
	return rec, nil
}

// row returns the next row, first from those already read.
func (t *rows) row() (tableRow, error) {
	if len(t.ready) > 0 {
		rec := t.ready[0]
		t.ready[0] = tableRow{}
		t.ready = t.ready[1:]
		return rec, nil
	}
	if t.ended != nil {
		return tableRow{}, t.ended
	}
	return t.more()
}

func (t *rows) parse(raw tableRow) (Record, error) {
	if raw.err != nil {
		return Record{}, raw.err
	}
	if len(raw.fields) != len(t.columns) {
		return Record{}, fmt.Errorf("%d fields, but the header has %d", len(raw.fields), len(t.columns))
	}
	var rec Record
	meta := metadata{notes: t.notes, line: raw.line, opts: t.opts}
	for i := range t.columns {
		if err := t.columns[i].put(&rec, &meta, raw.fields[i]); err != nil {
			return Record{}, err
		}
	}
	rec.Metadata = meta.fields
	return rec, rec.check(t.opts)
}
