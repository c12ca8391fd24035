//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// serve uses the new model of a collection, before and after the change is confirmed.
func TestReembedServe(t *testing.T) {
	c := newCLI(t)
	p := newFakeProvider(t)
	dir := filepath.Join(t.TempDir(), "db")
	t.Setenv("FRONYDB_DB", dir)
	c.ok("quickstart", "-q")
	model := []string{"--model", "openai:tiny", "--model-url", p.URL + "/v1"}
	c.ok(append([]string{"reembed", "-c", "quickstart", "-q"}, model...)...)
	for _, confirmed := range []bool{false, true} {
		if confirmed {
			c.ok("reembed", "confirm", "-c", "quickstart")
		}
		url, _, stop := serveFor(t, append([]string{"--db", dir}, model...)...)
		awaitReady(t, url)
		res, err := http.Post(url+"/v1/collections/quickstart/search", "application/json", strings.NewReader(`{"text":"축구 경기","k":3,"mode":"dense"}`))
		if err != nil {
			t.Fatal(err)
		}
		var found struct{ Matches []any }
		err = json.NewDecoder(res.Body).Decode(&found)
		if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK || len(found.Matches) != 3 {
			t.Errorf("search: %d, %v, %v", res.StatusCode, found, err)
		}
		if code := stop(); code != exitOK {
			t.Errorf("serve: %d", code)
		}
	}
}
