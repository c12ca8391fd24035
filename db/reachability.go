package db

import "context"

// Reachability is the outcome of self-queries: of searching the graph for
// documents by their own vectors.
type Reachability struct {
	Asked       int      // documents
	Unreachable []string // ids of those that the graph did not return
	Next        uint32   // where to go on; 0 after the last document
}

// Reachability searches the graph for up to n documents by their own vectors,
// beginning at from: 0, or Next of the previous call. A document that even a beam
// of a thousand does not return is unreachable: its data is there, but no dense
// search finds it except one that compares everything.
//
// It reads memory only, and takes about as long as n searches. Searches and
// writes go on meanwhile. Doctor looks at all documents, and repairs. It returns
// ErrClosed and the context's error.
func (c *Collection) Reachability(ctx context.Context, from uint32, n int) (r Reachability, err error) {
	err = c.do("reachability", c.name, func(v *version) error {
		found, err := v.Reachability(ctx, from, n)
		r = Reachability(found)
		return err
	})
	return r, err
}
