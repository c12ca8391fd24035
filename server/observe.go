package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/server/compat"
	"github.com/fronyai/frony-db/server/keys"
)

// call is what is known about a request besides its content.
type call struct {
	id    string
	route string // the pattern, so that metrics don't grow with names
	key   *keys.Key
	shape compat.Shape
	code  string     // of the error that was answered
	size  int64      // bytes of the documents in the answer, about
	span  trace.Span // nil for health, or outside of a request
}

// noRoute is the route of a request that matches none.
const noRoute = "none"

type callKey struct{}

// callOf returns the request's call; outside of a request it is empty.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// keyName is the name of the request's key, empty without one.
func (c *call) keyName() string {
	if c.key == nil {
		return ""
	}
	return c.key.Name
}

func requestID(ctx context.Context) string { return callOf(ctx).id }

// observe gives each request an id, counts and logs it, and recovers its panics.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: wantedID(r.Header.Get("X-Request-Id")), route: noRoute}
		ctx := context.WithValue(s.startSpan(r, c), callKey{}, c)
		r = r.WithContext(ctx)
		rec := &recorder{ResponseWriter: w}
		rec.Header().Set("X-Request-Id", c.id)
		rec.Header().Set("X-Content-Type-Options", "nosniff")
		start := time.Now()
		done := s.metrics.begin()
		defer func() {
			v := recover()
			if v != nil && v != http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
				s.log.ErrorContext(ctx, "panic", "id", c.id, "route", c.route, "panic", v, "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeProblem(rec, r, refuseInternal())
				}
			}
			took := time.Since(start)
			done(c.route, r.Method, rec.code(), took)
			endSpan(c, r.Method, rec.code())
			s.logRequest(ctx, r, c, rec, took)
			if v != nil && rec.aborted(v) {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
		}()
		next.ServeHTTP(rec, r)
		rec.clean = true
	})
}

func (s *Server) logRequest(ctx context.Context, r *http.Request, c *call, rec *recorder, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case rec.code() >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case healthPaths[r.URL.Path]:
		level = slog.LevelDebug
	}
	if !s.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", c.id), slog.String("method", r.Method), slog.String("route", c.route),
		slog.Int("status", rec.code()), slog.Duration("took", took), slog.Int64("bytes", rec.bytes),
		slog.String("key", c.keyName()), slog.String("remote", r.RemoteAddr),
	}
	if c.code != "" {
		attrs = append(attrs, slog.String("error", c.code))
	}
	if c.span != nil && c.span.SpanContext().IsSampled() {
		attrs = append(attrs, slog.String("trace", c.span.SpanContext().TraceID().String()))
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
}

// wantedID is the id that the client wants, if it is harmless in a log, or a new one.
func wantedID(id string) string {
	ok := id != "" && len(id) <= 64
	for i := range len(id) {
		b := id[i]
		ok = ok && (b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b == '_' || b == '.')
	}
	if ok {
		return id
	}
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// recorder remembers the status and the size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	clean  bool // the handler returned
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher, for handlers that check for it.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// aborted reports whether an answer was begun and not finished.
func (r *recorder) aborted(v any) bool {
	return v == http.ErrAbortHandler || !r.clean && r.status != http.StatusInternalServerError //nolint:errorlint // as net/http does
}
