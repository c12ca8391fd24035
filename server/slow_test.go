package server_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/server"
)

// withLargeTexts is a server with one slot for searches and documents of 20 kB.
func withLargeTexts(t *testing.T, l server.Limits) (b *bench, log *syncBuffer) {
	t.Helper()
	log = &syncBuffer{}
	l.Searches = 1
	b = start(t, &server.Options{Limits: l, Logger: slog.New(slog.NewTextHandler(log, nil))})
	text := "text " + strings.Repeat(".", 20_000) // without words to index
	var docs bytes.Buffer
	for i := range 800 {
		fmt.Fprintf(&docs, `{"id":"%d","text":"%d %s"}`+"\n", i, i, text)
	}
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	if status, got, _ := b.do("POST", notes+"/documents/upload?results=errors", docs.String()); status != 200 || !strings.Contains(got, `"written":800`) {
		t.Fatal(status, got)
	}
	return b, log
}

// slowReader asks for large answers, one after another, and reads none.
func slowReader(t *testing.T, b *bench, k, times int) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"text":"text","k":%d,"mode":"lexical"}`, k)
	request := fmt.Sprintf("POST %s/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", notes, len(body), body)
	_, _ = io.WriteString(c, strings.Repeat(request, times))
	return c
}

// Clients that do not read hold no slot, and nobody else's search is refused, long
// before they are cut off.
func TestSlowReaders(t *testing.T) {
	b, _ := withLargeTexts(t, server.Limits{MinRate: 256, Wait: 30 * time.Second})
	for range 4 {
		slowReader(t, b, 800, 1)
		b.ask(200, "POST", notes+"/search", `{"text":"text"}`)
	}
	for range 50 {
		b.ask(200, "POST", notes+"/search", `{"text":"text"}`)
	}
}

// A large answer arrives whole. A client that does not read it is cut off, so that
// what it has does not look whole, and the log says so in a line.
func TestLargeAnswer(t *testing.T) {
	b, log := withLargeTexts(t, server.Limits{MinRate: 64 << 10})
	v := b.ask(200, "POST", notes+"/search", `{"text":"text","k":800,"mode":"lexical"}`)
	if n := len(b.list(v["matches"])); n != 800 {
		t.Fatal(n)
	}
	c := slowReader(t, b, 800, 1)
	b.await("the slow reader is cut off", func() bool {
		return strings.Contains(b.metrics(), `frony_http_refused_total{code="slow_reader"}`)
	})
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(c); len(got) > 15<<20 || strings.HasSuffix(string(got), "0\r\n\r\n") {
		t.Errorf("an answer of %d bytes that was cut off looks whole", len(got))
	}
	if got := log.String(); strings.Contains(got, "stack") || strings.Contains(got, "panic") || !strings.Contains(got, "error=slow_reader") {
		t.Errorf("the log: %.2000s", got)
	}
}

// Answers have a budget, for each request and in all.
func TestAnswerBytes(t *testing.T) {
	b, _ := withLargeTexts(t, server.Limits{AnswerBytes: 1 << 20, Answers: 2 << 20, MinRate: 1 << 10})
	b.refused(400, "answer_too_large", "POST", notes+"/search", `{"text":"text","k":800,"mode":"lexical"}`)
	b.refused(400, "answer_too_large", "POST", notes+"/search/batch", `{"queries":[`+strings.Repeat(`{"text":"text","mode":"lexical","k":10},`, 9)+`{"text":"text","k":10}]}`)
	b.ask(200, "POST", notes+"/search", `{"text":"text","k":800,"mode":"lexical","fields":[]}`)
	// What is read for snippets counts, although it is not in the answer.
	b.ask(200, "POST", notes+"/search", `{"text":"text","k":40,"mode":"lexical","fields":[],"snippet":20}`)
	b.refused(400, "answer_too_large", "POST", notes+"/search", `{"text":"text","k":800,"mode":"lexical","fields":[],"snippet":20}`)
	b.refused(400, "answer_too_large", "POST", "/v1/search", `{"collections":["notes"],"query":{"text":"text","k":800,"mode":"lexical","fields":[],"snippet":20}}`)
	// A page ends early instead.
	seen, cursor := 0, ""
	for {
		page := b.ask(200, "GET", notes+"/documents?limit=1000&cursor="+cursor, "")
		seen += len(b.list(page["documents"]))
		next, more := page["next"].(string)
		if !more || next == "" {
			break
		}
		cursor = next
	}
	if seen != 800 {
		t.Errorf("the pages have %d documents", seen)
	}
	// Whoever does not read takes the budget, and small answers go on.
	b.await("the budget is taken", func() bool {
		slowReader(t, b, 40, 20)
		status, got, _ := b.do("POST", notes+"/search", `{"text":"text","k":40,"mode":"lexical"}`)
		return status == http.StatusServiceUnavailable && strings.Contains(got, "answers")
	})
	b.await("a small answer", func() bool { // what was sent before may still be at work
		status, _, _ := b.do("POST", notes+"/search", `{"text":"text","k":2}`)
		return status == http.StatusOK
	})
}
