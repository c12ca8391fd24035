package sink

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// jsonl writes one object per line.
type jsonl struct {
	w    *bufio.Writer
	opts Options
	buf  []byte
}

func (j *jsonl) Write(rec source.Record) error {
	rec, err := normal(rec, &j.opts)
	if err != nil {
		return err
	}
	j.buf = appendRecord(j.buf[:0], rec)
	_, err = j.w.Write(append(j.buf, '\n'))
	return err
}

func (j *jsonl) Close() error { return j.w.Flush() }

func appendRecord(b []byte, rec source.Record) []byte {
	b = append(b, '{')
	field := func(name string) {
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
	}
	for _, f := range []struct{ name, text string }{{"id", rec.ID}, {"text", rec.Text}, {"title", rec.Title}, {source.FieldSource, rec.Source}} {
		if f.text != "" {
			field(f.name)
			b = appendString(b, f.text)
		}
	}
	if rec.Chunk != 0 {
		field(source.FieldChunk)
		b = strconv.AppendInt(b, int64(rec.Chunk), 10)
	}
	if !rec.Expires.IsZero() {
		field(source.FieldExpires)
		b = appendString(b, expiresText(rec.Expires))
	}
	if rec.Embedding != nil {
		field("embedding")
		b = appendEmbedding(b, rec.Embedding)
	}
	if len(rec.Metadata) > 0 {
		field("metadata")
		b = appendMetadata(b, rec.Metadata)
	}
	return append(b, '}')
}

// appendMetadata appends an object with sorted fields.
func appendMetadata(b []byte, meta map[string]any) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(meta)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendValue(b, meta[name])
	}
	return append(b, '}')
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v)
	case []string:
		return appendList(b, v, appendString)
	case []int64:
		return appendList(b, v, func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) })
	case []float64:
		return appendList(b, v, appendFloat)
	}
	panic(fmt.Sprintf("sink: metadata of type %T: normal lets none through", v))
}

func appendList[T any](b []byte, list []T, element func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, x := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, x)
	}
	return append(b, ']')
}

// appendFloat appends the shortest form that reads back the same, with a decimal point
// or an exponent, so that it is not an integer.
func appendFloat(b []byte, f float64) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	if !bytes.ContainsAny(b[start:], ".e") {
		b = append(b, ".0"...)
	}
	return b
}

func appendEmbedding(b []byte, v []float32) []byte {
	b = append(b, '[')
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
	}
	return append(b, ']')
}

func appendString(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil {
		panic(fmt.Sprintf("sink: %v: normal lets no invalid text through", err))
	}
	return b
}
