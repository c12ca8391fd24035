package index

import (
	"sync"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Follower gathers the ids that are written to an index while another version of
// the collection is being filled. A batch is noted after it is committed and
// before it is acknowledged: whoever reads the store after Take finds what the
// ids stand for.
type Follower struct {
	x *Index

	mu    sync.Mutex // guards the fields below
	cond  sync.Cond  // ids were taken, or the limit has changed
	ids   map[string]struct{}
	all   bool // anything may have changed
	limit int  // writers wait while there are more ids; 0: they do not wait
}

// Follow notes the writes to the index from now on, until End. An index has one
// follower at a time.
func (x *Index) Follow() *Follower {
	f := &Follower{x: x, ids: make(map[string]struct{})}
	f.cond.L = &f.mu
	x.follower.Store(f)
	return f
}

// End stops following, and releases the writers that wait.
func (f *Follower) End() {
	f.x.follower.Store(nil)
	f.Throttle(0)
}

// Take returns the ids noted since the last call. all means that any document
// may have changed.
func (f *Follower) Take() (ids []string, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range f.ids {
		ids = append(ids, id)
	}
	all = f.all
	clear(f.ids)
	f.all = false
	f.cond.Broadcast()
	return ids, all
}

// Waiting is the number of ids that Take would return.
func (f *Follower) Waiting() (n int, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ids), f.all
}

// Throttle makes writers wait while more than limit ids are noted. 0 ends that.
func (f *Follower) Throttle(limit int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = limit
	f.cond.Broadcast()
}

// follow notes what a batch has written.
func (x *Index) follow(b *store.Batch, done *store.Committed) {
	f := x.follower.Load()
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range b.Puts {
		f.ids[b.Puts[i].ID] = struct{}{}
	}
	for i := range b.Deletes {
		f.ids[b.Deletes[i].ID] = struct{}{}
	}
	for _, id := range done.Former {
		f.ids[id] = struct{}{}
	}
	for f.limit > 0 && len(f.ids) > f.limit {
		f.cond.Wait()
	}
}

// followAll notes that any document may have changed.
func (x *Index) followAll() {
	if f := x.follower.Load(); f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.all = true
	}
}
