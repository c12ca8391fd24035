//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector receives traces by OTLP over HTTP. It is busy at first.
type collector struct {
	mu      sync.Mutex
	asked   int
	headers http.Header
	path    string
	got     []*tracepb.ResourceSpans
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked++; c.asked == 1 {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b, err := io.ReadAll(z)
	var d tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(b, &d)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.headers, c.path, c.got = r.Header, r.URL.Path, append(c.got, d.ResourceSpans...)
}

func TestServeSendsTraces(t *testing.T) {
	c := &collector{}
	h := httptest.NewServer(c)
	defer h.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", h.URL+"/otel/")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Tenant=one%20two")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_SERVICE_NAME", "notes-search")
	url, log, stop := serveFor(t)
	if got := get(t, http.DefaultClient, url+"/v1/collections", ""); got != http.StatusOK {
		t.Fatal(got)
	}
	if code := stop(); code != exitOK {
		t.Fatalf("exit code %d:\n%s", code, log)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path != "/otel/v1/traces" || c.headers.Get("X-Tenant") != "one two" || c.headers.Get("Content-Type") != "application/x-protobuf" {
		t.Error(c.path, c.headers)
	}
	if len(c.got) == 0 {
		t.Fatalf("nothing came; the log says:\n%s", log)
	}
	about := map[string]string{}
	for _, a := range c.got[0].Resource.Attributes {
		about[a.Key] = a.Value.GetStringValue()
	}
	if about["service.name"] != "notes-search" || about["service.version"] == "" {
		t.Error(about)
	}
	if span := c.got[0].ScopeSpans[0].Spans[0]; span.Name != "GET /v1/collections" {
		t.Error(span.Name)
	}
}

func TestTracesExporters(t *testing.T) {
	for _, c := range []struct {
		env  string
		want []string
	}{
		{"", nil},
		{"OTEL_SERVICE_NAME=x OTEL_TRACES_SAMPLER=always_on", nil},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", []string{"otlp"}},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318", []string{"otlp"}},
		{"OTEL_TRACES_EXPORTER=otlp", []string{"otlp"}},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", nil},
		{"OTEL_TRACES_EXPORTER=console,otlp", []string{"console", "otlp"}},
		{"OTEL_SDK_DISABLED=true OTEL_TRACES_EXPORTER=otlp", nil},
	} {
		t.Run(c.env, func(t *testing.T) {
			for f := range strings.FieldsSeq(c.env) {
				k, v, _ := strings.Cut(f, "=")
				t.Setenv(k, v)
			}
			if got := tracesExporters(); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Faults in the settings of traces are all reported at the start, not when the first
// trace is sent.
func TestServeRefusesTraces(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"OTEL_TRACES_EXPORTER", "zipkin", "want otlp, console or none"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "4318"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "want a URL"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "nonsense", "name=value"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "lz4", "gzip or none"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/does/not/exist", "OTEL_EXPORTER_OTLP_CERTIFICATE"},
		{"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/does/not/exist", "CLIENT_KEY"},
	} {
		t.Run(c.key, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
			t.Setenv(c.key, c.value)
			var errOut bytes.Buffer
			args := []string{"serve", "--db", filepath.Join(t.TempDir(), "db"), "--addr", "127.0.0.1:0"}
			if code := run(t.Context(), args, strings.NewReader(""), io.Discard, &errOut); code != exitUsage || !strings.Contains(errOut.String(), c.want) {
				t.Errorf("code %d, %s", code, &errOut)
			}
		})
	}
}
