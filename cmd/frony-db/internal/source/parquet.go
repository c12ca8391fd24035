package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
)

// parquetBatch is how many rows are read at once.
const parquetBatch = 64

// table reads a Parquet file, row group after row group. It needs random access, so
// it can't read standard input or a compressed file.
//
// The library panics on some damaged files. Panics are recovered here and become
// ErrCorrupt.
type table struct {
	file    string
	opts    *Options
	notes   *notes
	columns []parquetColumn // by the index of the leaf

	f       *parquet.File
	group   int // next row group
	within  bool
	left    int64                     // rows left in this group
	rows    parquet.RowReadSeekCloser // of the columns that are read, except vectors; nil if there are none
	vectors []*vectorColumn
	batch   []parquet.Row
	ready   []parquet.Row // of batch, not yet returned
	row     int64

	total int64 // rows in the file
	size  int64 // bytes of the file
	read  *atomic.Int64
	told  int64 // bytes counted in read
}

func newParquet(file string, raw io.Reader, opts *Options, read *atomic.Int64, notes *notes) (recordReader, error) {
	at, size, err := randomAccess(raw, "Parquet")
	if err != nil {
		return nil, err
	}
	if err := checkParquet(at, size); err != nil {
		return nil, err
	}
	t := &table{file: file, opts: opts, notes: notes, size: size, read: read}
	err = guard(func() (err error) {
		if t.f, err = parquet.OpenFile(at, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		t.total = t.f.NumRows()
		t.columns, err = parquetColumns(t.f.Root(), halves(t.f.Metadata().Schema), opts)
		return err
	})
	t.batch = make([]parquet.Row, parquetBatch)
	return t, err
}

// checkParquet checks both ends of a file, so that other files get a clear message,
// and a footer longer than the file is not allocated.
func checkParquet(at io.ReaderAt, size int64) error {
	const magic = "PAR1"
	var head, tail [8]byte
	if size < 12 {
		return fmt.Errorf("%w: %d bytes are too few for a Parquet file", ErrFormat, size)
	}
	if _, err := at.ReadAt(head[:], 0); err != nil {
		return err
	}
	if _, err := at.ReadAt(tail[:], size-8); err != nil {
		return err
	}
	switch {
	case string(head[:4]) != magic && head[0] == magicGzip[0] && head[1] == magicGzip[1]:
		return fmt.Errorf("%w: a Parquet file inside gzip; unpack it first (Parquet compresses its columns itself)", ErrFormat)
	case string(head[:4]) != magic:
		return fmt.Errorf("%w: not a Parquet file: it does not begin with %s", ErrFormat, magic)
	case string(tail[4:]) != magic:
		return fmt.Errorf("%w: the Parquet file has no end; copy or write it again", ErrTruncated)
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:4])); n > size-12 {
		return fmt.Errorf("%w: the Parquet footer claims %d of %d bytes", ErrCorrupt, n, size)
	}
	return nil
}

// guard turns panics of the library into ErrCorrupt.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, r)
		}
	}()
	return f()
}

func (t *table) place() (int64, int64) { return t.row, 0 }

func (t *table) close() {
	// Only read from; a damaged file may panic here too.
	if t.rows != nil {
		_ = guard(t.rows.Close)
		t.rows = nil
	}
	for _, v := range t.vectors {
		_ = guard(v.close)
	}
	t.vectors, t.within = nil, false
}

func (t *table) next() (rec Record, err error) {
	if len(t.ready) == 0 {
		if err := guard(t.fill); err != nil {
			return Record{}, err
		}
	}
	row := t.ready[0]
	t.ready = t.ready[1:]
	t.row++
	var reason error
	if err := guard(func() (err error) { rec, reason, err = t.parse(row); return err }); err != nil {
		return Record{}, err
	}
	if reason != nil {
		return Record{}, &Reject{File: t.file, Line: t.row, Reason: reason.Error()}
	}
	rec.File, rec.Line = t.file, t.row
	return rec, nil
}

// fill reads the next rows.
func (t *table) fill() error {
	for {
		if !t.within {
			if t.group == len(t.f.RowGroups()) {
				t.tell(t.size)
				return io.EOF
			}
			t.begin(t.f.RowGroups()[t.group])
		}
		n, err := int(min(t.left, parquetBatch)), error(nil)
		if t.rows != nil {
			n, err = t.rows.ReadRows(t.batch)
		} else if n == 0 {
			err = io.EOF
		}
		t.left -= int64(n)
		if n > 0 {
			t.ready = t.batch[:n]
			if t.total > 0 {
				t.tell(int64(float64(t.size) * min(1, float64(t.row)/float64(t.total))))
			}
			return nil
		}
		switch {
		case errors.Is(err, io.EOF):
			t.close()
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		default:
			return fmt.Errorf("%w: a row group without rows", ErrCorrupt)
		}
	}
}

// begin starts a row group. Columns that were not requested are not read.
func (t *table) begin(g parquet.RowGroup) {
	t.group++
	t.within, t.left = true, g.NumRows()
	var rest []parquet.ColumnChunk
	for i, chunk := range g.ColumnChunks() {
		switch c := &t.columns[i]; c.role {
		case roleIgnored:
		case roleEmbedding:
			t.vectors = append(t.vectors, newVectorColumn(c, chunk, t.opts.MaxRecord))
		default:
			rest = append(rest, chunk)
		}
	}
	if rest != nil {
		t.rows = parquet.NewColumnChunkRowReader(rest)
	}
}

// tell counts bytes as read, in proportion to the rows.
func (t *table) tell(bytes int64) {
	if bytes > t.told {
		t.read.Add(bytes - t.told)
		t.told = bytes
	}
}

// parse converts a row to a record, or returns the reason for a reject.
func (t *table) parse(row parquet.Row) (rec Record, reason, err error) {
	for _, v := range t.vectors {
		vec, bad, err := v.next()
		switch {
		case err != nil:
			return rec, nil, fmt.Errorf("%w: column %q: %w", ErrCorrupt, v.name, err)
		case bad == nil && vec != nil && rec.Embedding != nil:
			bad = fmt.Errorf("column %q: the record has an embedding already", v.name)
		}
		if reason == nil {
			reason = bad
		}
		if vec != nil {
			rec.Embedding = vec
		}
	}
	if reason == nil {
		reason = t.fields(&rec, row)
	}
	return rec, reason, nil
}

// fields stores a row's values in the record.
func (t *table) fields(rec *Record, row parquet.Row) error {
	meta := metadata{notes: t.notes, line: t.row, opts: t.opts}
	size := 0
	for _, v := range row {
		if k := v.Kind(); !v.IsNull() && (k == parquet.ByteArray || k == parquet.FixedLenByteArray) {
			size += len(v.ByteArray())
		}
	}
	if size > t.opts.MaxRecord {
		return tooLong(int64(size), t.opts.MaxRecord)
	}
	for len(row) > 0 {
		i, n := row[0].Column(), 1
		for n < len(row) && row[n].Column() == i {
			n++
		}
		if i < 0 || i >= len(t.columns) {
			return fmt.Errorf("%w: a value of column %d, where there are %d", ErrCorrupt, i, len(t.columns))
		}
		if err := t.columns[i].put(rec, &meta, row[:n:n]); err != nil {
			return err
		}
		row = row[n:]
	}
	rec.Metadata = meta.fields
	return rec.check(t.opts)
}
