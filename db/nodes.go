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

// bear makes a node visible from sequence number seq on; 0 is before all.
func (n *nodes) bear(node uint32, seq uint64) {
	c := n.chunk(node)
	c[node%nodeChunkSize].died.Store(0)
	c[node%nodeChunkSize].born.Store(seq + 1)
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
	born, died := e.born.Load(), e.died.Load()
	return born != 0 && born <= seq+1 && (died == 0 || died > seq+1)
}

func (n *nodes) bytes() int64 { return int64(len(*n.chunks.Load())) * nodeChunkSize * 16 }

// mark is the newest batch up to which all are visible, and the timestamp of
// the store at which it is.
type mark struct{ seq, ts uint64 }

// visible advances the mark in the order of the sequence numbers, although
// batches are linked into the graph in parallel.
type visible struct {
	now atomic.Pointer[mark]

	// mu guards done: batches that are linked, before an older one is.
	mu   sync.Mutex
	cond sync.Cond
	done map[uint64]uint64 // seq → ts
}

func newVisible(m mark) *visible {
	v := &visible{done: make(map[uint64]uint64)}
	v.cond.L = &v.mu
	v.now.Store(&m)
	return v
}

// reach says that batch seq is linked, and returns when it is visible.
func (v *visible) reach(seq, ts uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done[seq] = ts
	m := *v.now.Load()
	for {
		ts, ok := v.done[m.seq+1]
		if !ok {
			break
		}
		delete(v.done, m.seq+1)
		m = mark{m.seq + 1, ts}
	}
	if m.seq != v.now.Load().seq {
		v.now.Store(&m)
		v.cond.Broadcast()
	}
	for v.now.Load().seq < seq {
		v.cond.Wait()
	}
}
