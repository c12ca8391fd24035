package quant

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// Codes is a table of codes by row id. Readers take no lock and are never made
// to wait; writers wait for each other.
//
// The rows lie in chunks of at most 1 MiB, so that the table can grow without
// moving: readers see an immutable list of chunks, and growing publishes a longer
// list. Chunks hold no pointers, so the garbage collector doesn't look into them.
//
// Codes has the methods that a graph asks of the space it searches in
// (hnsw.Space).
type Codes struct {
	dims, stride int
	shift        uint // log2 of the rows of a chunk

	table atomic.Pointer[kernel.Table] // never modified once stored
	count atomic.Uint32                // highest row ever set, plus one

	mu    sync.Mutex // guards writing: the rows, the list of chunks and owned
	owned []bool     // by chunk: false while it is part of a mapping, read only
}

// CodesOptions are the options of [NewCodes]. The zero value is the default.
type CodesOptions struct {
	// Rows is how many rows to make room for at once. It is only a hint that
	// saves growing.
	Rows int
}

// sectionBytes bounds a chunk, and with it the section of a file that one
// checksum covers.
const sectionBytes = 1 << 20

// firstRows is the room that a table starts with: a small collection shall not
// pay for a whole chunk.
const firstRows = 64

// NewCodes returns an empty table for the codes of vectors of dims dimensions.
// nil options mean the defaults. It returns [ErrDims] when dims is not in
// 1…[MaxDims].
func NewCodes(dims int, opts *CodesOptions) (*Codes, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("%w: %d, want 1 to %d", ErrDims, dims, MaxDims)
	}
	c := &Codes{dims: dims, stride: codeSize(dims)}
	c.shift = uint(bits.Len(uint(sectionBytes/c.stride)) - 1)
	c.table.Store(&kernel.Table{Shift: c.shift, Stride: c.stride})
	if opts != nil && opts.Rows > 0 {
		c.mu.Lock()
		c.grow(uint32(min(uint64(opts.Rows), maxRows) - 1))
		c.mu.Unlock()
	}
	return c, nil
}

// maxRows is the number of rows at most: row ids are below 2^32 − 1, which graphs
// use for "none".
const maxRows = 1<<32 - 1

// Dims returns the number of dimensions.
func (c *Codes) Dims() int { return c.dims }

// CodeSize returns the bytes of a code.
func (c *Codes) CodeSize() int { return c.stride }

// Len returns the number of rows: the highest id that was set, plus one.
func (c *Codes) Len() int { return int(c.count.Load()) }

// Bytes returns the memory that the table takes, mapped memory included.
func (c *Codes) Bytes() int64 {
	t := c.table.Load()
	n := int64(cap(t.Chunks)) * 24
	for _, chunk := range t.Chunks {
		n += int64(len(chunk))
	}
	return n
}

// Set writes the code of row id, growing the table as needed: rows between the
// last one and id come into being as zeros, so ids should be given out densely.
// code is copied.
//
// Set may be called by any number of goroutines, beside readers of other rows. A
// row must be set before its id is published to readers, through anything that
// synchronises (an atomic link, a channel, a lock), and may be set again only
// when no reader can reach it. It panics when code has not CodeSize bytes.
func (c *Codes) Set(id uint32, code []byte) {
	if len(code) != c.stride {
		panic(fmt.Sprintf("quant: code of %d bytes in a table of codes of %d", len(code), c.stride))
	}
	if id == maxRows {
		panic("quant: row id 2^32-1 stands for none")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.table.Load()
	if id >= t.Rows {
		t = c.grow(id)
	}
	if !c.owned[id>>c.shift] {
		t = c.own(int(id >> c.shift))
	}
	copy(t.Row(id), code)
	if id >= c.count.Load() {
		c.count.Store(id + 1)
	}
}

// grow publishes a table with room for row id. The caller holds mu.
func (c *Codes) grow(id uint32) *kernel.Table {
	old := c.table.Load()
	t := *old
	t.Chunks = append(make([][]byte, 0, int(id>>c.shift)+1), old.Chunks...)
	full := 1 << c.shift
	// The last chunk may have less room than a full one: replace it by a copy.
	if n := len(t.Chunks); n > 0 && len(t.Chunks[n-1]) < full*c.stride {
		rows := full
		if int(id>>c.shift) == n-1 {
			rows = min(full, max(int(id)&(full-1)+1, 2*len(t.Chunks[n-1])/c.stride))
		}
		c.replace(&t, n-1, rows)
	}
	for len(t.Chunks) <= int(id>>c.shift) {
		rows := full
		if len(t.Chunks) == 0 && int(id>>c.shift) == 0 {
			rows = min(full, max(firstRows, int(id)+1))
		}
		t.Chunks = append(t.Chunks, make([]byte, rows*c.stride))
		c.owned = append(c.owned, true)
	}
	last := len(t.Chunks) - 1
	t.Rows = uint32(min(uint64(last)<<c.shift+uint64(len(t.Chunks[last])/c.stride), maxRows))
	c.table.Store(&t)
	return &t
}

// own publishes a table in which chunk i may be written. The caller holds mu.
func (c *Codes) own(i int) *kernel.Table {
	t := *c.table.Load()
	t.Chunks = append([][]byte(nil), t.Chunks...)
	c.replace(&t, i, len(t.Chunks[i])/c.stride)
	c.table.Store(&t)
	return &t
}

// replace puts a copy of chunk i with room for rows rows in its place. The list
// of chunks must not be published yet.
func (c *Codes) replace(t *kernel.Table, i, rows int) {
	chunk := make([]byte, rows*c.stride)
	copy(chunk, t.Chunks[i])
	t.Chunks[i] = chunk
	c.owned[i] = true
}

// Code returns the code of row id. The bytes belong to the table and must not be
// modified; they stay as they are until the row is set again. Code panics when
// the table has no such row.
func (c *Codes) Code(id uint32) []byte { return c.table.Load().Row(id) }

// Distances writes to out[i] the distance key between the code q and row ids[i]:
// [KeyOne] × (1 − cosine of the two codes). It panics when q has not CodeSize
// bytes, when out is shorter than ids, or when the table has no such row. It
// allocates nothing, and may be called by any number of goroutines.
func (c *Codes) Distances(q []byte, ids, out []uint32) {
	if len(q) != c.stride {
		panic(fmt.Sprintf("quant: code of %d bytes against a table of codes of %d", len(q), c.stride))
	}
	if len(out) < len(ids) {
		panic(fmt.Sprintf("quant: %d results for %d ids", len(out), len(ids)))
	}
	kernel.Best.Distances(q, c.table.Load(), ids, out)
}

// Prefetch asks the memory for the codes of the rows, for a call of Distances
// that follows soon. It is a hint: it never fails, and Distances fetches ahead by
// itself.
func (c *Codes) Prefetch(ids []uint32) { kernel.Best.Prefetch(c.table.Load(), ids) }
