package lexical

import "sync"

// An Index finds documents by their terms. All methods may be called concurrently.
// Searches and snapshots hold the lock only while they take a view, so they do not
// block writers for long.
type Index struct {
	mu sync.RWMutex // guards state
	state

	analyses sync.Pool // of *analysis
	searches sync.Pool // of *search
}

// state is the content of an index.
type state struct {
	ids     map[uint64]uint32 // term key → term number
	lists   []list            // by term number
	free    []uint32          // term numbers to reuse
	chunks  []*chunk          // documents by slot, nil where all are gone; elements never change in place
	nodes   nodeTable
	next    uint32   // the slot of the next document
	clock   uint32   // counts changes; a document removed after a view was taken is still in the view
	live    int      // documents
	length  uint64   // sum of their lengths
	bytes   int      // memory of lists, chunks and nodes
	scratch []uint32 // term numbers of the current document
}

// New returns an empty index.
func New() *Index {
	x := new(Index)
	x.ids = make(map[uint64]uint32)
	x.analyses.New = func() any { return new(analysis) }
	x.searches.New = func() any { return &search{analysis: analysis{asks: true}, picked: make([]uint16, 0, window)} }
	return x
}

// Len returns the number of documents in the index.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.live
}

// Bytes estimates the memory used by the index.
func (x *Index) Bytes() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return int64(x.bytes + len(x.ids)*entrySize + cap(x.lists)*listSize)
}

// entrySize is the memory of a dictionary entry, including free capacity.
const entrySize = 24
