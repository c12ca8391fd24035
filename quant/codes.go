package quant

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// Codes is a table of codes by row id: of those that [Quantizer] makes, or of full
// ones, which [FullQuantizer] makes. Readers take no locks and never wait; writers
// wait for each other.
//
// The rows are stored in chunks of at most 1 MiB, so that the table grows without
// moving them: readers see an immutable list of chunks, and growing publishes a
// longer list. Chunks hold no pointers, so the garbage collector does not scan
// them.
//
// Codes implements hnsw.Space.
type Codes struct {
	dims, stride int
	full         bool // nibbles, see FullQuantizer
	shift        uint // log2 of the rows of a chunk

	table atomic.Pointer[kernel.Table] // never modified once stored
	count atomic.Uint32                // highest row ever set, plus one

	mu sync.Mutex // guards writing: the rows and the list of chunks
}

// firstRows is the initial capacity of a table: a small collection should not pay
// for a whole chunk.
const firstRows = 64

// NewCodes returns an empty table for the codes of vectors of dims dimensions. It
// returns [ErrDims] if dims is not in 1…[MaxDims].
func NewCodes(dims int) (*Codes, error) { return newTable(dims, false) }

// NewFullCodes returns an empty table for the full codes of vectors of dims
// dimensions. It returns [ErrDims] if dims is not in 1…[MaxDims].
func NewFullCodes(dims int) (*Codes, error) { return newTable(dims, true) }

// rowSize returns the size of a code in bytes.
func rowSize(dims int, full bool) int {
	if full {
		return fullSize(dims)
	}
	return codeSize(dims)
}

func newTable(dims int, full bool) (*Codes, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("%w: %d, want 1 to %d", ErrDims, dims, MaxDims)
	}
	c := &Codes{dims: dims, stride: rowSize(dims, full), full: full}
	c.shift = sectionShift(c.stride)
	c.table.Store(&kernel.Table{Shift: c.shift, Stride: c.stride})
	return c, nil
}

// maxRows is the largest number of rows: row ids are below 2^32 − 1, which means
// "none".
const maxRows = 1<<32 - 1

// Dims returns the number of dimensions.
func (c *Codes) Dims() int { return c.dims }

// CodeSize returns the size of a code in bytes.
func (c *Codes) CodeSize() int { return c.stride }

// Len returns the number of rows: the highest id that was ever set, plus one.
func (c *Codes) Len() int { return int(c.count.Load()) }

// Bytes returns the memory used by the table.
func (c *Codes) Bytes() int64 {
	t := c.table.Load()
	n := int64(cap(t.Chunks)) * 24
	for _, chunk := range t.Chunks {
		n += int64(len(chunk))
	}
	return n
}

// Set copies code to row id, growing the table as needed. New rows below id are
// zeros, so keep ids dense.
//
// Set may be called concurrently, also with readers of other rows. Set a row
// before its id is published to readers through something that synchronises (an
// atomic link, a channel, a lock), and set it again only when no reader can reach
// it. Set panics if code does not have CodeSize bytes.
func (c *Codes) Set(id uint32, code []byte) {
	if len(code) != c.stride {
		panic(fmt.Sprintf("quant: code of %d bytes in a table of codes of %d", len(code), c.stride))
	}
	if id == maxRows {
		panic("quant: row id 2^32-1 is reserved")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.table.Load()
	if id >= t.Rows {
		t = c.grow(id)
	}
	copy(t.Row(id), code)
	if id >= c.count.Load() {
		c.count.Store(id + 1)
	}
}

// grow publishes a table that has row id. The caller holds mu.
func (c *Codes) grow(id uint32) *kernel.Table {
	old := c.table.Load()
	t := *old
	t.Chunks = append(make([][]byte, 0, int(id>>c.shift)+1), old.Chunks...)
	full := 1 << c.shift
	// The last chunk may be smaller than a full one: replace it by a larger copy.
	if n := len(t.Chunks); n > 0 && len(t.Chunks[n-1]) < full*c.stride {
		rows := full
		if int(id>>c.shift) == n-1 {
			rows = min(full, max(int(id)&(full-1)+1, 2*len(t.Chunks[n-1])/c.stride))
		}
		chunk := make([]byte, rows*c.stride)
		copy(chunk, t.Chunks[n-1])
		t.Chunks[n-1] = chunk
	}
	for len(t.Chunks) <= int(id>>c.shift) {
		rows := full
		if len(t.Chunks) == 0 && int(id>>c.shift) == 0 {
			rows = min(full, max(firstRows, int(id)+1))
		}
		t.Chunks = append(t.Chunks, make([]byte, rows*c.stride))
	}
	last := len(t.Chunks) - 1
	t.Rows = uint32(min(uint64(last)<<c.shift+uint64(len(t.Chunks[last])/c.stride), maxRows))
	c.table.Store(&t)
	return &t
}

// Code returns the code of row id. The bytes belong to the table, must not be
// modified, and are valid until the row is set again. Code panics if the table
// has no such row.
func (c *Codes) Code(id uint32) []byte { return c.table.Load().Row(id) }

// Distances sets out[i] to the distance key between the code q and row ids[i]:
// [KeyOne] × (1 − cosine of the two codes). In a table of full codes, q is a row's
// code or one that [FullQuantizer.EncodeQuery] made. Distances panics if q is of
// another size, if out is shorter than ids, or if the table has no such row. It
// allocates nothing and may be called concurrently.
func (c *Codes) Distances(q []byte, ids, out []uint32) {
	if c.full {
		c.distancesFull(q, ids, out)
		return
	}
	if len(q) != c.stride {
		panic(fmt.Sprintf("quant: code of %d bytes against a table of codes of %d", len(q), c.stride))
	}
	if len(out) < len(ids) {
		panic(fmt.Sprintf("quant: %d results for %d ids", len(out), len(ids)))
	}
	kernel.Best.Distances(q, c.table.Load(), ids, out)
}

// Equal reports whether the codes of a and b are the same. Both must have been
// set.
func (c *Codes) Equal(a, b uint32) bool {
	t := c.table.Load()
	return bytes.Equal(t.Row(a), t.Row(b))
}

// Prefetch loads the codes of the rows into the cache, for a call of Distances
// that follows soon. It is only a hint. Distances prefetches on its own, too.
func (c *Codes) Prefetch(ids []uint32) { kernel.Best.Prefetch(c.table.Load(), ids) }
