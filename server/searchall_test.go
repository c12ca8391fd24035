package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
)

func TestSearchCollections(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{Limits: server.Limits{AnswerBytes: 20_000}})
	for i, name := range []string{"tenant-1", "tenant-2", "other"} {
		b.ask(201, "POST", "/v1/collections", `{"name":"`+name+`"}`)
		b.ask(200, "PUT", "/v1/collections/"+name+"/documents", fmt.Sprintf(`{"documents":[{"id":"1","text":"봄 %d"},{"id":"2","text":"여름 %d","metadata":{"n":%d}}]}`, i, i, i))
	}
	b.ask(200, "PUT", "/v1/aliases/tenant-live", `{"collection":"other"}`)
	for body, want := range map[string]string{
		`{"collections":["tenant-1","tenant-2"],"query":{"text":"봄"}}`:                           "tenant-1 tenant-1 tenant-2 tenant-2",
		`{"collections":["tenant-*","tenant-1"],"query":{"text":"봄","k":100}}`:                   "other other tenant-1 tenant-1 tenant-2 tenant-2",
		`{"collections":["tenant-*"],"query":{"text":"봄","filter":"n >= 1"}}`:                    "other tenant-2",
		`{"collections":["tenant-live"],"query":{"queries":[{"text":"봄"},{"text":"여름"}],"k":1}}`: "other",
	} {
		got := b.ask(200, "POST", "/v1/search", body)
		count := map[string]int{}
		for _, m := range b.list(got["matches"]) {
			count[m.(map[string]any)["collection"].(string)]++
		}
		var names []string
		for _, name := range []string{"other", "tenant-1", "tenant-2"} {
			for range count[name] {
				names = append(names, name)
			}
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%s: %q, want %s", body, names, want)
		}
	}
	b.refused(404, "no_collection", "POST", "/v1/search", `{"collections":["nothing*"],"query":{"text":"x"}}`)
	b.refused(404, "no_collection", "POST", "/v1/search", `{"collections":["tenant-1","nothing"],"query":{"text":"x"}}`)
	b.refused(400, "invalid_query", "POST", "/v1/search", `{"collections":["tenant-*"],"query":{"like":["1"]}}`)
	b.ask(201, "POST", "/v1/collections", `{"name":"tenant-x","precomputed":true,"dims":3}`)
	if got := b.refused(409, "model_mismatch", "POST", "/v1/search", `{"collections":["tenant-*"],"query":{"text":"x"}}`); !strings.Contains(fmt.Sprint(got), "tenant-x") {
		t.Error(got)
	}
	if got := b.mcpCall("search", `{"collections":["tenant-1","oth*"],"text":"봄","k":2}`); !strings.Contains(got, `"collection":"`) {
		t.Error(got)
	}
	// The answers of all collections together have one budget.
	for _, name := range []string{"tenant-1", "tenant-2"} {
		b.ask(200, "PUT", "/v1/collections/"+name+"/documents", `{"documents":[{"id":"3","text":"봄 `+strings.Repeat("x", 12_000)+`"}]}`)
	}
	b.ask(200, "POST", "/v1/collections/tenant-1/search", `{"text":"봄"}`)
	b.refused(400, "answer_too_large", "POST", "/v1/search", `{"collections":["tenant-1","tenant-2"],"query":{"text":"봄"}}`)
}
