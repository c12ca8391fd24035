package server_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestQueries(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	const path = "/v1/collections/notes/search"
	got := b.ask(200, "POST", path, `{"queries":[{"text":"봄"},{"text":"바다","weight":2}],"k":3}`)
	matches := b.list(got["matches"])
	if len(matches) == 0 || got["mode"] != "hybrid" {
		t.Fatal(got)
	}
	one := b.ask(200, "POST", path, `{"queries":[{"text":"봄"}],"fuse":"best","k":3}`)
	same := b.ask(200, "POST", path, `{"text":"봄","k":3}`)
	if fmt.Sprint(one["matches"]) != fmt.Sprint(same["matches"]) {
		t.Errorf("%v, want %v", one["matches"], same["matches"])
	}
	for _, test := range []struct{ body, code, param string }{
		{`{"text":"x","queries":[{"text":"y"}]}`, "invalid_query", ""},
		{`{"queries":[{"text":"y"},{"like":["nobody"]}]}`, "not_found", ""},
		{`{"queries":[{"text":"y"}],"fuse":"worst"}`, "invalid_request", "fuse"},
		{`{"queries":[{"txt":"y"}]}`, "invalid_request", ""},
	} {
		status, got, _ := b.do("POST", path, test.body)
		if status < 400 || status > 422 || !strings.Contains(got, test.code) || !strings.Contains(got, test.param) {
			t.Errorf("%s: %d %s", test.body, status, got)
		}
	}
	if got := b.mcpCall("search", `{"collection":"notes","text":"봄","also":["바다","spring"],"k":2}`); strings.Count(got, `"score"`) != 2 {
		t.Error(got)
	}
}
