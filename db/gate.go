package db

import "sync"

// gate lets operations in until it is shut, and then waits for those inside.
type gate struct {
	mu     sync.Mutex
	cond   sync.Cond
	inside int
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
	for g.inside > 0 {
		g.cond.Wait()
	}
	return true
}
