package db

import (
	"sync"
	"sync/atomic"
)

// nodes says in which batches each node was born and died, so that a search
// sees whole batches only: it takes the newest visible sequence number when it
// begins and asks nodes about every candidate.
type nodes struct {
	// mu guards growth of the list of chunks.
	mu     sync.Mutex
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

// bear makes a node visible from sequence number seq on; 0 is before all. The
// birth is written before the death of the life before is taken back, and visible
// reads them the other way round: who sees the new life's lack of a death also
// sees its birth, and no older search takes it for the old life.
func (n *nodes) bear(node uint32, seq uint64) {
	e := &n.chunk(node)[node%nodeChunkSize]
	e.born.Store(seq + 1)
	// Batches are linked beside each other: a later one may have killed this life
	// already, and that death stays.
	if died := e.died.Load(); died <= seq+1 {
		e.died.CompareAndSwap(died, 0)
	}
}

// kill makes a node invisible from sequence number seq on.
func (n *nodes) kill(node uint32, seq uint64) {
	n.chunk(node)[node%nodeChunkSize].died.Store(seq + 1)
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

func (n *nodes) bytes() int64 { return int64(len(*n.chunks.Load())) * nodeChunkSize * 16 }

// mark is the newest batch up to which all are visible, and the timestamp of
// the store at which it is.
type mark struct{ seq, ts uint64 }

// visible advances the mark in the order of the sequence numbers, although
// batches are linked into the graph in parallel. Batches that were committed
// in one transaction share a timestamp, so they become visible together: a
// view of the store can't tell them apart.
type visible struct {
	now atomic.Pointer[mark]

	// mu guards the rest.
	mu     sync.Mutex
	cond   sync.Cond
	linked uint64           // all batches up to this one are linked
	done   map[uint64]group // linked batches after it
}

// group is the transaction of a batch.
type group struct{ last, ts uint64 }

func newVisible(m mark) *visible {
	v := &visible{linked: m.seq, done: make(map[uint64]group)}
	v.cond.L = &v.mu
	v.now.Store(&m)
	return v
}

// reach says that batch seq is linked, and returns when it is visible. last is
// the newest batch of the same transaction.
func (v *visible) reach(seq uint64, g group) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done[seq] = g
	for {
		g, ok := v.done[v.linked+1]
		if !ok {
			break
		}
		v.linked++
		delete(v.done, v.linked)
		if v.linked == g.last {
			v.now.Store(&mark{v.linked, g.ts})
			v.cond.Broadcast()
		}
	}
	for v.now.Load().seq < seq {
		v.cond.Wait()
	}
}
