package hnsw

import (
	"runtime"
	"sync/atomic"
	"time"
)

const epochShards = 16

// epochs tells when every reader that began before a moment has ended, without
// readers waiting for anything (the idea of sleepable RCU in Linux). A reader
// counts itself into the current of two parities; wait flips the parity and
// sleeps until the old one has emptied.
type epochs struct {
	now    atomic.Uint64
	shards [epochShards]struct {
		active [2]atomic.Int64
		_      [48]byte // a cache line of its own
	}
}

// enter returns what leave must be given.
func (e *epochs) enter(shard uint32) uint64 {
	for {
		now := e.now.Load()
		n := &e.shards[shard%epochShards].active[now&1]
		n.Add(1)
		if e.now.Load() == now { // else a flip came between: it may not have seen us
			return now
		}
		n.Add(-1)
	}
}

func (e *epochs) leave(shard uint32, entered uint64) {
	e.shards[shard%epochShards].active[entered&1].Add(-1)
}

// wait returns when every reader that had entered before the call has left.
// Calls must not overlap.
func (e *epochs) wait() {
	old := e.now.Add(1) - 1
	for i := range e.shards {
		for spin := 0; e.shards[i].active[old&1].Load() != 0; spin++ {
			if spin < 64 {
				runtime.Gosched()
			} else {
				time.Sleep(20 * time.Microsecond)
			}
		}
	}
}
