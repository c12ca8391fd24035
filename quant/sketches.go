package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// SketchRows is the number of rows of a block of [Sketches].
const SketchRows = kernel.SketchRows

// Sketches is a table of sketches by row id: one or two bits for each dimension of
// the rotated vector, and eight bytes to correct with. A sketch is too coarse to
// order the best results, but the whole table is scanned in less than 2 ns a row,
// and the true best are among the first few hundred. See "Sketches" in the
// package's documentation for the bytes.
//
// What is sketched is the vector's difference from a center. Many models' vectors
// have much in common, which would take most of the bits; with their mean as the
// center, the bits say what is different.
//
// Readers take no locks and never wait; writers wait for each other.
type Sketches struct {
	dims, planes   int
	groups, stride int  // bytes of a row in a plane, of a block
	shift          uint // log2 of the blocks of a chunk
	rotation       *Rotation
	center         []float32 // as it was given, nil for the origin
	rotated        []float32 // the same, rotated
	square         float32   // of its length
	one            float64   // the correction that a word says as 65,535, the largest that there is

	chunks atomic.Pointer[[][]byte] // whole blocks; the list is never modified once stored
	count  atomic.Uint32            // highest row ever set, plus one

	mu sync.Mutex // guards writing: the rows and the list of chunks

	vectors sync.Pool // of *[]float32, to rotate in
}

// NewSketches returns an empty table of sketches of vectors of dims dimensions, with
// one or two bits for each. The center is the mean of vectors like those to come,
// each scaled to unit length, or nil for the origin. NewSketches returns [ErrDims] if
// dims is not in 1…[MaxDims], [ErrBits] for other bits, and [ErrCenter] if the
// center has not dims dimensions or is no mean of unit vectors.
func NewSketches(dims, bits int, center []float32) (*Sketches, error) {
	rotation, err := NewRotation(dims)
	if err != nil {
		return nil, err
	}
	if bits != 1 && bits != 2 {
		return nil, fmt.Errorf("%w: %d, want 1 or 2", ErrBits, bits)
	}
	s := &Sketches{dims: dims, planes: bits, groups: sketchGroups(dims), rotation: rotation, one: 1}
	if center != nil {
		if len(center) != dims {
			return nil, fmt.Errorf("%w: %d dimensions, want %d", ErrCenter, len(center), dims)
		}
		s.square = Dot(center, center)
		if !(s.square <= 1.001) {
			return nil, fmt.Errorf("%w: the square of its length is %g, want at most 1", ErrCenter, s.square)
		}
		s.center, s.rotated = slices.Clone(center), make([]float32, dims)
		rotation.Apply(s.rotated, center)
		s.one = 1 + math.Sqrt(float64(s.square))
	}
	s.stride = kernel.SketchStride(s.groups, bits)
	s.shift = sectionShift(s.stride)
	s.chunks.Store(new([][]byte))
	s.vectors.New = func() any { return new(make([]float32, dims)) }
	return s, nil
}

// sketchGroups returns the bytes of a row in a plane. The kernels take two at once.
func sketchGroups(dims int) int { return (dims + 15) / 16 * 2 }

// Dims returns the number of dimensions of the vectors.
func (s *Sketches) Dims() int { return s.dims }

// Bits returns the number of bits for each dimension.
func (s *Sketches) Bits() int { return s.planes }

// Center returns the center, nil for the origin. It must not be modified.
func (s *Sketches) Center() []float32 { return s.center }

// CodeSize returns the size of a sketch in bytes, with its corrections.
func (s *Sketches) CodeSize() int { return s.groups*s.planes + 8 }

// Len returns the number of rows: the highest id that was ever set, plus one.
func (s *Sketches) Len() int { return int(s.count.Load()) }

// Blocks returns the number of blocks: a block has [SketchRows] rows, the last one
// may have fewer.
func (s *Sketches) Blocks() int { return (s.Len() + SketchRows - 1) / SketchRows }

// Bytes returns the memory used by the table.
func (s *Sketches) Bytes() int64 {
	chunks := *s.chunks.Load()
	n := int64(cap(chunks))*24 + int64(s.dims)*4*(rotationRounds+2)
	for _, chunk := range chunks {
		n += int64(len(chunk))
	}
	return n
}

// Set stores the sketch of v[:Dims] as row id: Encode, then SetCode.
func (s *Sketches) Set(id uint32, v []float32) {
	var buf [MaxDims/8*2 + 8]byte
	code := buf[:s.CodeSize()]
	s.Encode(code, v)
	s.SetCode(id, code)
}

// Encode writes the sketch of v[:Dims] to dst[:CodeSize]. It depends only on the
// direction of v. One without (see [Normalize]) counts as zeros, whose estimates are
// about 0. Encode takes no lock, and panics if v or dst is too short.
func (s *Sketches) Encode(dst []byte, v []float32) {
	dst = dst[:s.CodeSize()]
	clear(dst)
	x := s.vectors.Get().(*[]float32)
	defer s.vectors.Put(x)
	size, shift := s.residual(*x, v)
	square := float64(kernel.Best.DotF32(*x, *x))
	// The codes are c = 0…top, for 2c − top. With two bits, steps are one standard
	// deviation wide, which is the best for normally distributed numbers.
	var unused [MaxDims / 8]byte
	first, second, step := dst[:s.groups], unused[:], float32(math.Inf(1))
	if s.planes == 2 {
		second, step = dst[s.groups:], float32(math.Sqrt(square/float64(s.dims)))
	}
	along := kernel.Best.Signs(first, second, *x, step)
	sum := 0
	for p := range s.planes {
		sum *= 2
		for _, b := range dst[p*s.groups : (p+1)*s.groups] {
			sum += bits.OnesCount8(b)
		}
	}
	var correction float64 // |x|²/⟨x, s⟩, at most |x| and so at most one
	if along > 0 {
		correction = min(1, square/along/float64(size)/s.one) * (1<<16 - 1)
	}
	le := binary.LittleEndian
	le.PutUint32(dst[len(dst)-8:], uint32(sum)|uint32(correction+0.5)<<16)
	le.PutUint32(dst[len(dst)-4:], math.Float32bits(shift))
}

// residual writes the rotated difference of the direction of v from the center to x,
// times size. It returns size, and the product of the direction and the center.
func (s *Sketches) residual(x, v []float32) (size, shift float32) {
	length := s.rotation.direction(x, v)
	if length == 0 {
		clear(x)
		length = 1
	}
	if s.center == nil {
		return length, 0
	}
	shift = kernel.Best.DotF32(x, s.rotated) / length
	inverse := 1 / length
	for i, m := range s.rotated {
		x[i] = float32(x[i]*inverse) - m
	}
	return 1, shift
}

// SetCode stores what Encode made as row id, growing the table as needed. New rows
// below id have meaningless estimates until they are set.
//
// SetCode may be called concurrently, also with readers: a scan that meets a row
// while it is written has no meaningful estimate for that row, and the right ones
// for all others. So ignore a row until its id is published through something that
// synchronises. SetCode panics if code does not have CodeSize bytes.
func (s *Sketches) SetCode(id uint32, code []byte) {
	if len(code) != s.CodeSize() {
		panic(fmt.Sprintf("quant: sketch of %d bytes in a table of sketches of %d", len(code), s.CodeSize()))
	}
	if id == maxRows {
		panic("quant: row id 2^32-1 is reserved")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	block := s.block(s.room(id), id/SketchRows)
	r := int(id % SketchRows)
	at, last := kernel.SketchPosition(r), len(code)-8
	for g, b := range code[:last] {
		block[g*SketchRows+at] = b
	}
	words := block[last*SketchRows:]
	copy(words[4*r:], code[last:last+4])
	copy(words[4*(SketchRows+r):], code[last+4:])
	if id >= s.count.Load() {
		s.count.Store(id + 1)
	}
}

// block returns a block of chunks.
func (s *Sketches) block(chunks [][]byte, i uint32) []byte {
	at := int(i&(1<<s.shift-1)) * s.stride
	return chunks[i>>s.shift][at : at+s.stride]
}

// room returns chunks that have row id; it publishes longer ones as needed. The
// caller holds mu.
func (s *Sketches) room(id uint32) [][]byte {
	old := *s.chunks.Load()
	full, block := 1<<s.shift, int(id/SketchRows)
	want := block>>s.shift + 1 // chunks
	if len(old) >= want && (block&(full-1)+1)*s.stride <= len(old[want-1]) {
		return old
	}
	chunks := append(make([][]byte, 0, want), old...)
	for i := max(0, len(old)-1); i < max(want, len(old)); i++ {
		blocks := full
		if i == 0 && want == 1 { // a small collection should not pay for a whole chunk
			blocks = block + 1
			if len(old) > 0 {
				blocks = max(blocks, 2*len(old[0])/s.stride)
			}
		}
		size := min(blocks, full) * s.stride
		switch {
		case i == len(chunks):
			chunks = append(chunks, make([]byte, size))
		case len(chunks[i]) < size: // replaced by a larger copy: readers may hold it
			chunk := make([]byte, size)
			copy(chunk, chunks[i])
			chunks[i] = chunk
		}
	}
	s.chunks.Store(&chunks)
	return chunks
}

// Scan estimates the cosine between q and every row of some blocks. Row r of block
// first+i has its estimate in scores[i*SketchRows+r], and bit r of over[i] says
// whether that is above floor; for rows that the table does not have the bit is 0.
//
// It allocates nothing and may be called concurrently, also with writers; see
// SetCode. It panics if q was made by a table of other dimensions or bits, if the
// table has no such blocks, or if scores or over is too short.
func (s *Sketches) Scan(q *SketchQuery, first, blocks int, floor float32, scores []float32, over []uint64) {
	s.check(q)
	have := s.Len() // before the chunks, which then have these rows
	chunks := *s.chunks.Load()
	if first < 0 || blocks < 0 || first+blocks > (have+SketchRows-1)/SketchRows {
		panic(fmt.Sprintf("quant: blocks %d to %d of a table of %d rows", first, first+blocks, have))
	}
	scores, over = scores[:blocks*SketchRows], over[:blocks]
	for i := 0; i < blocks; {
		at := (first + i) & (1<<s.shift - 1)
		n := min(blocks-i, 1<<s.shift-at)
		chunk := chunks[(first+i)>>s.shift][at*s.stride : (at+n)*s.stride]
		kernel.Best.Scan(&q.kernel, chunk, floor, scores[i*SketchRows:(i+n)*SketchRows], over[i:i+n])
		i += n
	}
	if blocks > 0 && first+blocks > have/SketchRows { // the last block has fewer rows
		over[blocks-1] &= 1<<(have%SketchRows) - 1
	}
}

// Estimate sets out[i] to what Scan estimates for row ids[i]. It is for few rows;
// to compare with many, scan. It panics if q was made by a table of other
// dimensions or bits, if out is shorter than ids, or if the table has no such row.
//
// A row that is being written is read all the same, as Scan reads it: the race detector
// is told nothing of it.
//
//go:norace
func (s *Sketches) Estimate(q *SketchQuery, ids []uint32, out []float32) {
	s.check(q)
	out = out[:len(ids)]
	have := s.count.Load()
	chunks := *s.chunks.Load()
	for i, id := range ids {
		if id >= have {
			panic(fmt.Sprintf("quant: row %d out of range of a table of %d rows", id, have))
		}
		block, r := s.block(chunks, id/SketchRows), int(id%SketchRows)
		at := kernel.SketchPosition(r)
		sum := uint32(0)
		for p := range s.planes {
			sum *= 2
			for g := range s.groups {
				b := block[(p*s.groups+g)*SketchRows+at]
				sum += uint32(q.kernel.Tables[32*g+int(b&15)]) + uint32(q.kernel.Tables[32*g+16+int(b>>4)])
			}
		}
		words := block[s.planes*s.groups*SketchRows:]
		le := binary.LittleEndian
		out[i] = q.kernel.Score(sum, le.Uint32(words[4*r:]), math.Float32frombits(le.Uint32(words[4*(SketchRows+r):])))
	}
}

func (s *Sketches) check(q *SketchQuery) {
	if q.kernel.Groups != s.groups || q.kernel.Planes != s.planes {
		panic("quant: query of a table of other sketches")
	}
}

// Code appends the sketch of row id to dst, as Encode made it. It panics if the table
// has no such row.
func (s *Sketches) Code(dst []byte, id uint32) []byte {
	if have := s.count.Load(); id >= have {
		panic(fmt.Sprintf("quant: row %d out of range of a table of %d rows", id, have))
	}
	block, r := s.block(*s.chunks.Load(), id/SketchRows), int(id%SketchRows)
	at, last := kernel.SketchPosition(r), s.CodeSize()-8
	for g := range last {
		dst = append(dst, block[g*SketchRows+at])
	}
	words := block[last*SketchRows:]
	dst = append(dst, words[4*r:4*r+4]...)
	return append(dst, words[4*(SketchRows+r):4*(SketchRows+r)+4]...)
}
