package server

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/fronyai/frony-db/db"
)

// tracerName is the instrumentation scope of all spans.
const tracerName = "github.com/fronyai/frony-db/server"

func newTracer(p trace.TracerProvider) trace.Tracer {
	if p == nil {
		p = noop.NewTracerProvider()
	}
	return p.Tracer(tracerName)
}

// startSpan begins the span of a request, within the trace that the client names in
// traceparent. Health checks have none.
func (s *Server) startSpan(r *http.Request, c *call) context.Context {
	ctx := r.Context()
	if healthPaths[r.URL.Path] {
		return ctx
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	ctx, c.span = s.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	return ctx
}

// endSpan records how a request ended. Of its content only the id is recorded, which
// is harmless, and no path, method or name that a client makes up.
func endSpan(c *call, method string, status int) {
	if c.span == nil {
		return
	}
	defer c.span.End()
	if !c.span.IsRecording() {
		return
	}
	method = methodLabel(method)
	name := c.route
	if name == noRoute {
		name = method
	}
	c.span.SetName(name)
	c.span.SetAttributes(
		attribute.String("http.request.method", method),
		attribute.String("http.route", c.route),
		attribute.Int("http.response.status_code", status),
		attribute.String("frony.request_id", c.id),
	)
	if c.code != "" {
		c.span.SetAttributes(attribute.String("error.type", c.code))
	}
	if status >= http.StatusInternalServerError {
		c.span.SetStatus(codes.Error, c.code)
	}
}

func recording(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

// span adds the span of a finished part of the request's work.
func (s *Server) span(ctx context.Context, name string, start, end time.Time, attrs ...attribute.KeyValue) {
	if !recording(ctx) {
		return
	}
	_, span := s.tracer.Start(ctx, name, trace.WithTimestamp(start), trace.WithAttributes(attrs...))
	span.End(trace.WithTimestamp(end))
}

// spanSearch adds the spans of a search and its stages. A stage that ran more than
// once is one span of its total time. The stages are laid end to end, in the order in
// which they began.
func (s *Server) spanSearch(ctx context.Context, collection string, start time.Time, t *db.Trace) {
	if !recording(ctx) {
		return
	}
	ctx, search := s.tracer.Start(ctx, "search", trace.WithTimestamp(start), trace.WithAttributes(
		attribute.String("frony.collection", collection), attribute.String("frony.mode", t.Mode.String()),
		attribute.String("frony.plan", string(t.Plan)), attribute.Int("frony.candidates", t.Candidates)))
	defer search.End(trace.WithTimestamp(start.Add(t.Total)))
	for _, st := range stages(t) {
		if st.took > 0 {
			s.span(ctx, st.name, start, start.Add(st.took))
			start = start.Add(st.took)
		}
	}
}

// stage is a part of a search.
type stage struct {
	name string
	took time.Duration
}

// stages are the parts of a search in the order in which they begin.
func stages(t *db.Trace) []stage {
	return []stage{
		{"embed", t.Embed}, {"filter", t.Filter}, {"graph", t.Graph}, {"rerank", t.Rerank}, {"lexical", t.Lexical}, {"load", t.Load},
	}
}
