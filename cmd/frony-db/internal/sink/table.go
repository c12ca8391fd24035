package sink

import (
	"slices"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// maxColumns is the largest number of fields that get columns of their own.
const maxColumns = 256

// column is a field of metadata that has a column.
type column struct {
	name string
	kind source.Type
}

// row is a record laid out for a table: the values of its columns, nil if missing, and
// the values without a column.
type row struct {
	rec    source.Record
	values []any
	rest   map[string]any
}

// rows writes the rows of a table.
type rows interface {
	write(row) error
	close() error
}

// table buffers the first records until the columns are chosen.
type table struct {
	opts    Options
	start   func([]column) (rows, error)
	held    []source.Record
	columns []column
	rows    rows
}

func (t *table) Write(rec source.Record) error {
	rec, err := normal(rec, &t.opts)
	if err != nil {
		return err
	}
	if t.rows != nil {
		return t.rows.write(t.layOut(rec))
	}
	rec.Embedding = slices.Clone(rec.Embedding)
	t.held = append(t.held, rec)
	if len(t.held) < t.opts.Sample {
		return nil
	}
	return t.begin()
}

func (t *table) Close() error {
	if t.rows == nil {
		if err := t.begin(); err != nil {
			return err
		}
	}
	return t.rows.close()
}

// begin chooses the columns and writes the buffered records.
func (t *table) begin() (err error) {
	t.columns = choose(t.held)
	if t.rows, err = t.start(t.columns); err != nil {
		return err
	}
	for _, rec := range t.held {
		if err := t.rows.write(t.layOut(rec)); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

// choose returns a column for each field that has the same type in all records. If
// there are too many, the most frequent ones win.
func choose(records []source.Record) []column {
	kinds := map[string]source.Type{}
	count := map[string]int{}
	for _, rec := range records {
		for name, v := range rec.Metadata {
			kind := kindOf(v)
			if known, ok := kinds[name]; ok && known != kind {
				kind = source.JSON // several types: no column
			}
			kinds[name] = kind
			count[name]++
		}
	}
	var out []column
	for name, kind := range kinds {
		if kind != source.JSON && plainName(name) {
			out = append(out, column{name, kind})
		}
	}
	slices.SortFunc(out, func(a, b column) int {
		if d := count[b.name] - count[a.name]; d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	out = out[:min(len(out), maxColumns)]
	slices.SortFunc(out, func(a, b column) int { return strings.Compare(a.name, b.name) })
	return out
}

// plainName reports whether a column of that name would be read back as it is.
func plainName(name string) bool {
	return !source.Reserved(name) && strings.TrimSpace(name) == name && !strings.ContainsAny(name, ":\r\n")
}

func kindOf(v any) source.Type {
	switch v.(type) {
	case bool:
		return source.Bool
	case int64:
		return source.Int
	case float64:
		return source.Float
	case []string:
		return source.List
	case []int64, []float64: // a column would hold elements of one type
		return source.JSON
	}
	return source.String
}

// layOut puts the metadata of a record into columns.
func (t *table) layOut(rec source.Record) row {
	r := row{rec: rec, values: make([]any, len(t.columns))}
	taken := 0
	for i, c := range t.columns {
		if v, ok := rec.Metadata[c.name]; ok && kindOf(v) == c.kind {
			r.values[i] = v
			taken++
		}
	}
	if taken == len(rec.Metadata) {
		return r
	}
	r.rest = map[string]any{}
	for name, v := range rec.Metadata {
		i, ok := slices.BinarySearchFunc(t.columns, name, func(c column, name string) int { return strings.Compare(c.name, name) })
		if !ok || r.values[i] == nil {
			r.rest[name] = v
		}
	}
	return r
}
