package hnsw

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A snapshot is the graph at one moment, without the rows. Numbers are
// little-endian; a sum is the CRC-32C of all bytes of its block before it.
//
//	┌──────────────────────────────────────────────────────────────┐
//	│ header, 72 bytes                                             │
//	│   magic "fronyhns" · version u32 · M u32 · efConstruction u32│
//	│   nodes u32 · seed u64 · entry u64 · root u32 · upper u32    │
//	│   calibration bytes u32 · 0 · … · sum u32                    │
//	├──────────────────────────────────────────────────────────────┤
//	│ a block for each 4,096 nodes (the last may have fewer)       │
//	│   links      nodes in block × 2M u32                         │
//	│   upperAt    nodes in block × u32                            │
//	│   present, dead, pending   64 u64 each                       │
//	│   sum u32                                                    │
//	├──────────────────────────────────────────────────────────────┤
//	│ a block for each 512 upper lists (the last may have fewer)   │
//	│   lists in block × M u32 · sum u32                           │
//	├──────────────────────────────────────────────────────────────┤
//	│ calibration: its bytes · sum u32                             │
//	└──────────────────────────────────────────────────────────────┘
//
// Every size follows from the header, so a file of another length is corrupt
// before anything is allocated.
const (
	snapshotMagic   = "fronyhns"
	snapshotVersion = 1
	headerSize      = 72
	sumSize         = 4
	marksSize       = chunkWords * 8
	maxCalibration  = 1 << 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the first block of a snapshot.
type header struct {
	m, efConstruction uint32
	nodes             uint32 // 1 + the largest id that was ever in use
	seed              uint64
	entry             uint64
	root              uint32
	upper             uint32 // upper lists
	calibration       uint32 // bytes
}

func (h *header) encode() []byte {
	b := make([]byte, 0, headerSize)
	le := binary.LittleEndian
	b = append(b, snapshotMagic...)
	b = le.AppendUint32(b, snapshotVersion)
	b = le.AppendUint32(b, h.m)
	b = le.AppendUint32(b, h.efConstruction)
	b = le.AppendUint32(b, h.nodes)
	b = le.AppendUint64(b, h.seed)
	b = le.AppendUint64(b, h.entry)
	b = le.AppendUint32(b, h.root)
	b = le.AppendUint32(b, h.upper)
	b = le.AppendUint32(b, h.calibration)
	b = append(b, make([]byte, headerSize-sumSize-len(b))...)
	return le.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// sizes of the parts, in bytes, sums included.
func (h *header) nodeBlock(i int) int {
	return h.nodesIn(i)*(2*int(h.m)+1)*4 + 3*marksSize + sumSize
}
func (h *header) upperBlock(i int) int { return h.listsIn(i)*int(h.m)*4 + sumSize }
func (h *header) nodeBlocks() int      { return (int(h.nodes) + chunkMask) >> chunkShift }
func (h *header) upperBlocks() int     { return (int(h.upper) + upperLists - 1) >> upperShift }
func (h *header) nodesIn(i int) int    { return min(chunkNodes, int(h.nodes)-i<<chunkShift) }
func (h *header) listsIn(i int) int    { return min(upperLists, int(h.upper)-i<<upperShift) }

// WriteTo writes a snapshot, for Load or Read, and returns the bytes written.
// Searches go on; inserts and deletes wait, so write to something fast. The
// rows are the caller's to save.
func (g *Graph) WriteTo(out io.Writer) (int64, error) {
	g.repair.Lock()
	defer g.repair.Unlock()
	g.freeze.Lock()
	defer g.freeze.Unlock()
	s := g.slabs.Load()
	calibration := g.calibration.Load().encode()
	h := header{
		m:              uint32(g.opts.M),
		efConstruction: uint32(g.opts.EfConstruction),
		nodes:          uint32(s.cap()),
		seed:           g.opts.Seed,
		entry:          g.entry.Load(),
		root:           g.root,
		upper:          uint32(g.upperLen),
		calibration:    uint32(len(calibration)),
	}
	for h.nodes > 0 && !has(s.present, h.nodes-1) {
		h.nodes--
	}
	e := &encoder{out: out}
	e.write(h.encode())
	for i := range h.nodeBlocks() {
		n := h.nodesIn(i)
		e.words(s.links[i][:n*g.m0])
		e.words(s.upperAt[i][:n])
		e.marks(s.present[i])
		e.marks(s.dead[i])
		e.marks(s.pending[i])
		e.flush()
	}
	for i := range h.upperBlocks() {
		e.words(s.upper[i][:h.listsIn(i)*g.opts.M])
		e.flush()
	}
	e.block = append(e.block, calibration...)
	e.flush()
	return e.n, e.err
}

// encoder gathers a block and writes it with its sum. After an error it does
// nothing more.
type encoder struct {
	out   io.Writer
	block []byte
	n     int64
	err   error
}

func (e *encoder) words(words []uint32) {
	for _, x := range words {
		e.block = binary.LittleEndian.AppendUint32(e.block, x)
	}
}

func (e *encoder) marks(m *marks) {
	for i := range m {
		e.block = binary.LittleEndian.AppendUint64(e.block, m[i].Load())
	}
}

func (e *encoder) flush() {
	e.write(binary.LittleEndian.AppendUint32(e.block, crc32.Checksum(e.block, castagnoli)))
	e.block = e.block[:0]
}

func (e *encoder) write(b []byte) {
	if e.err == nil {
		var n int
		n, e.err = e.out.Write(b)
		e.n += int64(n)
	}
}
