package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

// Mistakes of people who know another database or type by hand: the answer says where
// the mistake is, in terms of JSON, and guesses what was meant.
func TestMistakes(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	deep := strings.Repeat("(", 500) + "a=1" + strings.Repeat(")", 500)
	for _, c := range []struct {
		method, path, body string
		status             int
		code, says         string
	}{
		{"POST", notes + "/search", `{"text":"a","top_k":3}`, 422, "invalid_request", "did you mean k?"},
		{"POST", notes + "/search", `{"query":"a"}`, 422, "invalid_request", "did you mean text?"},
		{"POST", notes + "/search", `{"vector":[1]}`, 422, "invalid_request", "did you mean embedding?"},
		{"POST", notes + "/search", `{"text":"a","where":"a = 1"}`, 422, "invalid_request", "did you mean filter?"},
		{"POST", notes + "/search", `{"text":"a","colour":3}`, 422, "invalid_request", `there is no field "colour"`},
		{"POST", notes + "/search", `{"text":"a","K":3}`, 422, "invalid_request", "did you mean k?"},
		{"POST", "/v1/collections", `{"Name":"x"}`, 422, "invalid_request", "did you mean name?"},
		{"POST", "/v1/collections", `{"name":"x","dimension":3}`, 422, "invalid_request", "did you mean dims?"},
		{"POST", "/v1/collections", `{"name":"x","name":"y"}`, 400, "invalid_json", "duplicate"},
		{"POST", notes + "/search", `{"text":"a","k":100000000000000000000}`, 422, "invalid_request", "/k: value out of range"},
		{"POST", notes + "/search", `{"text":`, 400, "invalid_json", "unexpected EOF within /text, at byte 8"},
		{"POST", notes + "/search", "\xef\xbb\xbf{}", 400, "invalid_json", "ufeff"},
		{"POST", notes + "/search", `{"text":"a","filter":"lang == \"ko\""}`, 400, "invalid_filter", "filter: column 6"},
		{"POST", notes + "/search", `{"text":"a","filter":"` + deep + `"}`, 400, "limit_exceeded", "16 deep"},
		{"PUT", notes + "/documents", `{"documents":[{"text":"a","metadata":{"a":[true]}}]}`, 400, "invalid_metadata", "lists of strings or numbers"},
		{"PUT", notes + "/documents", `[{"text":"a"}]`, 422, "invalid_request", "expected object"},
		{"GET", notes + "/documents?cursor=%25%", "", 400, "invalid_request", "query"},
		{"GET", notes + "/documents?page=2", "", 422, "invalid_request", `no query parameter "page"`},
		{"POST", notes + "/documents/upload?modus=insert", `{"text":"a"}`, 422, "invalid_request", `no query parameter "modus"`},
		{"GET", notes + "/", "", 404, "no_route", "leave out the slash"},
		{"GET", "/v1/collections/", "", 404, "no_route", "leave out the slash"},
		{"GET", "/nowhere/", "", 404, "no_route", "/openapi.json"},
		{"OPTIONS", "/v1/collections", "", 405, "method_not_allowed", "GET or POST"},
	} {
		status, got, h := b.do(c.method, c.path, c.body)
		if status != c.status || !strings.Contains(got, `"code":"`+c.code+`"`) || !strings.Contains(got, strings.ReplaceAll(c.says, `"`, `\"`)) {
			t.Errorf("%s %s %.100s\n got %d %s\nwant %d %s: %s", c.method, c.path, c.body, status, got, c.status, c.code, c.says)
		}
		if strings.Contains(got, "jsontext") || strings.Contains(got, " Go ") {
			t.Errorf("%s: terms of the implementation: %s", c.body, got)
		}
		if kind := h.Get("Content-Type"); kind != "application/json" {
			t.Errorf("%s %s: the error is %s", c.method, c.path, kind)
		}
	}
	_, got, _ := b.do("POST", notes+"/documents/upload", "[{\"text\":\"a\"}]\nnot json\n{\"text\":\"a\",\"vector\":[1]}\n")
	for _, want := range []string{"the value can't be a list", "invalid character 'o'", "did you mean embedding?", `"rejected":3`} {
		if !strings.Contains(got, want) {
			t.Errorf("the upload lacks %q: %s", want, got)
		}
	}
}

// One name in two spellings of Unicode is one collection.
func TestComposedNames(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	const composed, apart = "%EB%A9%94%EB%AA%A8", "%E1%84%86%E1%85%A6%E1%84%86%E1%85%A9"
	created := b.ask(201, "POST", "/v1/collections", `{"name":"`+"\u1106\u1166\u1106\u1169"+`"}`)
	if created["name"] != "메모" {
		t.Errorf("%+q", created["name"])
	}
	b.refused(409, "collection_exists", "POST", "/v1/collections", `{"name":"메모"}`)
	for _, name := range []string{composed, apart} {
		b.ask(200, "GET", "/v1/collections/"+name, "")
		b.ask(200, "PUT", fmt.Sprintf("/v1/collections/%s/documents", name), `{"documents":[{"id":"1","text":"a"}]}`)
		if n := b.ask(200, "POST", fmt.Sprintf("/v1/collections/%s/documents/count", name), `{}`)["count"]; fmt.Sprint(n) != "1" {
			t.Error(name, n)
		}
	}
}

// The other spelling is no way around the scope of a key.
func TestComposedNamesAndScope(t *testing.T) {
	t.Parallel()
	const apart = "\u1106\u1166"
	all, err := keys.New("all", keys.Admin, nil, secrets["admin"])
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.New("other", keys.Admin, []string{apart}, secrets["scoped"])
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(all, other)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, &server.Options{Keys: set})
	path := "/v1/collections/" + url.PathEscape(apart)
	b.key = secrets["scoped"]
	b.refused(403, "forbidden", "PUT", path+"/documents?create=true", `{"documents":[{"text":"a"}]}`)
	b.key = secrets["admin"]
	b.ask(200, "PUT", path+"/documents?create=true", `{"documents":[{"id":"1","text":"a"}]}`)
	b.key = secrets["scoped"]
	for _, of := range []string{"", "/stats", "/documents", "/documents/1"} {
		b.refused(403, "forbidden", "GET", path+of, "")
	}
}

// If a client dies in the middle of an upload, its complete lines are written, and
// nothing of the line that was cut off.
func TestUploadCut(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	chunk := `{"id":"whole","text":"a"}` + "\n" + `{"id":"cut","text":"b`
	fmt.Fprintf(c, "POST %s/documents/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", notes, len(chunk), chunk)
	_ = c.Close()
	b.await("the whole line is written", func() bool {
		status, _, _ := b.do("GET", notes+"/documents/whole", "")
		return status == 200
	})
	b.await("the upload ends", func() bool {
		return strings.Contains(b.metrics(), `frony_http_requests_total{method="POST",route="POST /v1/collections/{collection}/documents/upload"`)
	})
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"]; fmt.Sprint(n) != "1" {
		t.Errorf("%v documents", n)
	}
}

// Nothing is done of a body that was cut off.
func TestBodyCut(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	body := `{"documents":[{"id":"1","text":"a"}]}`
	fmt.Fprintf(c, "PUT %s/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nnonsense\r\n", notes, len(body), body)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(got), `"incomplete_body"`) {
		t.Errorf("%s %s", res.Status, got)
	}
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"]; fmt.Sprint(n) != "0" {
		t.Errorf("%v documents", n)
	}
}
