package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/fronyai/frony-db/server/admit"
)

// receive reads the body as the endpoint wants it, within the limits of size, pace
// and bytes in flight, and runs the handler within a slot.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, e endpoint, h http.Handler) {
	l := &s.opts.Limits
	rc := http.NewResponseController(w)
	if e.body != bodyWhole {
		s.work(w, r, e, h)
		return
	}
	if q := s.queue(e.slot); q != nil && q.Full(clientOf(r)) {
		// Before any of the body is read: a refusal costs next to nothing.
		writeProblem(w, r, q.Refuse())
		return
	}
	bodies := s.bodies
	if e.slot == slotWrite {
		bodies = s.writeBodies
	}
	// A writer that knows no deadlines is a test's recorder.
	_ = rc.SetWriteDeadline(time.Now().Add(l.Receive + l.Answer))
	b, p := bodies.Read(r, clientOf(r), func(t time.Time) { _ = rc.SetReadDeadline(t) })
	defer b.Release()
	if p != nil {
		w.Header().Set("Connection", "close")
		s.metrics.refused(p.Detail.Code)
		writeProblem(w, r, p)
		return
	}
	// The connection is still read, to notice a client that goes away: without a
	// deadline, or every request would end with it.
	_ = rc.SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(b.Bytes))
	r.ContentLength = int64(len(b.Bytes))
	r.Header.Del("Content-Encoding")
	if r.Header.Get("Idempotency-Key") != "" {
		h = s.replayed(b.Bytes, h)
	}
	s.work(w, r, e, h)
}

// clientOf says who is charged for a request's memory: the key, or without one the
// address.
func clientOf(r *http.Request) string {
	if name := callOf(r.Context()).keyName(); name != "" {
		return "key " + name
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// replayed runs the handler once for an Idempotency-Key.
func (s *Server) replayed(body []byte, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.replays.Serve(w, r, callOf(r.Context()).keyName(), body, h); p != nil {
			writeProblem(w, r, p)
		}
	})
}

// slotKind says which queue's slot a request takes.
type slotKind uint8

const (
	slotNone   slotKind = iota
	slotSearch          // searches, reads of documents, embeddings
	slotWrite
)

// queue returns the queue of a kind, or nil.
func (s *Server) queue(kind slotKind) *admit.Queue {
	switch kind {
	case slotSearch:
		return s.searches
	case slotWrite:
		return s.writes
	case slotNone:
	}
	return nil
}

// work makes an answer within a slot and sends it without. Decoding the request,
// searching and encoding the answer are all done in the slot, so that no more
// requests than there are slots compete for the processors. A client that reads
// slowly holds only memory, which is charged to it, and is cut off if it falls below
// the least pace.
func (s *Server) work(w http.ResponseWriter, r *http.Request, e endpoint, h http.Handler) {
	if e.body == bodyStream {
		h.ServeHTTP(w, r)
		return
	}
	l := &s.opts.Limits
	a := admit.NewAnswer(w, s.answers.Account(clientOf(r)), l.AnswerBytes)
	defer a.Close()
	if !s.compute(a, r, e.slot, h) {
		return
	}
	if p := a.Refused(); p != nil {
		s.metrics.refused(p.Detail.Code)
		writeProblem(w, r, p)
		return
	}
	err := a.Send(admit.Pace{Rate: l.MinRate, Total: l.Answer})
	if err == nil {
		return
	}
	c := callOf(r.Context())
	c.code = "cancelled"
	if errors.Is(err, admit.ErrSlow) {
		c.code = "slow_reader"
		s.metrics.refused(c.code)
	}
	panic(http.ErrAbortHandler) // half an answer must not look like a whole one
}

// compute runs a handler within a slot. It reports whether the handler ran.
func (s *Server) compute(a *admit.Answer, r *http.Request, kind slotKind, h http.Handler) bool {
	q := s.queue(kind)
	if q == nil {
		h.ServeHTTP(a, r)
		return true
	}
	arrived, name := time.Now(), clientOf(r)
	if p := q.Enter(r.Context(), name); p != nil {
		writeProblem(a.ResponseWriter, r, p)
		return false
	}
	began := time.Now()
	defer func() { q.Leave(name, time.Since(began)) }()
	if waited := began.Sub(arrived); waited > time.Millisecond {
		s.span(r.Context(), "wait", arrived, began)
	}
	h.ServeHTTP(a, r)
	return true
}
