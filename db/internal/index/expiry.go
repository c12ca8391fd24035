package index

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// expiry records when nodes expire. A document is invisible from then on, whether it
// has been swept or not: readers call passed, which costs nothing while nothing is
// due.
type expiry struct {
	next atomic.Int64 // no node expires before, in microseconds since 1970

	mu    sync.RWMutex // guards the fields below
	at    map[uint32]int64
	swept map[uint32]struct{} // nodes that a sweep has taken; earlier readers still ask for them
	wake  int64               // no other node expires before
	timer *time.Timer         // of the next sweep
	ended bool
}

const never = math.MaxInt64

func newExpiry() *expiry {
	e := &expiry{at: make(map[uint32]int64), swept: make(map[uint32]struct{}), wake: never}
	e.next.Store(never)
	return e
}

// set says when a node expires. The zero time is never.
func (e *expiry) set(node uint32, t time.Time) {
	if t.IsZero() {
		return
	}
	at := t.UnixMicro()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.put(node, at)
}

// put is set for a caller that holds mu.
func (e *expiry) put(node uint32, at int64) {
	e.at[node] = at
	delete(e.swept, node)
	e.wake = min(e.wake, at)
	e.next.Store(min(e.next.Load(), at))
}

// forget drops a dead node that no reader can see any more.
func (e *expiry) forget(node uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.at, node)
	if _, ok := e.swept[node]; !ok {
		return
	}
	delete(e.swept, node)
	if len(e.swept) == 0 {
		e.next.Store(e.wake)
	}
}

// passed reports whether a node has expired at the moment now.
func (e *expiry) passed(node uint32, now int64) bool {
	if e.next.Load() > now {
		return false
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	at, ok := e.at[node]
	return ok && at <= now
}

// due marks up to n expired nodes as swept and returns them, and reports whether
// there are others.
func (e *expiry) due(now int64, n int) (nodes []uint32, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wake = never
	for node, at := range e.at {
		if _, ok := e.swept[node]; ok {
			continue
		}
		if at <= now && len(nodes) < n {
			nodes = append(nodes, node)
			e.swept[node] = struct{}{}
			continue
		}
		more = more || at <= now
		e.wake = min(e.wake, at)
	}
	if len(e.swept) == 0 {
		e.next.Store(e.wake)
	}
	return nodes, more
}

// back returns nodes that could not be swept.
func (e *expiry) back(nodes []uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, node := range nodes {
		if at, ok := e.at[node]; ok {
			e.put(node, at)
		}
	}
}

// schedule plans a sweep for when the next node expires, but not before delay.
func (e *expiry) schedule(delay time.Duration, sweep func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.wake == never || e.ended {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(max(time.Until(time.UnixMicro(e.wake)), 0)+delay, sweep)
}

// end stops sweeping for good.
func (e *expiry) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// append encodes the nodes: pairs of node and microseconds.
func (e *expiry) append(dst []byte) []byte {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for node, at := range e.at {
		dst = binary.AppendUvarint(dst, uint64(node))
		dst = binary.AppendVarint(dst, at)
	}
	return dst
}

func decodeExpiry(b []byte) (*expiry, error) {
	e := newExpiry()
	for len(b) > 0 {
		node, k := binary.Uvarint(b)
		if k <= 0 || node > math.MaxUint32 {
			return nil, fmt.Errorf("%w: expiry of a node", errSnapshot)
		}
		at, l := binary.Varint(b[k:])
		if l <= 0 {
			return nil, fmt.Errorf("%w: expiry of node %d", errSnapshot, node)
		}
		b = b[k+l:]
		e.put(uint32(node), at)
	}
	return e, nil
}
