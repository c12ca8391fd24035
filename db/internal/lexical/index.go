package lexical

import "sync"

// An Index finds documents by their words. All methods may be called
// concurrently. A search holds the lock only while it takes its view, so that
// neither searches nor snapshots keep writers waiting.
type Index struct {
	opts Options

	mu sync.RWMutex // guards state
	state

	analyses sync.Pool // of *analysis
	searches sync.Pool // of *search
}

// state is all that an index knows.
type state struct {
	ids     map[uint64]uint32 // term key → term number
	lists   []list            // by term number
	free    []uint32          // term numbers to use again
	chunks  []*chunk          // documents by slot, nil where all are gone; never changed in place below its length
	nodes   nodeTable
	next    uint32   // the slot of the next document
	clock   uint32   // counts changes; a document that died later than a view was taken is still in the view
	live    int      // documents
	length  uint64   // sum of their lengths
	bytes   int      // what lists, chunks and nodes occupy
	scratch []uint32 // term numbers of the document at hand
}

// New returns an empty index; nil options and zero fields mean the defaults.
// It is the caller's part to have called Options.Validate.
func New(opts *Options) *Index {
	x := &Index{opts: opts.withDefaults()}
	x.ids = make(map[uint64]uint32)
	x.analyses.New = func() any { return new(analysis) }
	x.searches.New = func() any { return new(search) }
	return x
}

// Len returns the number of documents in the index.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.live
}

// Bytes estimates the memory that the index holds.
func (x *Index) Bytes() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return int64(x.bytes + len(x.ids)*entrySize + cap(x.lists)*listSize)
}

// entrySize is what an entry of the dictionary costs, free room included.
const entrySize = 24

// Terms returns the terms that text is found by, in the order of the text and
// with repetitions: what Add would index, for explanations and highlighting.
// A term that is no literal part of the text (a stem, a folded accent, a
// compound without its joiners) is returned as it is indexed.
func (x *Index) Terms(text string) []string {
	a := x.analyses.Get().(*analysis)
	defer x.analyses.Put(a)
	a.run(text)
	terms := make([]string, len(a.tokens))
	for i, t := range a.tokens {
		terms[i] = string(a.runes[t.at : t.at+t.n])
	}
	return terms
}
