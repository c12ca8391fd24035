package db

import "sync"

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

// pause waits for what is inside, and makes what comes wait, until resume.
func (g *gate) pause() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.held && !g.shut {
		g.cond.Wait()
	}
	if g.shut {
		return ErrClosed
	}
	g.held = true
	for g.inside > 0 {
		g.cond.Wait()
	}
	return nil
}

func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = false
	g.cond.Broadcast()
}
