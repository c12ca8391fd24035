package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func (b *bench) metrics() string {
	w := httptest.NewRecorder()
	b.s.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// Every document of every collection gets its self-query, part by part. The result is
// a metric of the collection, until that is dropped.
func TestCheck(t *testing.T) {
	b := start(t, nil)
	for name, docs := range map[string]string{"one": `{"id":"1","text":"a"},{"id":"2","text":"b"},{"id":"3","text":"c"}`, "two": `{"id":"1","text":"a"}`} {
		b.ask(201, "POST", "/v1/collections", `{"name":"`+name+`","graph":"always"}`)
		b.ask(200, "PUT", "/v1/collections/"+name+"/documents", `{"documents":[`+docs+`]}`)
	}
	if m := b.metrics(); strings.Contains(m, "frony_unreachable_documents{") {
		t.Error("the metric has collections that were not checked")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { b.s.Check(ctx, 2); close(ended) }()
	await := func(has bool, lines ...string) {
		t.Helper()
		b.await(fmt.Sprintf("metrics: %v %q", has, lines), func() bool {
			m := b.metrics()
			return !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(m, line) != has })
		})
	}
	await(true, `frony_checked_documents_total{collection="one"} 3`, `frony_checked_documents_total{collection="two"} 1`,
		`frony_unreachable_documents{collection="one"} 0`, `frony_unreachable_documents{collection="two"} 0`)
	b.ask(200, "DELETE", "/v1/collections/two", "")
	await(false, `frony_unreachable_documents{collection="two"}`)
	cancel()
	<-ended
}
