package db

import "context"

// Reachability is the result of self-queries: searches of the graph for documents
// by their own vectors.
type Reachability struct {
	Asked       int      // number of self-queries
	Unreachable []string // ids of the documents that the graph did not return
	Next        uint32   // where to continue; 0 after the last document
}

// Reachability runs self-queries for up to n documents, starting at from: 0, or
// Next of the previous call. A document is unreachable if even a beam width of
// 1,000 does not return it: its data is intact, but only an exact or lexical search
// finds it.
//
// While the collection has no complete graph, nothing is asked.
//
// It reads only memory, and takes about as long as n searches. Searches and writes
// continue meanwhile. Doctor checks all documents, and can repair them. It returns
// ErrClosed and the context's error.
func (c *Collection) Reachability(ctx context.Context, from uint32, n int) (r Reachability, err error) {
	err = c.do("reachability", c.Name(), func(v *version) error {
		found, err := v.Reachability(ctx, from, n)
		r = Reachability(found)
		return err
	})
	return r, err
}
