// Package epoch tells when every reader that began before a moment has ended,
// so that what those readers may still hold can be freed or reused. It is the
// two-counter scheme of sleepable read-copy-update in Linux.
//
//	defer e.Enter().Leave()       // a reader, around what it reads
//	e.After(func() { free(x) })   // once no reader can hold x any more
//	e.Wait()                      // the same, blocking
//
// Readers never wait. They count themselves into one of two parities, that of
// the current epoch. To find the readers of a moment, the epoch is advanced,
// which sends new readers to the other parity, and the old one drains.
//
// The graph waits with Wait before it frees ids, and a collection reuses the
// numbers of deleted documents with After.
//
// The counters are sharded, and a reader prefers the shard that its core used
// last, so that readers on many cores rarely share a cache line.
package epoch

import (
	"sync"
	"sync/atomic"
)

const shards = 16

// Epoch counts readers. The zero value is ready to use. All methods but Drain
// may be called concurrently.
type Epoch struct {
	now     atomic.Uint64 // its lowest bit is the parity of new readers
	pending atomic.Bool   // something is queued: readers that leave look after it
	shards  [shards]shard
	next    atomic.Uint32 // shards handed out
	hints   sync.Pool     // of *shard: a pool keeps its items by core

	running sync.WaitGroup // advances that leaving readers started

	mu      sync.Mutex // guards what follows, and changes of now
	fresh   []func()   // queued since the epoch last advanced
	waiting []func()   // wait for the old parity to drain
}

type shard struct {
	active [2]atomic.Int64
	_      [48]byte // a cache line of its own
}

// A Guard is one reader's stay.
type Guard struct {
	epoch *Epoch
	shard *shard
	now   uint64
}

// Enter begins a read. Every Guard must be left exactly once.
func (e *Epoch) Enter() Guard {
	s, _ := e.hints.Get().(*shard)
	if s == nil {
		s = &e.shards[e.next.Add(1)%shards]
	}
	e.hints.Put(s)
	for {
		g := Guard{e, s, e.now.Load()}
		s.active[g.now&1].Add(1)
		if e.now.Load() == g.now {
			return g
		}
		g.Leave() // the epoch advanced in between, and may not have seen this reader
	}
}

// Leave ends the read.
func (g Guard) Leave() {
	e := g.epoch
	if g.shard.active[g.now&1].Add(-1) == 0 && e.pending.Load() && (e.now.Load()^g.now)&1 != 0 {
		e.running.Go(e.advance) // in the background: a reader does not wait for what it frees
	}
}

// After runs f when every reader that has entered by now has left: at once, in
// the calling goroutine, if there is none, and otherwise in the background. f
// must not block for long, and may call After.
func (e *Epoch) After(f func()) {
	e.mu.Lock()
	e.fresh = append(e.fresh, f)
	e.pending.Store(true)
	e.mu.Unlock()
	e.advance()
}

// Wait returns when every reader that has entered by now has left. A reader that
// waits for itself waits forever.
func (e *Epoch) Wait() {
	done := make(chan struct{})
	e.After(func() { close(done) })
	<-done
}

// Drain returns when everything that was passed to After has run. There must be
// no readers, and no calls of After but from what runs.
func (e *Epoch) Drain() {
	e.running.Wait()
	e.advance()
}

// advance runs what has waited long enough.
//
// No wakeup is lost: pending is set before the counters are read, and a reader
// decrements its counter before it reads pending. So either advance sees the
// reader gone, or the reader sees that something is pending.
func (e *Epoch) advance() {
	for {
		e.mu.Lock()
		if e.busy(e.now.Load() + 1) {
			e.mu.Unlock()
			return
		}
		ready := e.waiting
		e.waiting, e.fresh = e.fresh, nil
		pending := len(e.waiting) > 0
		if pending {
			e.now.Add(1)
		}
		e.pending.Store(pending)
		e.mu.Unlock()
		for _, f := range ready {
			f()
		}
		if len(ready) == 0 && !pending {
			return
		}
	}
}

// busy reports whether a reader is in the parity of epoch now.
func (e *Epoch) busy(now uint64) bool {
	for i := range e.shards {
		if e.shards[i].active[now&1].Load() != 0 {
			return true
		}
	}
	return false
}
