package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (b *bench) metrics() string {
	w := httptest.NewRecorder()
	b.s.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// Every document of every collection is asked for, in parts, and what was found
// is a metric of the collection, until the collection is gone.
func TestCheck(t *testing.T) {
	b := start(t, nil)
	for name, docs := range map[string]string{"one": `{"id":"1","text":"a"},{"id":"2","text":"b"},{"id":"3","text":"c"}`, "two": `{"id":"1","text":"a"}`} {
		b.ask(201, "POST", "/v1/collections", `{"name":"`+name+`"}`)
		b.ask(200, "PUT", "/v1/collections/"+name+"/documents", `{"documents":[`+docs+`]}`)
	}
	if m := b.metrics(); strings.Contains(m, "frony_unreachable_documents{") {
		t.Error("the metric speaks of collections that nobody has checked")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { b.s.Check(ctx, 2); close(ended) }()
	await := func(has bool, lines ...string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			m, ok := b.metrics(), true
			for _, line := range lines {
				ok = ok && strings.Contains(m, line) == has
			}
			if ok {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("metrics, want %v %q:\n%s", has, lines, m)
			}
		}
	}
	await(true, `frony_checked_documents_total{collection="one"} 3`, `frony_checked_documents_total{collection="two"} 1`,
		`frony_unreachable_documents{collection="one"} 0`, `frony_unreachable_documents{collection="two"} 0`)
	b.ask(200, "DELETE", "/v1/collections/two", "")
	await(false, `frony_unreachable_documents{collection="two"}`)
	cancel()
	<-ended
}
