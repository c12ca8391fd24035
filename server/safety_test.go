package server_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

// secrets of the keys that tests use.
var secrets = map[string]string{
	"reader": "reader-0123456789abcdef0123456789",
	"writer": "writer-0123456789abcdef0123456789",
	"admin":  "admin-00123456789abcdef0123456789",
	"scoped": "scoped-0123456789abcdef0123456789",
}

func keyed(t *testing.T, o *server.Options) *bench {
	t.Helper()
	var list []*keys.Key
	for name, role := range map[string]keys.Role{"reader": keys.Read, "writer": keys.Write, "admin": keys.Admin, "scoped": keys.Admin} {
		var only []string
		if name == "scoped" {
			only = []string{"mine"}
		}
		k, err := keys.New(name, role, only, secrets[name])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	set, err := keys.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	if o == nil {
		o = &server.Options{}
	}
	o.Keys = set
	b := start(t, o)
	b.key = secrets["admin"]
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(201, "POST", "/v1/collections", `{"name":"mine"}`)
	return b
}

// Every route except those in the list requires a key. OWASP API2 (broken
// authentication) and API5 (broken function level authorization).
func TestEveryRouteAsksForAKey(t *testing.T) {
	t.Parallel()
	b := keyed(t, nil)
	v := b.ask(200, "GET", "/openapi.json", "")
	n := 0
	for path, ops := range v["paths"].(map[string]any) {
		for method, op := range ops.(map[string]any) {
			if op.(map[string]any)["tags"].([]any)[0] == "protocols" || op.(map[string]any)["security"] != nil {
				continue // below
			}
			n++
			path := strings.NewReplacer("{collection}", "notes", "{id}", "1").Replace(path)
			method = strings.ToUpper(method)
			b.key = ""
			b.refused(401, "no_key", method, path, "")
			b.key = "wrong"
			b.refused(401, "wrong_key", method, path, "")
			if method == "DELETE" || method == "PUT" || strings.HasSuffix(path, "/upload") || strings.HasSuffix(path, "/delete") ||
				method == "POST" && strings.HasSuffix(path, "/documents") || method == "POST" && path == "/v1/collections" {
				b.key = secrets["reader"]
				b.refused(403, "forbidden", method, path, `{}`)
			}
		}
	}
	if n < 12 {
		t.Fatalf("only %d operations", n)
	}
	b.key = ""
	for _, path := range []string{"/metrics", "/openapi.json"} {
		b.refused(401, "no_key", "GET", path, "")
	}
	// Other protocols have shapes of their own.
	for _, route := range []string{
		"POST /v1/embeddings", "GET /v1/models", "GET /v1/models/x", "POST /vectors", "POST /vectors/", "GET /meta", "POST /embed", "GET /info", "POST /mcp",
	} {
		method, path, _ := strings.Cut(route, " ")
		b.ask(401, method, path, "")
	}
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		if status, _, _ := b.do("GET", path, ""); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, header := range [][]string{{"Authorization", "bearer " + secrets["reader"]}, {"X-Api-Key", secrets["reader"]}, {"api-key", secrets["reader"]}} {
		b.ask(200, "GET", "/v1/collections", "", header...)
	}
	_, _, h := b.do("GET", "/v1/collections", "")
	if h.Get("WWW-Authenticate") == "" {
		t.Error("401 does not say how to authenticate")
	}
	b.refused(401, "no_key", "GET", "/v1/collections?key="+secrets["admin"], "")
}

// OWASP API1: broken object level authorization.
func TestScope(t *testing.T) {
	t.Parallel()
	b := keyed(t, nil)
	b.key = secrets["scoped"]
	if got := b.list(b.ask(200, "GET", "/v1/collections", "")["collections"]); len(got) != 1 || got[0].(map[string]any)["name"] != "mine" {
		t.Fatal(got)
	}
	b.ask(200, "PUT", "/v1/collections/mine/documents", `{"documents":[{"text":"x"}]}`)
	for _, c := range []struct{ method, path, body string }{
		{"GET", notes, ""},
		{"GET", notes + "/stats", ""},
		{"DELETE", notes, ""},
		{"GET", notes + "/documents", ""},
		{"GET", notes + "/documents/1", ""},
		{"DELETE", notes + "/documents/1", ""},
		{"POST", notes + "/search", `{"text":"x"}`},
		{"POST", "/v1/collections/n%6Ftes/search", `{"text":"x"}`},
		{"POST", notes + "/documents/upload?create=true", `{"text":"x"}`},
		{"PUT", "/v1/collections/new/documents?create=true", `{"documents":[{"text":"x"}]}`},
		{"POST", "/v1/collections", `{"name":"new"}`},
		{"POST", "/v1/collections", `{"name":"notes","exist_ok":true}`},
	} {
		b.refused(403, "forbidden", c.method, c.path, c.body)
	}
	b.key = secrets["writer"]
	b.refused(403, "forbidden", "PUT", "/v1/collections/new/documents?create=true", `{"documents":[{"text":"x"}]}`)
}

func TestSetKeys(t *testing.T) {
	t.Parallel()
	b := keyed(t, nil)
	k, err := keys.New("other", keys.Read, nil, "other-00123456789abcdef0123456789")
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	b.s.SetKeys(set)
	b.refused(401, "wrong_key", "GET", "/v1/collections", "")
	b.key = "other-00123456789abcdef0123456789"
	b.ask(200, "GET", "/v1/collections", "")
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{ReadOnly: true})
	b.refused(403, "read_only", "POST", "/v1/collections", `{"name":"a"}`)
	b.refused(403, "read_only", "PUT", notes+"/documents?create=true", `{"documents":[{"text":"x"}]}`)
	b.ask(200, "GET", "/v1/collections", "")
}

// dial sends raw bytes and returns what comes back, until the server closes.
func dial(t *testing.T, b *bench, send func(net.Conn)) (string, time.Duration) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	go send(c)
	got, _ := io.ReadAll(c)
	return string(got), time.Since(start)
}

// The answer comes although no byte of the body was sent.
func TestKeyBeforeBody(t *testing.T) {
	t.Parallel()
	b := keyed(t, nil)
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		got, took := dial(t, b, func(c net.Conn) {
			fmt.Fprintf(c, "PUT %s/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: 1000000\r\n\r\n", notes, expect)
		})
		if !strings.HasPrefix(got, "HTTP/1.1 401 ") || strings.Contains(got, "100 Continue") || !strings.Contains(got, "Connection: close") {
			t.Errorf("%.200q", got)
		}
		if took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	}
}

func TestSlowloris(t *testing.T) {
	b := start(t, &server.Options{Limits: server.Limits{Header: 200 * time.Millisecond, Receive: 300 * time.Millisecond}})
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	trickle := func(first string) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = io.WriteString(c, first)
			for range 100 {
				time.Sleep(50 * time.Millisecond)
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
			}
		}
	}
	got, took := dial(t, b, trickle("GET /livez HTTP/1.1\r\nX-A: "))
	if strings.Contains(got, " 200 ") || took > 3*time.Second {
		t.Errorf("a slow header: %s, %.100q", took, got)
	}
	got, took = dial(t, b, trickle("POST "+notes+"/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{"))
	if !strings.HasPrefix(got, "HTTP/1.1 408 ") || took > 3*time.Second {
		t.Errorf("a slow body: %s, %.100q", took, got)
	}
	got, took = dial(t, b, trickle("POST "+notes+"/documents/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{\"text\":\"a\"}\n{"))
	if !strings.Contains(got, `"code":"timeout"`) || !strings.Contains(got, `"written":1`) || took > 3*time.Second {
		t.Errorf("a slow line: %s, %.500q", took, got)
	}
	got, took = dial(t, b, func(c net.Conn) {
		fmt.Fprintf(c, "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-A: %s\r\n\r\n", strings.Repeat("a", 100<<10))
	})
	if strings.Contains(got, " 200 ") || took > 3*time.Second {
		t.Errorf("a large header: %s, %.100q", took, got)
	}
	b.ask(200, "GET", "/v1/collections", "")
}

func TestHostAndOrigin(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{Hosts: []string{"db.example"}})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:7700": 200, "127.0.0.1": 200, "[::1]:7700": 200, "10.0.0.7:7700": 200, "DB.example": 200,
		"evil.example": 403, "evil.example:7700": 403, "localhost.evil.example": 403, "127.0.0.1.nip.io": 403,
	} {
		if status, got, _ := b.do("GET", "/v1/collections", "", "Host", host); status != want {
			t.Errorf("host %s: %d %s, want %d", host, status, got, want)
		}
	}
	body := `{"name":"a"}`
	b.refused(403, "cross_origin", "POST", "/v1/collections", body, "Sec-Fetch-Site", "cross-site")
	b.refused(403, "cross_origin", "POST", "/v1/collections", body, "Origin", "https://evil.example")
	b.refused(403, "cross_origin", "DELETE", notes, "", "Origin", "null")
	b.ask(201, "POST", "/v1/collections", body, "Sec-Fetch-Site", "same-origin", "Origin", b.url)
	_, _, h := b.do("OPTIONS", "/v1/collections", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("CORS is on: %s", name)
		}
	}
	// With keys any host will do.
	k := keyed(t, nil)
	k.ask(200, "GET", "/v1/collections", "", "Host", "any.example")
}

// OWASP API4: unrestricted resource consumption.
func TestLimits(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{Limits: server.Limits{Body: 100_000, Batch: 3, K: 5, EfSearch: 50, Oversampling: 4, Text: 100, FilterDepth: 3, FilterConditions: 4, Queries: 2}})
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	search, docs := notes+"/search", notes+"/documents"
	for _, c := range []struct{ method, path, body string }{
		{"POST", search, `{"text":"x","k":6}`},
		{"POST", search, `{"text":"x","ef_search":51}`},
		{"POST", search, `{"text":"x","ef":51}`}, // its former name
		{"POST", "/v1/collections", `{"name":"wide","ef_search":51}`},
		{"POST", "/v1/collections", `{"name":"deep","oversampling":5}`},
		{"POST", search, `{"text":"x","oversampling":5}`},
		{"POST", search, `{"text":"` + strings.Repeat("x", 101) + `"}`},
		{"POST", search, `{"text":"x","filter":"((((a = 1 OR b = 2) AND c = 3) OR d = 4))"}`},
		{"POST", search, `{"text":"x","filter":"a=1 OR b=1 OR c=1 OR d=1 OR e=1"}`},
		{"POST", search + "/batch", `{"queries":[{"text":"x"},{"text":"x"},{"text":"x"}]}`},
		{"PUT", docs, `{"documents":[{"text":"` + strings.Repeat("x", 101) + `"}]}`},
		{"POST", docs + "/get", `{"ids":["1","2","3","4"]}`},
		{"POST", docs + "/delete", `{"ids":["1","2","3","4"]}`},
		{"GET", docs + "?limit=4", ""},
	} {
		b.refused(400, "limit_exceeded", c.method, c.path, c.body)
	}
	b.refused(413, "batch_too_large", "PUT", docs, `{"documents":[{"text":"1"},{"text":"2"},{"text":"3"},{"text":"4"}]}`)
	b.refused(413, "too_large", "POST", search, `{"text":"`+strings.Repeat("x", 100_000)+`"}`)
	// Endlessly nested JSON.
	b.refused(400, "invalid_json", "POST", search, `{"filter":`+strings.Repeat("[", 40_000))
	// Small bodies that decode into large ones.
	large := bytes.Repeat([]byte(" "), 10<<20)
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write(large)
	_ = z.Close()
	b.refused(413, "too_large", "POST", search, gz.String(), "Content-Encoding", "gzip")
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.refused(413, "too_large", "POST", search, string(enc.EncodeAll(large, nil)), "Content-Encoding", "zstd")
	b.refused(400, "incomplete_body", "POST", search, "not gzip", "Content-Encoding", "gzip")
	b.refused(415, "unsupported_encoding", "POST", search, "x", "Content-Encoding", "br")
	gz.Reset()
	z.Reset(&gz)
	_, _ = z.Write([]byte(`{"text":"x"}`))
	_ = z.Close()
	b.ask(200, "POST", search, gz.String(), "Content-Encoding", "gzip")
	b.ask(200, "POST", search, string(enc.EncodeAll([]byte(`{"text":"x"}`), nil)), "Content-Encoding", "zstd")
}

// Names of clients are never paths, and the database's files stay where they
// are. OWASP API7 (server side request forgery) and path traversal.
func TestNamesAreNotPaths(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, name := range []string{"..", "../x", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "C:%5cx", "http:%2f%2f169.254.169.254%2f", "a%00b", ".hidden"} {
		for _, c := range []struct{ method, path, body string }{
			{"PUT", "/v1/collections/" + name + "/documents?create=true", `{"documents":[{"text":"x"}]}`},
			{"POST", "/v1/collections/" + name + "/search", `{"text":"x"}`},
			{"GET", "/v1/collections/" + name + "/stats", ""},
		} {
			status, got, _ := b.do(c.method, c.path, c.body)
			if status < 400 || status > 499 {
				t.Errorf("%s %s: %d %s", c.method, c.path, status, got)
			}
		}
	}
	if got := b.list(b.ask(200, "GET", "/v1/collections", "")["collections"]); len(got) != 0 {
		t.Fatal(got)
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	b := keyed(t, &server.Options{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"private-id","text":"private text"}]}`)
	b.ask(200, "POST", notes+"/search", `{"text":"private question"}`)
	b.ask(200, "GET", notes+"/documents?filter=a%20%3D%20%27private%27", "")
	b.refused(400, "invalid_filter", "POST", notes+"/search", `{"text":"x","filter":"private private"}`)
	b.refused(401, "wrong_key", "GET", "/v1/collections", "", "Authorization", "Bearer private-key")
	b.refused(422, "invalid_request", "POST", notes+"/search", `{"text":"x","private":1}`, "X-Request-Id", "private\tid")
	got := log.String()
	if strings.Contains(got, "private") || strings.Contains(got, secrets["admin"]) {
		t.Errorf("the log says too much:\n%s", got)
	}
	if !strings.Contains(got, `"route":"POST /v1/collections/{collection}/search"`) || !strings.Contains(got, `"key":"admin"`) {
		t.Errorf("the log says too little:\n%s", got)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestCompression(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	for enc, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		status, got, h := b.do("GET", "/openapi.json", "", "Accept-Encoding", enc)
		if status != 200 || h.Get("Content-Encoding") != enc {
			t.Fatalf("%d %v", status, h)
		}
		r, err := open(strings.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(r).ReadString(':')
		if err != nil || !strings.HasPrefix(line, "{") {
			t.Fatalf("%q %v", line, err)
		}
	}
	if _, _, h := b.do("GET", "/openapi.json", "", "Accept-Encoding", "identity"); h.Get("Content-Encoding") != "" {
		t.Error(h)
	}
}
