//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestServeEngineRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--engine", "some/folder"}, exitUsage, "for a directory use --db"},
		{[]string{"--engine", "postgres://127.0.0.1:1/x", "--cache-bytes", "1MiB"}, exitUsage, "exclude each other"},
		{[]string{"--engine", "mysql://127.0.0.1:1/x"}, exitError, "there is no engine for mysql://"},
		{[]string{"--engine", "postgres://u:secret@127.0.0.1:1/x"}, exitError, "is PostgreSQL running there"},
		{[]string{"--engine", "opensearch://u:secret@127.0.0.1:1?timeout=200ms"}, exitError, "is OpenSearch running there"},
		{[]string{"--engine", "opensearch://u:secret@127.0.0.1:1?shard=2"}, exitError, "no such setting"},
	} {
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"serve", "--addr", "127.0.0.1:0"}, c.args...), strings.NewReader(""), io.Discard, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) || strings.Contains(out.String(), "secret") {
			t.Errorf("%q: exit code %d, %s", c.args, code, &out)
		}
	}
}

func TestServeEngine(t *testing.T) {
	engine := os.Getenv("FRONYDB_TEST_POSTGRES")
	if engine == "" {
		t.Skip("FRONYDB_TEST_POSTGRES has no URL of a PostgreSQL; make test-engines starts one")
	}
	testServeEngine(t, engine, "pg_amcheck", true)
}

func TestServeOpenSearch(t *testing.T) {
	engine := os.Getenv("FRONYDB_TEST_OPENSEARCH")
	if engine == "" {
		t.Skip("FRONYDB_TEST_OPENSEARCH has no URL of an OpenSearch; make test-opensearch starts one")
	}
	testServeEngine(t, engine+"/serve", "_cat/shards", false)
}

// Two servers on one engine: what one writes, the other finds at once. What the engine
// does not do has its code. names says that the engine has other names of collections.
func testServeEngine(t *testing.T, engine, instead string, names bool) {
	t.Helper()
	t.Setenv("FRONYDB_ENGINE", engine)
	start := func() string {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		log := &output{}
		code := make(chan int, 1)
		go func() {
			code <- run(ctx, []string{"serve", "--addr", "127.0.0.1:0"}, strings.NewReader(""), io.Discard, log)
		}()
		t.Cleanup(func() {
			cancel()
			if c := <-code; c != exitOK {
				t.Errorf("exit code %d", c)
			}
		})
		url := log.await(t, `serves \S+ at (https?://[^\s"]+)`)
		awaitReady(t, url)
		return url
	}
	first, second := start(), start()
	ask := func(method, url, body string) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var answer map[string]any
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, answer
	}
	const notes = "/v1/collections/serve-engine"
	if code, answer := ask(http.MethodPut, first+notes+"/documents?create=true", `{"documents": [
		{"id": "a", "text": "전입신고는 이사한 날부터 열나흘 안에 한다", "metadata": {"lang": "ko"}}, {"id": "b", "text": "Refunds take a week"}]}`); code != http.StatusOK {
		t.Fatal(code, answer)
	}
	code, answer := ask(http.MethodPost, second+notes+"/search", `{"text": "이사하면 언제 신고하나요", "k": 1, "filter": "lang = \"ko\""}`)
	results, _ := answer["matches"].([]any)
	if code != http.StatusOK || len(results) != 1 {
		t.Errorf("search: %d, %v", code, answer)
	}
	if names {
		alias(t, ask, first, second)
	} else if code, answer := ask(http.MethodPut, first+"/v1/aliases/serve-alias", `{"collection": "serve-engine"}`); code != http.StatusNotImplemented {
		t.Errorf("alias: %d, %v", code, answer)
	}
	code, answer = ask(http.MethodPost, second+"/v1/tasks", `{"kind": "doctor"}`)
	why, _ := answer["error"].(map[string]any)
	if code != http.StatusNotImplemented || why["code"] != "unsupported" || !strings.Contains(why["hint"].(string), instead) {
		t.Errorf("doctor: %d, %v", code, answer)
	}
	if code, answer := ask(http.MethodDelete, first+notes, ""); code != http.StatusOK {
		t.Errorf("drop: %d, %v", code, answer)
	}
	if code, _ := ask(http.MethodGet, second+notes, ""); code != http.StatusNotFound {
		t.Errorf("after the drop: %d", code)
	}
}

// alias: an alias that one server makes leads the other.
func alias(t *testing.T, ask func(method, url, body string) (int, map[string]any), first, second string) {
	t.Helper()
	if code, answer := ask(http.MethodPut, first+"/v1/aliases/serve-alias", `{"collection": "serve-engine"}`); code != http.StatusOK {
		t.Errorf("alias: %d, %v", code, answer)
	}
	code, answer := ask(http.MethodPost, second+"/v1/search", `{"collections": ["serve-alias"], "query": {"text": "refunds", "k": 1}}`)
	if results, _ := answer["matches"].([]any); code != http.StatusOK || len(results) != 1 {
		t.Errorf("search by an alias: %d, %v", code, answer)
	}
	if code, answer := ask(http.MethodDelete, first+"/v1/collections/serve-engine", ""); code != http.StatusConflict {
		t.Errorf("drop of what is aliased: %d, %v", code, answer)
	}
	if code, answer := ask(http.MethodDelete, second+"/v1/aliases/serve-alias", ""); code != http.StatusOK {
		t.Errorf("drop of the alias: %d, %v", code, answer)
	}
}
