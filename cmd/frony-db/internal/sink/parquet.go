package sink

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// rowGroup is the number of rows that are buffered before they are written. With
// embeddings of 384 dims that is about 15 MB plus the text.
const rowGroup = 10_000

// parquetRows writes rows as values with definition levels (Dremel). In an optional
// column 0 is null and 1 is a value; in an optional list 0 is null, 1 is empty and 2 is
// an element.
type parquetRows struct {
	w       *parquet.GenericWriter[any]
	columns []column
	leaf    map[string]int // a column's index by its name
	row     parquet.Row
}

func parquetTable(w io.Writer, opts Options) func([]column) (rows, error) {
	return func(columns []column) (rows, error) {
		text := func() parquet.Node { return parquet.Optional(parquet.String()) }
		group := parquet.Group{
			"id": text(), "text": text(), "title": text(), "metadata": parquet.Optional(parquet.JSON()),
			source.FieldSource: text(), source.FieldChunk: parquet.Optional(parquet.Int(64)),
			source.FieldExpires: parquet.Optional(parquet.Timestamp(parquet.Microsecond)),
		}
		if opts.Embeddings {
			group["embedding"] = parquet.Optional(parquet.List(parquet.Leaf(parquet.FloatType)))
		}
		for _, c := range columns {
			group[c.name] = parquet.Optional(node(c.kind))
		}
		schema := parquet.NewSchema("frony-db", group)
		p := &parquetRows{columns: columns, leaf: map[string]int{}}
		for i, path := range schema.Columns() {
			p.leaf[path[0]] = i
		}
		p.row = make(parquet.Row, 0, len(p.leaf))
		p.w = parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup))
		return p, nil
	}
}

func node(kind source.Type) parquet.Node {
	switch kind {
	default: // String; JSON has no column
		return parquet.String()
	case source.Bool:
		return parquet.Leaf(parquet.BooleanType)
	case source.Int:
		return parquet.Int(64)
	case source.Float:
		return parquet.Leaf(parquet.DoubleType)
	case source.List:
		return parquet.List(parquet.String())
	}
}

func (p *parquetRows) write(r row) error {
	fields := make([][]parquet.Value, len(p.leaf))
	text := func(name, s string) {
		if s != "" {
			fields[p.leaf[name]] = []parquet.Value{parquet.ByteArrayValue([]byte(s)).Level(0, 1, p.leaf[name])}
		}
	}
	text("id", r.rec.ID)
	text("text", r.rec.Text)
	text("title", r.rec.Title)
	text(source.FieldSource, r.rec.Source)
	if len(r.rest) > 0 {
		text("metadata", string(appendMetadata(nil, r.rest)))
	}
	if i := p.leaf[source.FieldChunk]; r.rec.Chunk != 0 {
		fields[i] = []parquet.Value{parquet.Int64Value(int64(r.rec.Chunk)).Level(0, 1, i)}
	}
	if i := p.leaf[source.FieldExpires]; !r.rec.Expires.IsZero() {
		fields[i] = []parquet.Value{parquet.Int64Value(r.rec.Expires.UnixMicro()).Level(0, 1, i)}
	}
	if i, ok := p.leaf["embedding"]; ok && r.rec.Embedding != nil {
		fields[i] = list(i, r.rec.Embedding, parquet.FloatValue)
	}
	for c, v := range r.values {
		if v != nil {
			i := p.leaf[p.columns[c].name]
			fields[i] = values(i, v)
		}
	}
	p.row = p.row[:0]
	for i, f := range fields {
		if f == nil {
			f = []parquet.Value{parquet.NullValue().Level(0, 0, i)}
		}
		p.row = append(p.row, f...)
	}
	_, err := p.w.WriteRows([]parquet.Row{p.row})
	return err
}

// values returns a value of metadata in column i.
func values(i int, v any) []parquet.Value {
	var out parquet.Value
	switch v := v.(type) {
	case bool:
		out = parquet.BooleanValue(v)
	case int64:
		out = parquet.Int64Value(v)
	case float64:
		out = parquet.DoubleValue(v)
	case []string:
		return list(i, v, func(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) })
	case string:
		out = parquet.ByteArrayValue([]byte(v))
	}
	return []parquet.Value{out.Level(0, 1, i)}
}

// list returns a list in column i.
func list[T any](i int, elements []T, value func(T) parquet.Value) []parquet.Value {
	if len(elements) == 0 {
		return []parquet.Value{parquet.NullValue().Level(0, 1, i)}
	}
	out := make([]parquet.Value, len(elements))
	for n, e := range elements {
		out[n] = value(e).Level(min(n, 1), 2, i)
	}
	return out
}

func (p *parquetRows) close() error { return p.w.Close() }
