package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// gateKind says whose slot a request takes.
type gateKind uint8

const (
	gateNone   gateKind = iota
	gateSearch          // searches, reads of documents, embeddings
	gateWrite
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

// work runs a handler within a slot of a gate. Reading the request, searching
// and writing the answer down are all done in it, so that no more requests than
// there are slots compete for the processors; sending the answer is not, so that
// a client that takes it slowly holds no slot, unless the answer is large.
func (s *Server) work(w http.ResponseWriter, r *http.Request, kind gateKind, h http.Handler) {
	g := map[gateKind]*gate{gateSearch: s.searches, gateWrite: s.writes}[kind]
	if g == nil {
		h.ServeHTTP(w, r)
		return
	}
	if p := g.enter(r.Context()); p != nil {
		writeProblem(w, r, p)
		return
	}
	a := &slotAnswer{ResponseWriter: w}
	done := false
	defer func() {
		g.leave()
		if done { // after a panic there is another answer
			a.send()
		}
	}()
	h.ServeHTTP(a, r)
	done = true
}

// slotBytes is the size of answers that are sent after the slot was left.
const slotBytes = 64 << 10

// slotAnswer holds an answer back while it is small.
type slotAnswer struct {
	http.ResponseWriter
	status int
	buf    []byte
	sent   bool
}

func (a *slotAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *slotAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if !a.sent && len(a.buf)+len(b) <= slotBytes {
		a.buf = append(a.buf, b...)
		return len(b), nil
	}
	a.send()
	return a.ResponseWriter.Write(b)
}

// send sends what was held back.
func (a *slotAnswer) send() {
	if a.sent {
		return
	}
	a.sent = true
	if a.status != 0 {
		a.ResponseWriter.WriteHeader(a.status)
	}
	if len(a.buf) > 0 {
		_, _ = a.ResponseWriter.Write(a.buf) // an error is a client that went away
		a.buf = nil
	}
}

// Flush implements http.Flusher.
func (a *slotAnswer) Flush() {
	a.send()
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (a *slotAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
