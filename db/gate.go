package db

import (
	"context"
	"sync"
	"time"
)

// gate lets operations in until it is shut, and then waits for those inside.
type gate struct {
	mu     sync.Mutex
	cond   sync.Cond
	inside int
	held   bool // paused: who comes waits
	shut   bool
}

func newGate() *gate {
	g := &gate{}
	g.cond.L = &g.mu
	return g
}

func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.held && !g.shut {
		g.cond.Wait()
	}
	if g.shut {
		return ErrClosed
	}
	g.inside++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 {
		g.cond.Broadcast()
	}
}

// close refuses what comes and waits for what is inside. It returns false if
// the gate was shut already.
func (g *gate) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false
	}
	g.shut = true
	g.cond.Broadcast() // to those that a pause holds
	for g.inside > 0 || g.held {
		g.cond.Wait()
	}
	return true
}

// again enters once more for an operation that is inside already and goes on in
// the background: it waits for nothing, as a pause would wait for it.
func (g *gate) again() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside++
}

// patience is how long a pause keeps others out while it waits for those inside,
// the first time. Each time it is twice as long, as what is inside may take longer
// than that, up to patienceMax; it lets others in for patienceRest times as long.
const (
	patience     = 50 * time.Millisecond
	patienceMax  = 2 * time.Second
	patienceRest = 4
)

// pause waits until nothing is inside, and makes what comes wait, until resume.
//
// Who is inside may wait for who comes: a loop over Scan calls Upsert. So a pause
// that has waited for long lets them in, and tries again.
func (g *gate) pause(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for wait := patience; ; wait = min(2*wait, patienceMax) {
		for g.held && !g.shut {
			g.cond.Wait()
		}
		switch {
		case g.shut:
			return ErrClosed
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if g.hold(wait) {
			return nil
		}
		g.mu.Unlock()
		rest(ctx, patienceRest*wait)
		g.mu.Lock()
	}
}

// rest waits, or until the context ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// hold keeps others out and reports whether nothing is inside before the wait ends.
func (g *gate) hold(wait time.Duration) bool {
	g.held = true
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
		g.held = false
		g.cond.Broadcast()
	}
	return g.held
}

func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = false
	g.cond.Broadcast()
}
