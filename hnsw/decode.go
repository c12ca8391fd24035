package hnsw

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// decodeHeader checks a header by itself.
func decodeHeader(b []byte) (h header, err error) {
	le := binary.LittleEndian
	body, sum := b[:headerSize-sumSize], le.Uint32(b[headerSize-sumSize:])
	if string(body[:8]) != snapshotMagic {
		return h, fmt.Errorf("%w: it does not begin with %q", ErrCorrupt, snapshotMagic)
	}
	if crc32.Checksum(body, castagnoli) != sum {
		return h, fmt.Errorf("%w: wrong sum of the header", ErrCorrupt)
	}
	if v := le.Uint32(body[8:]); v != snapshotVersion {
		return h, fmt.Errorf("%w: %d, want %d", ErrVersion, v, snapshotVersion)
	}
	h = header{
		m:              le.Uint32(body[12:]),
		efConstruction: le.Uint32(body[16:]),
		nodes:          le.Uint32(body[20:]),
		seed:           le.Uint64(body[24:]),
		entry:          le.Uint64(body[32:]),
		root:           le.Uint32(body[40:]),
		upper:          le.Uint32(body[44:]),
		calibration:    le.Uint32(body[48:]),
	}
	if h.nodes > MaxID+1 || h.calibration > maxCalibration || h.upper>>6 > h.nodes {
		return h, fmt.Errorf("%w: impossible sizes", ErrCorrupt)
	}
	return h, nil
}

// size returns the length of the whole snapshot.
func (h *header) size() int64 {
	n := int64(headerSize) + int64(h.calibration) + sumSize
	for i := range h.nodeBlocks() {
		n += int64(h.nodeBlock(i))
	}
	for i := range h.upperBlocks() {
		n += int64(h.upperBlock(i))
	}
	return n
}

// decoder fills a graph from the blocks of a snapshot, which may come in any
// order and from many goroutines.
type decoder struct {
	g *Graph
	h header
	s slabs
}

func newDecoder(b []byte, space Space) (*decoder, error) {
	h, err := decodeHeader(b)
	if err != nil {
		return nil, err
	}
	g, err := New(space, &Options{M: int(h.m), EfConstruction: int(h.efConstruction), Seed: h.seed})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return &decoder{g: g, h: h}, nil
}

// room makes the tables of chunks long enough for block i. The chunks come with
// their blocks: a header alone can't ask for much memory.
func (d *decoder) room(i int) {
	s, nodes := &d.s, d.h.nodeBlocks()
	for len(s.links) < min(i+1, nodes) {
		s.links = append(s.links, nil)
		s.upperAt = append(s.upperAt, nil)
		s.present = append(s.present, nil)
		s.dead = append(s.dead, nil)
		s.pending = append(s.pending, nil)
	}
	for len(s.upper) < min(i+1-nodes, d.h.upperBlocks()) {
		s.upper = append(s.upper, nil)
	}
}

func (d *decoder) blocks() int { return d.h.nodeBlocks() + d.h.upperBlocks() + 1 }

// size returns the length of block i, with its sum.
func (d *decoder) size(i int) int {
	if i < d.h.nodeBlocks() {
		return d.h.nodeBlock(i)
	}
	if i -= d.h.nodeBlocks(); i < d.h.upperBlocks() {
		return d.h.upperBlock(i)
	}
	return int(d.h.calibration) + sumSize
}

// block decodes block i.
func (d *decoder) block(i int, b []byte) error {
	body, sum := b[:len(b)-sumSize], binary.LittleEndian.Uint32(b[len(b)-sumSize:])
	if crc32.Checksum(body, castagnoli) != sum {
		return fmt.Errorf("%w: wrong sum of block %d", ErrCorrupt, i)
	}
	if i < d.h.nodeBlocks() {
		return d.nodes(i, body)
	}
	if i -= d.h.nodeBlocks(); i < d.h.upperBlocks() {
		d.s.upper[i] = make([]uint32, upperLists*d.g.opts.M)
		return d.words(d.s.upper[i], body)
	}
	c, err := decodeCalibration(body)
	d.g.calibration.Store(c)
	return err
}

func (d *decoder) nodes(i int, b []byte) error {
	n := d.h.nodesIn(i)
	links := b[:n*d.g.m0*4]
	at := b[len(links) : len(links)+n*4]
	b = b[len(links)+len(at):]
	d.s.links[i] = make([]uint32, chunkNodes*d.g.m0)
	if err := d.words(d.s.links[i], links); err != nil {
		return err
	}
	for _, m := range []*[]*marks{&d.s.present, &d.s.dead, &d.s.pending} {
		(*m)[i] = new(marks)
		for j := range marksSize / 8 {
			(*m)[i][j].Store(binary.LittleEndian.Uint64(b[j*8:]))
		}
		b = b[marksSize:]
	}
	d.s.upperAt[i] = make([]uint32, chunkNodes)
	for j := range n {
		first := binary.LittleEndian.Uint32(at[j*4:])
		level := d.g.levelOf(uint32(i<<chunkShift + j))
		linked := d.s.present[i][j>>6].Load()&^d.s.pending[i][j>>6].Load()>>(j&63)&1 != 0
		if uint64(first)+uint64(level) > uint64(d.h.upper)+1 || level > 0 && first == 0 && linked {
			return fmt.Errorf("%w: upper lists of node %d", ErrCorrupt, i<<chunkShift+j)
		}
		d.s.upperAt[i][j] = first
	}
	return nil
}

// words decodes link words and checks that they name nodes of this snapshot.
func (d *decoder) words(dst []uint32, b []byte) error {
	var most uint32
	for j := range len(b) / 4 {
		x := binary.LittleEndian.Uint32(b[j*4:])
		dst[j] = x
		if x != 0 {
			most = max(most, nodeOf(x)) // a word of marks alone is larger than any id
		}
	}
	if most >= d.h.nodes && most > 0 {
		return fmt.Errorf("%w: a link to node %d of %d", ErrCorrupt, most, d.h.nodes)
	}
	return nil
}

// finish checks what no block shows by itself, and publishes the graph.
func (d *decoder) finish() (*Graph, error) {
	g, s := d.g, &d.s
	var present, dead, stray int64
	var waiting []uint32
	for c := range s.present {
		for i := range chunkWords {
			p, x, w := s.present[c][i].Load(), s.dead[c][i].Load(), s.pending[c][i].Load()
			present += int64(bits.OnesCount64(p))
			dead += int64(bits.OnesCount64(x))
			if first := c<<chunkShift + i<<6; (x|w)&^p != 0 || p>>max(0, min(64, int(d.h.nodes)-first)) != 0 {
				stray++
			}
			for ; w != 0; w &= w - 1 {
				waiting = append(waiting, uint32(c<<chunkShift+i<<6+bits.TrailingZeros64(w)))
			}
		}
	}
	linked := present - int64(len(waiting))
	if stray > 0 || present > int64(d.h.nodes) || (d.h.entry == 0) != (linked == 0) {
		return nil, fmt.Errorf("%w: the node sets contradict each other", ErrCorrupt)
	}
	if e := d.h.entry; e != 0 {
		id := entryNode(e)
		if id >= d.h.nodes || !d.linked(id) || entryLevel(e) > g.levelOf(id) {
			return nil, fmt.Errorf("%w: entry point %#x", ErrCorrupt, e)
		}
		if root := nodeOf(d.h.root); root >= d.h.nodes || !d.linked(root) {
			return nil, fmt.Errorf("%w: root %#x", ErrCorrupt, d.h.root)
		}
	}
	if err := d.upperLists(); err != nil {
		return nil, err
	}
	if linked < int64(d.h.nodes) {
		if err := d.links(); err != nil {
			return nil, err
		}
	}
	g.slabs.Store(s)
	g.upperLen = int(d.h.upper)
	g.root = d.h.root
	g.entry.Store(d.h.entry)
	g.live.Store(present - dead)
	g.dead.Store(dead)
	g.pend.list.Store(&waiting)
	return g, nil
}

func (d *decoder) linked(id uint32) bool { return has(d.s.present, id) && !has(d.s.pending, id) }

// upperLists checks that no two nodes share an upper list.
func (d *decoder) upperLists() error {
	used := NewBitset(int(d.h.upper))
	for c, chunk := range d.s.upperAt {
		for i, first := range chunk {
			if first == 0 {
				continue
			}
			id := uint32(c<<chunkShift + i)
			for level := range uint32(d.g.levelOf(id)) {
				if used.Has(first - 1 + level) {
					return fmt.Errorf("%w: upper lists of node %d belong to another", ErrCorrupt, id)
				}
				used.Set(first - 1 + level)
			}
		}
	}
	return nil
}

// links checks that no list of a linked node names one that is not.
func (d *decoder) links() error {
	return parallel(len(d.s.links), func(c int) error {
		for id := uint32(c << chunkShift); id>>chunkShift == uint32(c); id++ {
			if !d.linked(id) {
				continue
			}
			for level := range d.g.levelOf(id) + 1 {
				for _, x := range d.g.list(&d.s, id, level) {
					if x != 0 && !d.linked(nodeOf(x)) {
						return fmt.Errorf("%w: node %d links to %d, which is not in the graph", ErrCorrupt, id, nodeOf(x))
					}
				}
			}
		}
		return nil
	})
}
