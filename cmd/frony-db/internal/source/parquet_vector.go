package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
)

// vectorColumn reads a column of embeddings page by page, bypassing the library's rows.
// Their values take 24 bytes and a type check each, which for embeddings would be most
// of the work of an import.
type vectorColumn struct {
	name    string
	element int // as in parquetColumn
	limit   int // bytes of an embedding
	pages   parquet.Pages
	float32 func(parquet.Value) float32

	// The page being read: the levels of each value, and the values that are not null.
	// Values before at, and data before used, have been read.
	page     parquet.Page
	repeat   []byte // 0 begins a row
	define   []byte
	data     []float32
	at, used int
	most     byte // the level of a value that is not null
	values   []parquet.Value
}

func newVectorColumn(c *parquetColumn, chunk parquet.ColumnChunk, limit int) *vectorColumn {
	return &vectorColumn{name: c.name, element: c.element, most: byte(c.most), limit: limit, pages: chunk.Pages(), float32: c.float32}
}

// next returns the embedding of the next row, nil if it has none, or the reason for a
// reject.
func (v *vectorColumn) next() (out []float32, reason, err error) {
	for n := 0; ; {
		if v.at == len(v.repeat) {
			if err := v.turn(); errors.Is(err, io.EOF) && n > 0 {
				return out, reason, nil
			} else if err != nil {
				return nil, nil, err
			}
			continue
		}
		if n > 0 && v.repeat[v.at] == 0 {
			return out, reason, nil
		}
		end := len(v.repeat) // of the row's part on this page
		if k := bytes.IndexByte(v.repeat[v.at+1:], 0); k >= 0 {
			end = v.at + 1 + k
		}
		levels := v.define[v.at:end]
		v.at = end
		if n == 0 && len(levels) == 1 && int(levels[0]) < v.element {
			n++ // no list, or an empty one
			continue
		}
		if k := bytes.Count(levels, []byte{v.most}); k < len(levels) {
			if reason == nil {
				reason = fmt.Errorf("column %q: element %d is null", v.name, n+firstOther(levels, v.most))
			}
			v.used += k
			n += len(levels)
			continue
		}
		part := v.data[v.used : v.used+len(levels)]
		v.used += len(levels)
		if k := notFinite(part); k >= 0 && reason == nil {
			reason = fmt.Errorf("column %q: element %d: %v is not a finite 32-bit float", v.name, n+k, part[k])
		}
		if size := 4 * (n + len(part)); size > v.limit {
			reason = tooLong(int64(size), v.limit)
		}
		if reason != nil {
			n, out = n+len(part), nil
			continue
		}
		if out == nil {
			out = make([]float32, 0, len(part))
		}
		out = append(out, part...)
		n += len(levels)
	}
}

// turn reads the next page.
func (v *vectorColumn) turn() (err error) {
	v.release()
	if v.page, err = v.pages.ReadPage(); err != nil {
		return err
	}
	v.at, v.used = 0, 0
	v.repeat, v.define = v.page.RepetitionLevels(), v.page.DefinitionLevels()
	if len(v.repeat) != len(v.define) {
		return fmt.Errorf("%w: a page of column %q with %d and %d levels", ErrCorrupt, v.name, len(v.repeat), len(v.define))
	}
	if v.page.Dictionary() == nil && v.page.Type().Kind() == parquet.Float {
		data := v.page.Data()
		v.data = data.Float()
		return nil
	}
	if cap(v.values) < len(v.define) {
		v.values = make([]parquet.Value, len(v.define))
	}
	v.data = v.data[:0]
	r := v.page.Values()
	for {
		n, err := r.ReadValues(v.values[:cap(v.values)])
		for _, x := range v.values[:n] {
			if !x.IsNull() {
				v.data = append(v.data, v.float32(x))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (v *vectorColumn) release() {
	if v.page != nil {
		parquet.Release(v.page)
		v.page, v.repeat, v.define, v.data = nil, nil, nil, nil
	}
}

func (v *vectorColumn) close() error {
	v.release()
	return v.pages.Close()
}

// notFinite returns the index of the first number that is NaN or infinite, or −1.
func notFinite(v []float32) int {
	for i, x := range v {
		if math.Float32bits(x)&0x7f800000 == 0x7f800000 {
			return i
		}
	}
	return -1
}

// firstOther returns the index of the first byte that is not c.
func firstOther(b []byte, c byte) int {
	for i := range b {
		if b[i] != c {
			return i
		}
	}
	return len(b)
}
