package hnsw

import "encoding/binary"

// A snapshot is the graph at one moment, without the rows: a stream of frames
// (package frame). Numbers are little-endian.
//
//	┌──────────────────────────────────────────────────────────────┐
//	│ magic "fronyhns" · version u32                               │
//	├──────────────────────────────────────────────────────────────┤
//	│ header                                                       │
//	│   M u32 · efConstruction u32 · nodes u32 · upper lists u32   │
//	│   seed u64 · entry u64 · root u32 · nodes of Seed u32        │
//	│   landmarks u32 · live nodes at which to choose others u64   │
//	├──────────────────────────────────────────────────────────────┤
//	│ a frame for each 4,096 nodes (the last may have fewer)       │
//	│   links      nodes in frame × 2M u32                         │
//	│   upperAt    nodes in frame × u32                            │
//	│   present, dead, twin, hidden   64 u64 each                  │
//	├──────────────────────────────────────────────────────────────┤
//	│ a frame for each 512 upper lists (the last may have fewer)   │
//	│   lists in frame × M u32                                     │
//	├──────────────────────────────────────────────────────────────┤
//	│ nodes of Seed, u32 each                                      │
//	├──────────────────────────────────────────────────────────────┤
//	│ landmarks, u32 each                                          │
//	└──────────────────────────────────────────────────────────────┘
//
// The size of every frame follows from the header.
const (
	snapshotMagic   = "fronyhns"
	snapshotVersion = 5
	headerSize      = 52
	marksSize       = chunkWords * 8
)

// header is the first frame of a snapshot.
type header struct {
	m, efConstruction uint32
	nodes             uint32 // 1 + the largest id that was ever in use
	upper             uint32 // upper lists
	seed              uint64
	entry             uint64
	root              uint32
	seeds             uint32 // nodes of Seed
	landmarks         uint32
	settle            uint64 // live nodes at which to choose other landmarks
}

func (h *header) encode() []byte {
	b := make([]byte, 0, headerSize)
	le := binary.LittleEndian
	b = le.AppendUint32(b, h.m)
	b = le.AppendUint32(b, h.efConstruction)
	b = le.AppendUint32(b, h.nodes)
	b = le.AppendUint32(b, h.upper)
	b = le.AppendUint64(b, h.seed)
	b = le.AppendUint64(b, h.entry)
	b = le.AppendUint32(b, h.root)
	b = le.AppendUint32(b, h.seeds)
	b = le.AppendUint32(b, h.landmarks)
	return le.AppendUint64(b, h.settle)
}

// decodeHeader decodes a header of headerSize bytes.
func decodeHeader(b []byte) header {
	le := binary.LittleEndian
	return header{
		m:              le.Uint32(b),
		efConstruction: le.Uint32(b[4:]),
		nodes:          le.Uint32(b[8:]),
		upper:          le.Uint32(b[12:]),
		seed:           le.Uint64(b[16:]),
		entry:          le.Uint64(b[24:]),
		root:           le.Uint32(b[32:]),
		seeds:          le.Uint32(b[36:]),
		landmarks:      le.Uint32(b[40:]),
		settle:         le.Uint64(b[44:]),
	}
}

// The number of frames of each kind, and their sizes in bytes.

func (h *header) nodeFrames() int         { return (int(h.nodes) + chunkMask) >> chunkShift }
func (h *header) nodesIn(i int) int       { return min(chunkNodes, int(h.nodes)-i<<chunkShift) }
func (h *header) nodeFrameSize(i int) int { return h.nodesIn(i)*(2*int(h.m)+1)*4 + 4*marksSize }

func (h *header) upperFrames() int         { return (int(h.upper) + upperLists - 1) >> upperShift }
func (h *header) listsIn(i int) int        { return min(upperLists, int(h.upper)-i<<upperShift) }
func (h *header) upperFrameSize(i int) int { return h.listsIn(i) * int(h.m) * 4 }
