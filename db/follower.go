package db

import (
	"sync"

	"github.com/fronyai/frony-db/db/internal/store"
)

// follower gathers the ids that are written to a collection while another version
// of it is being filled. A batch is noted when it is committed and before it is
// acknowledged: who reads the collection after taking the ids sees all of them as
// they are.
type follower struct {
	// mu guards what follows.
	mu    sync.Mutex
	cond  sync.Cond // ids were taken, or the limit has changed
	ids   map[string]struct{}
	all   bool // anything may have changed
	limit int  // writers wait while there are more ids; 0: they don't
}

// newFollower makes the collection tell of its writes from now on, until end.
func newFollower(c *Collection) *follower {
	f := &follower{ids: make(map[string]struct{})}
	f.cond.L = &f.mu
	c.follower.Store(f)
	return f
}

// end lets go of the collection and of writers that wait.
func (f *follower) end(c *Collection) {
	c.follower.Store(nil)
	f.throttle(0)
}

// follow notes what a batch has written.
func (c *Collection) follow(b *store.Batch) {
	f := c.follower.Load()
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
	for f.limit > 0 && len(f.ids) > f.limit {
		f.cond.Wait()
	}
}

// followAll notes that any document may have changed.
func (c *Collection) followAll() {
	if f := c.follower.Load(); f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.all = true
	}
}

// take returns what was noted since the last call.
func (f *follower) take() (ids []string, all bool) {
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

// waiting is how much is noted.
func (f *follower) waiting() (n int, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ids), f.all
}

// throttle makes writers wait while more than limit ids are noted.
func (f *follower) throttle(limit int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = limit
	f.cond.Broadcast()
}
