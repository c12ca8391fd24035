package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/server"
)

// traced is a server whose spans are kept.
func traced(t *testing.T) (*bench, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	b := start(t, &server.Options{Tracer: p, MCPWrites: true})
	b.ask(201, "POST", "/v1/collections", `{"name":"secretnotes"}`)
	b.ask(200, "PUT", "/v1/collections/secretnotes/documents", `{"documents":[{"id":"secretid","text":"secret text","metadata":{"lang":"secretlang"}}]}`)
	spans.Reset()
	return b, spans
}

func attributes(s sdktrace.ReadOnlySpan) map[string]string {
	m := map[string]string{}
	for _, a := range s.Attributes() {
		m[string(a.Key)] = a.Value.String()
	}
	return m
}

// A search is a span within the client's trace, with the spans of its stages inside.
func TestSpansOfASearch(t *testing.T) {
	t.Parallel()
	b, spans := traced(t)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	b.ask(200, "POST", "/v1/collections/secretnotes/search", `{"text":"secret text","filter":"lang = \"secretlang\""}`, "traceparent", parent)
	byName := map[string]sdktrace.ReadOnlySpan{}
	for _, s := range spans.Ended() {
		byName[s.Name()] = s
		if got := s.SpanContext().TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is in the trace %s", s.Name(), got)
		}
	}
	request := byName["POST /v1/collections/{collection}/search"]
	search := byName["search"]
	if request == nil || search == nil {
		t.Fatal("there are only ", byName)
	}
	if got := request.Parent().SpanID().String(); got != "b7ad6b7169203331" || request.SpanKind() != trace.SpanKindServer {
		t.Errorf("the request's parent is %s, its kind %s", got, request.SpanKind())
	}
	if a := attributes(request); a["http.response.status_code"] != "200" || a["frony.request_id"] == "" {
		t.Error(a)
	}
	if search.Parent().SpanID() != request.SpanContext().SpanID() || attributes(search)["frony.plan"] != "exact matches" {
		t.Error(search.Parent(), attributes(search))
	}
	for _, name := range []string{"embed", "rerank", "load"} {
		s := byName[name]
		if s == nil || s.Parent().SpanID() != search.SpanContext().SpanID() || s.EndTime().Before(s.StartTime()) || s.StartTime().Before(search.StartTime()) {
			t.Errorf("%s: %v", name, s)
		}
	}
}

// Nothing of a request's content is in a span, at any endpoint, except the name of a
// collection that was searched.
func TestSpansKeepSecrets(t *testing.T) {
	t.Parallel()
	b, spans := traced(t)
	b.do("POST", "/v1/collections/secretnotes/search", `{"text":"secret text","filter":"lang = \"secretlang\""}`)
	b.do("POST", "/v1/collections/secretnotes/search", `{"text":"secret text","filter":"secretlang secretlang"}`)
	b.do("POST", "/v1/collections/secretother/search", `{"text":"secret text"}`)
	b.ask(200, "POST", "/v1/search", `{"collections":["secretn*","secretnotes"],"query":{"text":"secret text"}}`)
	b.do("GET", "/v1/collections/secretnotes/documents/secretid?fields=text", "")
	b.do("GET", "/secretpath?secret=1", "", "Authorization", "Bearer secretkey", "User-Agent", "secretagent", "tracestate", "secret=1")
	b.do("SECRET", "/v1/collections", "")
	b.do("POST", "/v1/embeddings", `{"input":"secret text","model":"frony-query"}`)
	b.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"collection":"secretnotes","text":"secret"}}}`,
		"Accept", "application/json, text/event-stream")
	b.do("GET", "/healthz", "")
	var names []string
	for _, s := range spans.Ended() {
		names = append(names, s.Name())
		a := attributes(s)
		if name := a["frony.collection"]; name != "" && name != "secretnotes" {
			t.Errorf("a span says the collection is %q", name)
		}
		delete(a, "frony.collection")
		if all := fmt.Sprint(s.Name(), a, s.Events(), s.Status()); strings.Contains(all, "secret") || strings.Contains(all, "SECRET") {
			t.Errorf("a span says %s", all)
		}
		if s.Name() == "POST /mcp" && s.Status().Code != 0 {
			t.Error(s.Status())
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, want := range []string{"GET", "_OTHER", "POST /mcp", "POST /v1/embeddings", "embed", "search"} {
		if !slices.Contains(names, want) {
			t.Errorf("no span %q among %q", want, names)
		}
	}
	if slices.Contains(names, "GET /healthz") {
		t.Error("health checks are traced")
	}
}

func TestSpanOfAFailure(t *testing.T) {
	t.Parallel()
	b, spans := traced(t)
	b.refused(http.StatusBadRequest, "invalid_filter", "POST", "/v1/collections/secretnotes/search", `{"text":"a","filter":"a =="}`)
	s := spans.Ended()[0]
	if a := attributes(s); a["error.type"] != "invalid_filter" || s.Status().Code != 0 {
		t.Error(a, s.Status(), "want the code, and no failure of the server's")
	}
}
