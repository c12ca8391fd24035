package server

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// receive reads the body as the door wants it, within the limits of size,
// time and bytes in flight, and runs the handler within the door's gate.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, d door, h http.Handler) {
	l := &s.opts.Limits
	rc := http.NewResponseController(w)
	now := time.Now()
	// A writer that knows no deadlines is a test's recorder.
	_ = rc.SetWriteDeadline(now.Add(l.Receive + l.Answer))
	if d.body != bodyWhole {
		s.work(w, r, d.gate, h)
		return
	}
	if g := s.gate(d.gate); g != nil && g.crowded() {
		// Before anything of the body is read: a refusal costs next to nothing.
		writeProblem(w, r, g.overloaded(crowd))
		return
	}
	_ = rc.SetReadDeadline(now.Add(l.Receive))
	b, release, p := s.readBody(r)
	defer release()
	if p != nil {
		w.Header().Set("Connection", "close")
		s.metrics.refused(p.Detail.Code)
		writeProblem(w, r, p)
		return
	}
	// The connection is still read, to notice a client that goes away: without
	// a deadline, or every request would end with it.
	_ = rc.SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(b))
	r.ContentLength = int64(len(b))
	r.Header.Del("Content-Encoding")
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		next := h
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.replay(w, r, key, b, next) })
	}
	s.work(w, r, d.gate, h)
}

// readBody reads and decodes a body. release gives its bytes back to those that
// may be in flight.
func (s *Server) readBody(r *http.Request) (b []byte, release func(), p *Problem) {
	l := &s.opts.Limits
	var held int64
	release = func() { s.inFlight.Release(held) }
	hold := func(n int64) bool {
		if n <= held {
			return true
		}
		if !s.inFlight.TryAcquire(n - held) {
			return false
		}
		held = n
		return true
	}
	full := refuse(http.StatusServiceUnavailable, "overloaded", "too many bytes of other requests are in flight").after(1)
	large := refuse(http.StatusRequestEntityTooLarge, "too_large", "the body has more than %d bytes", l.Body).
		hint("send less at a time, or use the upload")
	if r.ContentLength > l.Body {
		return nil, release, large
	}
	if !hold(max(r.ContentLength, 0)) {
		return nil, release, full
	}
	src, p := decoder(r)
	if p != nil {
		return nil, release, p
	}
	defer func() { _ = src.Close() }()
	var buf bytes.Buffer
	for {
		n, err := io.CopyN(&buf, src, 64<<10)
		switch {
		case int64(buf.Len()) > l.Body:
			return nil, release, large
		case !hold(int64(buf.Len())):
			return nil, release, full
		case errors.Is(err, io.EOF) && n < 64<<10:
			return buf.Bytes(), release, nil
		case err != nil:
			return nil, release, unread(err)
		}
	}
}

// unread says why a body could not be read.
func unread(err error) *Problem {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return refuse(http.StatusRequestTimeout, "timeout", "the body did not arrive in time")
	}
	return refuse(http.StatusBadRequest, "incomplete_body", "the body could not be read to its end")
}

// decoder undoes the body's Content-Encoding. What comes out is counted by the
// caller, so a small body that grows without end is stopped.
func decoder(r *http.Request) (io.ReadCloser, *Problem) {
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
		return io.NopCloser(r.Body), nil
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "incomplete_body", "the body is not gzip")
		}
		return z, nil
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(16<<20), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "incomplete_body", "the body is not zstd")
		}
		return z.IOReadCloser(), nil
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "unsupported_encoding", "Content-Encoding %.40q", enc).hint("use gzip, zstd or none")
	}
}
