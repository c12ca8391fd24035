package server

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/fronyai/frony-db/server/admit"
)

// receive reads the body as the endpoint wants it, within the limits of size, time
// and bytes in flight, and runs the handler within a slot.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, e endpoint, h http.Handler) {
	l := &s.opts.Limits
	rc := http.NewResponseController(w)
	now := time.Now()
	// A writer that knows no deadlines is a test's recorder.
	_ = rc.SetWriteDeadline(now.Add(l.Receive + l.Answer))
	if e.body != bodyWhole {
		s.work(w, r, e.slot, h)
		return
	}
	if q := s.queue(e.slot); q != nil && q.Full() {
		// Before any of the body is read: a refusal costs next to nothing.
		writeProblem(w, r, q.Refuse())
		return
	}
	_ = rc.SetReadDeadline(now.Add(l.Receive))
	b, release, p := s.bodies.Read(r)
	defer release()
	if p != nil {
		w.Header().Set("Connection", "close")
		s.metrics.refused(p.Detail.Code)
		writeProblem(w, r, p)
		return
	}
	// The connection is still read, to notice a client that goes away: without a
	// deadline, or every request would end with it.
	_ = rc.SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(b))
	r.ContentLength = int64(len(b))
	r.Header.Del("Content-Encoding")
	if r.Header.Get("Idempotency-Key") != "" {
		h = s.replayed(b, h)
	}
	s.work(w, r, e.slot, h)
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

// work runs a handler within a slot. Decoding the request, searching and encoding
// the answer are all done in it, so that no more requests than there are slots
// compete for the processors. Sending the answer is not, unless it is large: a
// client that reads slowly holds no slot.
func (s *Server) work(w http.ResponseWriter, r *http.Request, kind slotKind, h http.Handler) {
	q := s.queue(kind)
	if q == nil {
		h.ServeHTTP(w, r)
		return
	}
	arrived := time.Now()
	if p := q.Enter(r.Context()); p != nil {
		writeProblem(w, r, p)
		return
	}
	began := time.Now()
	if waited := began.Sub(arrived); waited > time.Millisecond {
		s.span(r.Context(), "wait", arrived, began)
	}
	a := &admit.Answer{ResponseWriter: w}
	done := false
	defer func() {
		q.Leave(time.Since(began))
		if done { // after a panic there is another answer
			a.Send()
		}
	}()
	h.ServeHTTP(a, r)
	done = true
}
