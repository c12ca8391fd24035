// Package gate lets operations in until it is closed, and keeps them out for a
// moment when something must run alone.
package gate

import (
	"context"
	"sync"
	"time"
)

// Gate counts the operations inside it. Its methods may be called concurrently.
type Gate struct {
	refusal error // of Enter and Pause once the gate is closed

	mu     sync.Mutex // guards the fields below
	cond   sync.Cond
	inside int
	paused bool // operations that arrive wait
	closed bool
}

// New returns an open gate. Enter and Pause return refusal once it is closed.
func New(refusal error) *Gate {
	g := &Gate{refusal: refusal}
	g.cond.L = &g.mu
	return g
}

// Enter begins an operation, which Leave ends. It waits while the gate is
// paused, and returns the refusal once it is closed.
func (g *Gate) Enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.paused && !g.closed {
		g.cond.Wait()
	}
	if g.closed {
		return g.refusal
	}
	g.inside++
	return nil
}

// Leave ends an operation that Enter began.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 {
		g.cond.Broadcast()
	}
}

// Close refuses new operations and waits for those inside. It returns false if
// the gate was closed already.
func (g *Gate) Close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.closed = true
	g.cond.Broadcast() // to operations that a pause holds
	for g.inside > 0 || g.paused {
		g.cond.Wait()
	}
	return true
}

// A pause holds new operations for firstWait while it waits for those inside. If they
// have not ended by then, it lets others in for restFactor times as long and tries
// again, each time with twice the wait, up to longestWait.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 2 * time.Second
	restFactor  = 4
)

// Pause waits until no operation is inside and holds new ones until Resume. It
// returns the refusal once the gate is closed, and the context's error.
//
// An operation inside may wait for one that arrives: a loop over Scan may call
// Upsert. So a pause that has waited too long lets others in and tries again.
func (g *Gate) Pause(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		for g.paused && !g.closed {
			g.cond.Wait()
		}
		switch {
		case g.closed:
			return g.refusal
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if g.hold(wait) {
			return nil
		}
		g.mu.Unlock()
		rest(ctx, restFactor*wait)
		g.mu.Lock()
	}
}

// Resume lets operations in again after a Pause.
func (g *Gate) Resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = false
	g.cond.Broadcast()
}

// Retire ends a pause by closing the gate: operations that the pause holds are
// refused. It returns false if the gate was closed already.
func (g *Gate) Retire() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := !g.closed
	g.closed, g.paused = true, false
	g.cond.Broadcast()
	return open
}

// hold holds new operations, and reports whether none is inside when the wait ends.
func (g *Gate) hold(wait time.Duration) bool {
	g.paused = true
	late := false
	defer time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		late = true
		g.cond.Broadcast()
	}).Stop()
	for g.inside > 0 && !late {
		g.cond.Wait()
	}
	if g.inside > 0 {
		g.paused = false
		g.cond.Broadcast()
	}
	return g.paused
}

// rest waits for d or until the context ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
