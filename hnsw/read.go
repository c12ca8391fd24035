package hnsw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/fronyai/frony-db/internal/frame"
)

// Read makes a graph over space from a snapshot that WriteTo wrote, and reads no
// byte beyond it. It verifies every checksum and every link. The error wraps
// ErrCorrupt or ErrVersion, or is that of r.
func Read(r io.Reader, space Space) (*Graph, error) {
	frames, err := frame.NewReader(r, snapshotMagic, snapshotVersion)
	if err != nil {
		return nil, damaged(err)
	}
	d := &decoder{frames: frames}
	h, err := d.next(headerSize)
	if err != nil {
		return nil, err
	}
	d.h = decodeHeader(h)
	if d.h.nodes > MaxID+1 || d.h.seeds > seedsMost || d.h.landmarks > landmarksMost || d.h.settle > math.MaxInt64 || d.h.upper>>6 > d.h.nodes {
		return nil, fmt.Errorf("%w: impossible sizes", ErrCorrupt)
	}
	d.g, err = New(space, &Options{M: int(d.h.m), EfConstruction: int(d.h.efConstruction), Seed: d.h.seed})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	for _, step := range []func() error{d.nodes, d.upper, d.seeds, d.landmarks, d.verify, d.groups} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return d.graph(), nil
}

// damaged turns an error of the frames into one of this package.
func damaged(err error) error {
	switch {
	case errors.Is(err, frame.ErrVersion):
		return fmt.Errorf("%w: %w", ErrVersion, err)
	case errors.Is(err, frame.ErrFormat), errors.Is(err, frame.ErrCorrupt):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("hnsw: read snapshot: %w", err)
}

// decoder fills a graph from the frames of a snapshot.
type decoder struct {
	frames *frame.Reader
	g      *Graph
	h      header
	s      slabs
	buf    []byte
}

// next returns the next frame, which must have size bytes. It is valid until the
// next call.
func (d *decoder) next(size int) (b []byte, err error) {
	b, err = d.frames.Next(d.buf, int64(size))
	if err != nil {
		return nil, damaged(err)
	}
	if len(b) != size {
		return nil, fmt.Errorf("%w: a frame of %d bytes, want %d", ErrCorrupt, len(b), size)
	}
	d.buf = b
	return b, nil
}

// nodes reads the frames of nodes. Memory grows with the frames: a header alone
// cannot ask for much.
func (d *decoder) nodes() error {
	for i := range d.h.nodeFrames() {
		b, err := d.next(d.h.nodeFrameSize(i))
		if err != nil {
			return err
		}
		n := d.h.nodesIn(i)
		links, at := make([]uint32, chunkNodes*d.g.m0), make([]uint32, chunkNodes)
		if b, err = d.words(links[:n*d.g.m0], b); err != nil {
			return err
		}
		for j := range n {
			at[j] = binary.LittleEndian.Uint32(b[j*4:])
		}
		b = b[n*4:]
		present, dead := decodeMarks(b), decodeMarks(b[marksSize:])
		for j := range n {
			first, level := at[j], d.g.levelOf(uint32(i<<chunkShift+j))
			linked := present[j>>6].Load()>>(j&63)&1 != 0
			if uint64(first)+uint64(level) > uint64(d.h.upper)+1 || level > 0 && first == 0 && linked {
				return fmt.Errorf("%w: upper lists of node %d", ErrCorrupt, i<<chunkShift+j)
			}
		}
		d.s.links = append(d.s.links, links)
		d.s.upperAt = append(d.s.upperAt, at)
		d.s.present = append(d.s.present, present)
		d.s.dead = append(d.s.dead, dead)
		d.s.twin = append(d.s.twin, decodeMarks(b[2*marksSize:]))
		d.s.hidden = append(d.s.hidden, decodeMarks(b[3*marksSize:]))
		d.s.grouped = append(d.s.grouped, new(marks))
	}
	return nil
}

func decodeMarks(b []byte) *marks {
	m := new(marks)
	for i := range m {
		m[i].Store(binary.LittleEndian.Uint64(b[i*8:]))
	}
	return m
}

func (d *decoder) upper() error {
	for i := range d.h.upperFrames() {
		b, err := d.next(d.h.upperFrameSize(i))
		if err != nil {
			return err
		}
		lists := make([]uint32, upperLists*d.g.opts.M)
		if _, err := d.words(lists[:len(b)/4], b); err != nil {
			return err
		}
		d.s.upper = append(d.s.upper, lists)
	}
	return nil
}

// seeds reads the nodes of Seed, which verify checks.
func (d *decoder) seeds() error {
	b, err := d.next(4 * int(d.h.seeds))
	if err != nil {
		return err
	}
	for ; len(b) > 0; b = b[4:] {
		d.g.seeds.add(binary.LittleEndian.Uint32(b))
	}
	return nil
}

// landmarks reads the landmarks, which verify checks.
func (d *decoder) landmarks() error {
	b, err := d.next(4 * int(d.h.landmarks))
	if err != nil {
		return err
	}
	ids := make([]uint32, d.h.landmarks)
	for i := range ids {
		ids[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	d.g.landmarks.ids.Store(&ids)
	d.g.landmarks.next.Store(int64(d.h.settle))
	return nil
}

// words decodes as many link words as dst holds, checks that they name nodes of
// this snapshot, and returns the rest of b.
func (d *decoder) words(dst []uint32, b []byte) (rest []byte, err error) {
	var most uint32
	for j := range dst {
		x := binary.LittleEndian.Uint32(b[j*4:])
		dst[j] = x
		if x != 0 {
			most = max(most, nodeOf(x)) // a word of marks alone is larger than any id
		}
	}
	if most >= d.h.nodes && most > 0 {
		return nil, fmt.Errorf("%w: a link to node %d of %d", ErrCorrupt, most, d.h.nodes)
	}
	return b[4*len(dst):], nil
}

// graph publishes what was decoded and verified.
func (d *decoder) graph() *Graph {
	g := d.g
	s := d.s // a pointer into d would keep the reader
	g.slabs.Store(&s)
	g.upperLen = int(d.h.upper)
	g.root = d.h.root
	g.entry.Store(d.h.entry)
	present, dead, hidden := count(d.s.present), count(d.s.dead), count(d.s.hidden)
	g.live.Store(present - dead - hidden)
	g.dead.Store(dead)
	return g
}
