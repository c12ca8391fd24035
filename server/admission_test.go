package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/server"
)

// A body is charged for what has arrived, to the client that sends it, and writes
// apart from searches. Small bodies always pass.
func TestBytesInFlight(t *testing.T) {
	t.Parallel()
	b := keyed(t, &server.Options{Limits: server.Limits{Body: 1 << 20, InFlight: 2 << 20}})
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"text":"x"}]}`)
	// hog announces a body that takes all bytes of a client, and sends some of it.
	hog := func(key string, sent int) net.Conn {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		fmt.Fprintf(c, "POST %s/search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n%s",
			notes, secrets[key], strings.Repeat(" ", sent))
		return c
	}
	small, large := `{"text":"x"}`, `{"text":"`+strings.Repeat("x", 200_000)+`"}`
	b.key = secrets["reader"]
	for range 64 {
		hog("reader", 1)
	}
	for range 20 {
		b.ask(200, "POST", notes+"/search", large)
	}
	c := hog("reader", 990_000)
	b.await("the bytes are taken", func() bool {
		status, got, h := b.do("POST", notes+"/search", large)
		if status == 503 && strings.Contains(got, "overloaded") && h.Get("Retry-After") == "1" {
			return true
		}
		// It is not there yet, or came during the request and was refused in its place.
		_ = c.Close()
		c = hog("reader", 990_000)
		return false
	})
	b.ask(200, "POST", notes+"/search", small)
	b.key = secrets["writer"]
	b.ask(200, "POST", notes+"/search", large)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"text":"`+strings.Repeat("x", 200_000)+`"}]}`)
	b.key = secrets["reader"]
	_ = c.Close()
	b.await("the bytes are given back", func() bool {
		status, _, _ := b.do("POST", notes+"/search", large)
		return status == 200
	})
}

// JSON of many small values is refused before it is decoded: it takes far more memory
// than as text.
func TestBodyWeight(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.refused(400, "limit_exceeded", "PUT", notes+"/documents", `{"documents":[`+strings.Repeat("{},", 60_000)+`{}]}`)
	b.refused(413, "too_large", "PUT", notes+"/documents", `{"documents":[{"embedding":[`+strings.Repeat("1,", 10<<20)+`1]}]}`)
	b.refused(413, "too_large", "POST", notes+"/search", `{"embedding":[`+strings.Repeat("1,", 10<<20)+`1]}`)
	b.refused(400, "invalid_embedding", "PUT", notes+"/documents", `{"documents":[{"embedding":[`+strings.Repeat("1,", 1<<20)+`1]}]}`)
}

func TestRate(t *testing.T) {
	t.Parallel()
	b := keyed(t, &server.Options{Limits: server.Limits{Rate: 0.5, Burst: 3}})
	b.key = secrets["reader"]
	for range 3 {
		b.ask(200, "GET", "/v1/collections", "")
	}
	b.refused(429, "rate_limited", "GET", "/v1/collections", "")
	_, _, h := b.do("GET", "/v1/collections", "")
	if s := h.Get("Retry-After"); s != "1" && s != "2" {
		t.Errorf("Retry-After %q", s)
	}
	b.key = secrets["writer"] // has an allowance of its own
	b.ask(200, "GET", "/v1/collections", "")
	for range 5 {
		if status, _, _ := b.do("GET", "/livez", ""); status != 200 {
			t.Fatal(status)
		}
	}
}

// moody is an embedder that panics or waits when it is told to.
type moody struct {
	*embeddertest.Fake
	panics atomic.Bool
	hold   chan struct{} // if not nil, queries wait for it
	began  atomic.Int64
}

func (m *moody) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	m.began.Add(1)
	if m.panics.Load() {
		panic("the secret text is " + text)
	}
	if m.hold != nil {
		select {
		case <-m.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return m.Fake.EmbedQuery(ctx, text)
}

func TestPanic(t *testing.T) {
	t.Parallel()
	m := &moody{Fake: embeddertest.New(384, 1)}
	b := startWith(t, m, nil)
	b.ask(200, "PUT", notes+"/documents?create=true", `{"documents":[{"text":"x"}]}`)
	m.panics.Store(true)
	for range 100 { // more than there are slots
		if e := b.refused(500, "internal", "POST", notes+"/search", `{"text":"x"}`); strings.Contains(fmt.Sprint(e), "secret") {
			t.Fatal(e)
		}
	}
	m.panics.Store(false)
	b.ask(200, "POST", notes+"/search", `{"text":"x"}`)
}

func TestOverload(t *testing.T) {
	m := &moody{Fake: embeddertest.New(384, 1), hold: make(chan struct{})}
	b := startWith(t, m, &server.Options{Limits: server.Limits{Searches: 2, Queue: 3, Wait: 50 * time.Millisecond}})
	b.ask(200, "PUT", notes+"/documents?create=true", `{"documents":[{"text":"x"}]}`)
	var wg sync.WaitGroup
	var ok atomic.Int64
	for range 2 {
		wg.Go(func() {
			if status, _, _ := b.do("POST", notes+"/search", `{"text":"x"}`); status == 200 {
				ok.Add(1)
			}
		})
	}
	b.await("two searches run", func() bool { return m.began.Load() == 2 })
	begin := time.Now()
	for range 20 {
		wg.Go(func() {
			status, got, h := b.do("POST", notes+"/search", `{"text":"x"}`)
			if status != 503 || !strings.Contains(got, `"overloaded"`) || h.Get("Retry-After") == "" {
				t.Errorf("%d %s", status, got)
			}
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("refused after %s", took)
			}
		})
	}
	b.await("all others are refused", func() bool {
		return strings.Contains(b.metrics(), `frony_http_refused_total{code="overloaded"} 20`)
	})
	b.ask(200, "GET", "/v1/collections", "") // what needs no slot goes on
	close(m.hold)
	wg.Wait()
	if ok.Load() != 2 {
		t.Errorf("%d of 2 accepted searches ended well", ok.Load())
	}
	b.ask(200, "POST", notes+"/search", `{"text":"x"}`)
}

// When no more requests may wait, one is refused before its body arrives.
func TestRefusedWithoutBody(t *testing.T) {
	m := &moody{Fake: embeddertest.New(384, 1), hold: make(chan struct{})}
	b := startWith(t, m, &server.Options{Limits: server.Limits{Searches: 1, Queue: 1, Wait: time.Minute}})
	b.ask(200, "PUT", notes+"/documents?create=true", `{"documents":[{"text":"x"}]}`)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { b.ask(200, "POST", notes+"/search", `{"text":"x"}`) })
	}
	b.await("one search waits", func() bool { return strings.Contains(b.metrics(), "frony_searches_waiting 1") })
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second)) // the body has 30
	fmt.Fprintf(c, "POST %s/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", notes)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Error(res.Status)
	}
	close(m.hold)
	wg.Wait()
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	b := keyed(t, nil)
	const key = "Idempotency-Key"
	body := `{"documents":[{"text":"once"}]}`
	first := b.list(b.ask(201, "POST", notes+"/documents", body, key, "k1")["ids"])
	status, _, h := b.do("POST", notes+"/documents", body, key, "k1")
	if status != 201 || h.Get("Idempotency-Replayed") != "true" {
		t.Fatal(status, h)
	}
	if again := b.list(b.ask(201, "POST", notes+"/documents", body, key, "k1")["ids"]); again[0] != first[0] {
		t.Fatal(first, again)
	}
	b.refused(422, "idempotency_mismatch", "POST", notes+"/documents", `{"documents":[{"text":"twice"}]}`, key, "k1")
	b.ask(201, "POST", "/v1/collections/mine/documents", body, key, "k1") // another path, another request
	b.key = secrets["writer"]
	if other := b.list(b.ask(201, "POST", notes+"/documents", body, key, "k1")["ids"]); other[0] == first[0] {
		t.Fatal("one key heard the answer to another")
	}
	// A failed request may be tried again.
	b.refused(400, "invalid_text", "POST", notes+"/documents", `{"documents":[{"id":"a"}]}`, key, "k2")
	b.ask(201, "POST", notes+"/documents", body, key, "k2")
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"]; fmt.Sprint(n) != "3" {
		t.Fatal(n)
	}
}

func TestReplaysAreBounded(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{Limits: server.Limits{Replays: 2}})
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	body := `{"documents":[{"text":"x"}]}`
	for _, k := range []string{"1", "2", "3", "1"} {
		_, _, h := b.do("POST", notes+"/documents", body, "Idempotency-Key", k)
		if h.Get("Idempotency-Replayed") != "" {
			t.Errorf("the answer to %s was kept", k)
		}
	}
	if _, _, h := b.do("POST", notes+"/documents", body, "Idempotency-Key", "1"); h.Get("Idempotency-Replayed") == "" {
		t.Error("the newest answer was not kept")
	}
}
