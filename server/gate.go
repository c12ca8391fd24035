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

// standing is how long a queue must not have been empty to be taken for
// overload, and not for a burst.
const standing = 100 * time.Millisecond

// strict is how long a gate stays short after it refused somebody: without it
// the queue would grow and be cut in turns.
const strict = time.Second

// gate lets a number of requests work at one time and a number wait. A burst
// waits as long as it must, up to a limit. A queue that stands means that more
// comes than can be done: then few may wait, and nobody longer than a few times
// the time that a request takes, and the rest are refused at once, because a
// queue that grows answers everybody late (Maurer 2015, "Fail at Scale", after
// CoDel, Nichols and Jacobson 2012).
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
	times   float64           // the time of a request that one may wait when the queue stands
	refused func(code string) // counts

	free atomic.Int64 // when a request last found a slot free, in Unix nanoseconds
	full atomic.Int64 // when one was last refused
	took atomic.Int64 // moving average of the time that slots are held, in nanoseconds
}

func newGate(slots int, l *Limits) *gate {
	return &gate{slots: make(chan struct{}, slots), queue: int64(l.Queue), wait: l.Wait, times: l.Patience}
}

// enter takes a slot; leave gives it back.
func (g *gate) enter(ctx context.Context) *Problem {
	select {
	case g.slots <- struct{}{}:
		g.free.Store(time.Now().UnixNano())
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	queue, wait := g.room()
	if g.waiting.Add(1) > queue {
		return g.overloaded(crowd)
	}
	t := time.NewTimer(wait)
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

// room is how many requests may wait, and how long. In overload so few may that
// half of the patience is enough for them: who is let in is answered, nearly
// always, and who is not hears it at once.
func (g *gate) room() (queue int64, wait time.Duration) {
	now := time.Now().UnixNano()
	if now-g.free.Load() < int64(standing) && now-g.full.Load() > int64(strict) {
		return g.queue, g.wait
	}
	queue = min(g.queue, max(1, int64(g.times/2*float64(cap(g.slots)))))
	return queue, min(g.wait, max(time.Millisecond, time.Duration(g.times*float64(g.took.Load()))))
}

// crowded reports whether enter would refuse now.
func (g *gate) crowded() bool {
	if len(g.slots) < cap(g.slots) {
		return false
	}
	queue, _ := g.room()
	return g.waiting.Load() >= queue
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

// leave gives back a slot that was held for a time.
func (g *gate) leave(held time.Duration) {
	<-g.slots
	old := g.took.Load()
	g.took.Store(old + (int64(held)-old)/16) // a lost update is one sample of many
}

func (g *gate) running() int { return len(g.slots) }

const crowd = "too many requests wait"

func (g *gate) overloaded(why string) *Problem {
	g.full.Store(time.Now().UnixNano())
	if g.refused != nil {
		g.refused("overloaded")
	}
	return refuse(http.StatusServiceUnavailable, "overloaded", "the server is busy: %s", why).after(1).
		hint("try again after the time in Retry-After")
}

// gate returns the gate of a kind, or nil.
func (s *Server) gate(kind gateKind) *gate {
	switch kind {
	case gateSearch:
		return s.searches
	case gateWrite:
		return s.writes
	case gateNone:
	}
	return nil
}

// work runs a handler within a slot of a gate. Reading the request, searching
// and writing the answer down are all done in it, so that no more requests than
// there are slots compete for the processors; sending the answer is not, so that
// a client that takes it slowly holds no slot, unless the answer is large.
func (s *Server) work(w http.ResponseWriter, r *http.Request, kind gateKind, h http.Handler) {
	g := s.gate(kind)
	if g == nil {
		h.ServeHTTP(w, r)
		return
	}
	came := time.Now()
	if p := g.enter(r.Context()); p != nil {
		writeProblem(w, r, p)
		return
	}
	began := time.Now()
	if waited := began.Sub(came); waited > time.Millisecond {
		s.span(r.Context(), "wait", came, began)
	}
	a := &slotAnswer{ResponseWriter: w}
	done := false
	defer func() {
		g.leave(time.Since(began))
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
