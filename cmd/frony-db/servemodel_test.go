//go:build unix

package main

import (
	"net/http"
	"strings"
	"testing"
)

// A server takes the model that its database was filled with.
func TestServeFindsModel(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--model", testModel(t, "bert-mean-f32"), "--db", "./db")
	url, log, stop := serveFor(t, "--db", "./db")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/collections/default/search", strings.NewReader(`{"text":"화산"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Errorf("search: %s\n%s", res.Status, log)
	}
	if code := stop(); code != exitOK {
		t.Errorf("exit code %d: %s", code, log)
	}
}
