package index

import (
	"sync"
	"sync/atomic"
)

// nodes knows in which batches each node was born and died, so that a reader
// sees whole batches only: it takes the newest visible sequence number when it
// begins and asks nodes about every candidate.
type nodes struct {
	mu     sync.Mutex // guards growth of the list of chunks
	chunks atomic.Pointer[[]*nodeChunk]
}

const nodeChunkSize = 4096

type nodeChunk [nodeChunkSize]struct{ born, died atomic.Uint64 }

func newNodes() *nodes {
	n := &nodes{}
	n.chunks.Store(new([]*nodeChunk))
	return n
}

func (n *nodes) chunk(node uint32) *nodeChunk {
	i := int(node / nodeChunkSize)
	if list := *n.chunks.Load(); i < len(list) {
		return list[i]
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	list := append([]*nodeChunk(nil), *n.chunks.Load()...)
	for i >= len(list) {
		list = append(list, new(nodeChunk))
	}
	n.chunks.Store(&list)
	return list[i]
}

// bear makes a node visible from sequence number seq on; 0 is before all. It writes
// the birth before it clears the death of the node's former life, and visible reads
// them in reverse order: a reader that sees no death also sees the new birth, and no
// older reader takes the node for its former life.
func (n *nodes) bear(node uint32, seq uint64) {
	e := &n.chunk(node)[node%nodeChunkSize]
	e.born.Store(seq + 1)
	// Batches are linked at the same time: a later one may have killed this life
	// already, and that death stays.
	if died := e.died.Load(); died <= seq+1 {
		e.died.CompareAndSwap(died, 0)
	}
}

// kill makes a node invisible from sequence number seq on.
func (n *nodes) kill(node uint32, seq uint64) {
	n.chunk(node)[node%nodeChunkSize].died.Store(seq + 1)
}

// clear forgets the former life of a node whose number is about to be free. Batches
// are linked at the same time, so the death of the next life may come before its
// birth. It would otherwise take the place of the former death, and bring the
// former life back.
func (n *nodes) clear(node uint32) {
	e := &n.chunk(node)[node%nodeChunkSize]
	e.born.Store(0) // first: a node without a birth is invisible
	e.died.Store(0)
}

// visible reports whether the node was live after the batch seq.
func (n *nodes) visible(node uint32, seq uint64) bool {
	list := *n.chunks.Load()
	i := int(node / nodeChunkSize)
	if i >= len(list) {
		return false
	}
	e := &list[i][node%nodeChunkSize]
	died := e.died.Load() // before born: see bear
	born := e.born.Load()
	return born != 0 && born <= seq+1 && (died == 0 || died > seq+1)
}

// dead reports whether the node has died by the batch seq.
func (n *nodes) dead(node uint32, seq uint64) bool {
	died := n.chunk(node)[node%nodeChunkSize].died.Load()
	return died != 0 && died <= seq+1
}

func (n *nodes) bytes() int64 { return int64(len(*n.chunks.Load())) * nodeChunkSize * 16 }
