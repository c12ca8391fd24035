// Package rows keeps full vectors in a file by node, for the exact rerank.
//
// Badger answers a point read of a vector in four to ten microseconds. For fifty
// candidates that is several times the graph search before it. The file answers
// in a fraction of a microsecond. It is derived from Badger: a row carries a
// checksum over its node and its bytes, and a row that is missing, torn or stale
// does not exist, so that the caller reads it from Badger and puts it back.
//
//	offset    0        4096                    4096 + node × (4 + 4·dims)
//	         ┌────────┬───────────────────────┬───────────────────────────┐
//	         │ header │ row 0                 │ row …                     │
//	         └────────┴───────────────────────┴───────────────────────────┘
//	header:   magic "FRONYROW" · version u32 · a frame of dims u32 and owner, 16 bytes;
//	          at offset 1024, the stamps: a frame of two u64
//	row:      CRC-32C u32 of (node u32, vector) · vector, dims × f32
//
// All numbers are little-endian; package frame describes frames. The file is
// sparse and grows by segments of 4,096 rows. On Unix each segment is mapped once
// and never moves, so that readers take no locks.
package rows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/internal/frame"
)

// A row names neither its collection nor its life: a row of an older copy of the
// file, or of a former document of the same node, has a right checksum too. So the
// file carries a stamp that changes with each snapshot, and is opened with the stamp
// that the snapshot has. Rows written since the snapshot are written again by
// whoever replays the change log. The former stamp is kept as well: a snapshot is
// complete only after the stamp has changed.
const stampsAt = 1024

const (
	magic       = "FRONYROW"
	version     = 3
	headerSize  = 4096
	segmentRows = 4096
)

// File is an open file of rows. Get may be called concurrently with everything
// but Close. Put and PutAll may be called concurrently for different nodes.
type File struct {
	f      *os.File
	dims   int
	stride int
	stamp  atomic.Uint64 // the newest

	readOnly bool // Put does nothing; f is nil if there are no rows

	grow     sync.Mutex // guards changes of segments
	segments atomic.Pointer[[]segment]
}

// Open opens the file at path. If it is missing, damaged, of another version,
// owner, number of dimensions or stamp, Open creates a new one and sets fresh. No
// file has the stamp 0.
func Open(path string, dims int, owner [16]byte, stamp uint64) (r *File, fresh bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil { // a directory, or of another user: the file holds nothing that is not elsewhere
		if cleared := disk.Clear(path); cleared == nil {
			f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("open vector rows: %w; it is derived from the store: delete it, or make its directory writable", err)
	}
	r = &File{f: f, dims: dims, stride: 4 + 4*dims}
	r.segments.Store(new([]segment))
	want := header(dims, owner)
	if !belongs(f, want, stamp) {
		if err := errors.Join(f.Truncate(0), writeAt(f, want, 0)); err != nil {
			return nil, false, errors.Join(fmt.Errorf("create vector rows: %w", err), f.Close())
		}
		return r, true, nil
	}
	r.stamp.Store(stamp)
	info, err := f.Stat()
	if err != nil {
		return nil, false, errors.Join(fmt.Errorf("open vector rows: %w", err), f.Close())
	}
	if n := info.Size() - headerSize; n > 0 {
		rows := (n + int64(r.stride) - 1) / int64(r.stride)
		if err := r.reserve(uint32(min(rows, math.MaxUint32)) - 1); err != nil {
			return nil, false, errors.Join(err, f.Close())
		}
	}
	return r, false, nil
}

// OpenReadOnly opens the file at path for reading. If Open would create a new
// file, there are no rows. Nothing is written, so any number of processes may have
// the file open.
func OpenReadOnly(path string, dims int, owner [16]byte, stamp uint64) (*File, error) {
	r := &File{dims: dims, stride: 4 + 4*dims, readOnly: true}
	r.segments.Store(new([]segment))
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open vector rows: %w", err)
	}
	if !belongs(f, header(dims, owner), stamp) {
		return r, f.Close()
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open vector rows: %w", err), f.Close())
	}
	r.f = f
	// Whole segments only: a mapping must not reach beyond the file.
	if n := (info.Size() - headerSize) / r.segmentSize(); n > 0 {
		if err := r.reserve(uint32(min(n, math.MaxUint32/segmentRows))*segmentRows - 1); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

func (r *File) segmentSize() int64 { return segmentRows * int64(r.stride) }

func header(dims int, owner [16]byte) []byte {
	var b bytes.Buffer
	frame.NewWriter(&b, magic, version).Frame(append(binary.LittleEndian.AppendUint32(nil, uint32(dims)), owner[:]...))
	return b.Bytes()
}

// belongs reports whether a file has the header and the stamp.
func belongs(f *os.File, want []byte, stamp uint64) bool {
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil || string(got) != string(want) {
		return false
	}
	b := make([]byte, len(stamps(0, 0)))
	if _, err := f.ReadAt(b, stampsAt); err != nil {
		return false
	}
	r, err := frame.NewReader(bytes.NewReader(b), magic, version)
	if err != nil {
		return false
	}
	two, err := r.Next(nil, 16)
	if err != nil || len(two) != 16 || stamp == 0 {
		return false
	}
	return binary.LittleEndian.Uint64(two) == stamp || binary.LittleEndian.Uint64(two[8:]) == stamp
}

// stamps encodes the newest stamp and the one before.
func stamps(now, before uint64) []byte {
	var b bytes.Buffer
	frame.NewWriter(&b, magic, version).Frame(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, now), before))
	return b.Bytes()
}

// Stamp gives the file a new stamp, and keeps the last one. Sync makes it durable.
func (r *File) Stamp(stamp uint64) error {
	if r.readOnly {
		return nil
	}
	if err := writeAt(r.f, stamps(stamp, r.stamp.Load()), stampsAt); err != nil {
		return fmt.Errorf("stamp vector rows: %w", err)
	}
	r.stamp.Store(stamp)
	return nil
}

// writeAt writes b. With an injected fault it writes half of b.
func writeAt(f *os.File, b []byte, off int64) error {
	fault := disk.Try(disk.Write, f.Name())
	if fault != nil {
		b = b[:len(b)/2]
	}
	_, err := f.WriteAt(b, off)
	return errors.Join(fault, err)
}

// reserve grows the file and the mappings to include node.
func (r *File) reserve(node uint32) error {
	want := int(node/segmentRows) + 1
	if len(*r.segments.Load()) >= want {
		return nil
	}
	r.grow.Lock()
	defer r.grow.Unlock()
	list := append([]segment(nil), *r.segments.Load()...)
	if len(list) >= want {
		return nil
	}
	size := r.segmentSize()
	if info, err := r.f.Stat(); err != nil {
		return fmt.Errorf("grow vector rows: %w", err)
	} else if end := headerSize + int64(want)*size; info.Size() < end {
		if err := r.f.Truncate(end); err != nil {
			return fmt.Errorf("grow vector rows: %w", err)
		}
	}
	for len(list) < want {
		s, err := mapSegment(r.f, headerSize+int64(len(list))*size, size)
		if err != nil {
			return fmt.Errorf("map vector rows: %w", err)
		}
		list = append(list, s)
	}
	r.segments.Store(&list)
	return nil
}

// Put writes the row of node; vec is the encoded vector, dims × 4 bytes. A row
// that readers may hold must not be put again. On a read-only file Put does
// nothing.
func (r *File) Put(node uint32, vec []byte) error {
	return r.PutAll([]uint32{node}, func(int) []byte { return vec })
}

// runBytes bounds a single write.
const runBytes = 256 << 10

var runs = sync.Pool{New: func() any { return new([]byte) }}

// PutAll is Put for many nodes; vec(i) is the vector of nodes[i]. Adjacent rows are
// written together.
func (r *File) PutAll(nodes []uint32, vec func(i int) []byte) error {
	if r.readOnly || len(nodes) == 0 {
		return nil
	}
	if err := r.reserve(slices.Max(nodes)); err != nil {
		return err
	}
	segments := *r.segments.Load()
	buf := runs.Get().(*[]byte)
	defer runs.Put(buf)
	run := (*buf)[:0]
	defer func() { *buf = run }()
	for i, node := range nodes {
		v := vec(i)
		if len(v) != r.stride-4 {
			return fmt.Errorf("vector row of node %d has %d bytes, want %d", node, len(v), r.stride-4)
		}
		at := node % segmentRows
		segments[node/segmentRows].verified[at/64].And(^(uint64(1) << (at % 64)))
		run = binary.LittleEndian.AppendUint32(run, checksum(node, v))
		run = append(run, v...)
		if i+1 < len(nodes) && nodes[i+1] == node+1 && len(run)+r.stride <= runBytes {
			continue
		}
		first := node + 1 - uint32(len(run)/r.stride)
		if err := writeAt(r.f, run, headerSize+int64(first)*int64(r.stride)); err != nil {
			return fmt.Errorf("write vector rows of nodes %d to %d: %w", first, node, err)
		}
		run = run[:0]
	}
	return nil
}

// Drop removes the row of node. No reader may hold it.
func (r *File) Drop(node uint32) error {
	list := *r.segments.Load()
	if int(node/segmentRows) >= len(list) || r.readOnly {
		return nil
	}
	at := node % segmentRows
	list[node/segmentRows].verified[at/64].And(^(uint64(1) << (at % 64)))
	if err := writeAt(r.f, make([]byte, r.stride), headerSize+int64(node)*int64(r.stride)); err != nil {
		return fmt.Errorf("drop vector row of node %d: %w", node, err)
	}
	return nil
}

// Get returns the vector of node, dims × 4 bytes, little-endian, and reports
// whether there is an intact one. The bytes belong to the file: they must not be
// changed, and are valid until Close or the next Put of the node.
//
// A row's checksum is verified on its first read. After that the row is trusted
// like memory: damage happens while the file is closed.
func (r *File) Get(node uint32) ([]byte, bool) {
	list := *r.segments.Load()
	i := int(node / segmentRows)
	if i >= len(list) {
		return nil, false
	}
	at := node % segmentRows
	row, ok := list[i].row(int(at)*r.stride, r.stride)
	if !ok {
		return nil, false
	}
	word, bit := &list[i].verified[at/64], uint64(1)<<(at%64)
	if word.Load()&bit == 0 {
		if binary.LittleEndian.Uint32(row) != checksum(node, row[4:]) {
			return nil, false
		}
		word.Or(bit)
	}
	return row[4:], true
}

// checksum covers the node, so that a row in the wrong place is invalid. For a row
// of zeros, which is what a hole in the file reads as, it is never zero.
func checksum(node uint32, vec []byte) uint32 {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], node^0x9e3779b9)
	return frame.Sum(frame.Sum(0, n[:]), vec)
}

// Sync makes all rows put so far durable.
func (r *File) Sync() error {
	if r.readOnly {
		return nil
	}
	if err := errors.Join(disk.Try(disk.Sync, r.f.Name()), r.f.Sync()); err != nil {
		return fmt.Errorf("sync vector rows: %w", err)
	}
	return nil
}

// Bytes returns the size of all segments: what a warm page cache holds.
func (r *File) Bytes() int64 {
	return int64(len(*r.segments.Load())) * r.segmentSize()
}

// Close unmaps and closes the file. No Get may be running or follow.
func (r *File) Close() error {
	var errs []error
	for _, s := range *r.segments.Load() {
		errs = append(errs, s.close())
	}
	r.segments.Store(new([]segment))
	if r.f != nil {
		errs = append(errs, r.f.Close())
	}
	return errors.Join(errs...)
}
