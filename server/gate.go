package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// gate lets a number of requests work at one time and a number wait. Those that
// come when both are full are refused at once: a queue that grows answers
// everybody late.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
	refused func(code string) // counts
}

func newGate(slots, queue int, wait time.Duration) *gate {
	return &gate{slots: make(chan struct{}, slots), queue: int64(queue), wait: wait}
}

// enter takes a slot; leave gives it back.
func (g *gate) enter(ctx context.Context) *Problem {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return g.overloaded("too many requests wait")
	}
	t := time.NewTimer(g.wait)
	defer t.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-t.C:
		return g.overloaded("no slot became free in time")
	case <-ctx.Done():
		return refuse(statusClosed, "cancelled", "the client went away")
	}
}

// enterPatiently waits as long as ctx lives: for streams, which slow down
// instead of failing.
func (g *gate) enterPatiently(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.slots }

func (g *gate) running() int { return len(g.slots) }

func (g *gate) overloaded(why string) *Problem {
	if g.refused != nil {
		g.refused("overloaded")
	}
	return refuse(http.StatusServiceUnavailable, "overloaded", "the server is busy: %s", why).after(1).
		hint("try again after the time in Retry-After")
}
