package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

func TestAliases(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"v2"}`)
	if got := b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"notes"}`); fmt.Sprint(got) != "map[alias:live collection:notes]" {
		t.Error(got)
	}
	if got := b.ask(200, "GET", "/v1/collections/live", "")["name"]; got != "notes" {
		t.Error(got)
	}
	if got := b.list(b.ask(200, "POST", "/v1/collections/live/search", `{"text":"봄"}`)["matches"]); len(got) == 0 {
		t.Error("nothing found by the alias")
	}
	b.refused(409, "collection_exists", "POST", "/v1/collections", `{"name":"live"}`)
	b.refused(409, "collection_exists", "PUT", "/v1/aliases/v2", `{"collection":"notes"}`)
	b.refused(404, "no_collection", "PUT", "/v1/aliases/live", `{"collection":"nothing"}`)
	b.refused(400, "invalid_name", "PUT", "/v1/aliases/a%20b", `{"collection":"notes"}`)
	b.refused(404, "no_alias", "DELETE", "/v1/aliases/nothing", "")
	b.refused(409, "aliased", "DELETE", "/v1/collections/notes", "")
	b.refused(409, "aliased", "DELETE", "/v1/collections/live", "")
	b.refused(409, "aliased", "POST", "/v1/collections/live/rename", `{"name":"x"}`)
	b.refused(409, "collection_exists", "POST", "/v1/collections/v2/rename", `{"name":"live"}`)
	b.refused(404, "no_collection", "POST", "/v1/collections/nothing/rename", `{"name":"x"}`)
	if got := b.ask(200, "POST", "/v1/collections/notes/rename", `{"name":"v1"}`); got["name"] != "v1" || fmt.Sprint(got["aliases"]) != "[live]" {
		t.Error(got)
	}
	if got := b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"v2"}`)["previous"]; got != "v1" {
		t.Error(got)
	}
	// A write with create goes to the alias's collection, and makes none.
	b.ask(200, "PUT", "/v1/collections/live/documents?create=true", `{"documents":[{"id":"x","text":"여름"}]}`)
	b.ask(200, "GET", "/v1/collections/v2/documents/x", "")
	list := b.list(b.ask(200, "GET", "/v1/aliases", "")["aliases"])
	if len(list) != 1 || list[0].(map[string]any)["collection"] != "v2" || len(b.list(b.ask(200, "GET", "/v1/collections", "")["collections"])) != 2 {
		t.Error(list)
	}
	if _, got, _ := b.do("GET", "/metrics", ""); !strings.Contains(got, `frony_alias{alias="live",collection="v2"} 1`) {
		t.Error("the metrics do not tell of the alias")
	}
	if got := b.mcpCall("list_collections", `{"collection":"live"}`); !strings.Contains(got, `"name":"v2"`) || !strings.Contains(got, "live") {
		t.Error(got)
	}
	b.ask(200, "DELETE", "/v1/aliases/live", "")
	b.refused(404, "no_collection", "POST", "/v1/collections/live/search", `{"text":"봄"}`)
	b.ask(200, "DELETE", "/v1/collections/v2", "")
}

func TestCopyTask(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	b.refused(400, "invalid_request", "POST", "/v1/tasks", `{"kind":"copy","collection":"notes"}`)
	b.refused(409, "collection_exists", "POST", "/v1/tasks", `{"kind":"copy","collection":"notes","as":"notes"}`)
	b.refused(404, "no_collection", "POST", "/v1/tasks", `{"kind":"copy","collection":"nothing","as":"again"}`)
	id := fmt.Sprint(b.ask(202, "POST", "/v1/tasks", `{"kind":"copy","collection":"notes","as":"again"}`)["id"])
	var task map[string]any
	b.await("the copy", func() bool {
		task = b.ask(200, "GET", "/v1/tasks/"+id, "")
		return task["state"] != api.TaskRunning
	})
	n := b.ask(200, "POST", "/v1/collections/notes/documents/count", `{}`)["count"]
	if got := fmt.Sprint(task["result"]); got != fmt.Sprintf("map[copy:map[documents:%v from:notes to:again]]", n) {
		t.Error(task)
	}
	if got := b.ask(200, "POST", "/v1/collections/again/documents/count", `{}`)["count"]; got != n {
		t.Errorf("%v documents, want %v", got, n)
	}
}

// A key uses an alias if it is for the alias and for what it leads to. No answer tells it
// a name that it is not for.
func TestAliasesAndScopes(t *testing.T) {
	t.Parallel()
	secret := func(name string) string { return name + "-0123456789abcdef0123456789abcdef" }
	var list []*keys.Key
	for name, only := range map[string][]string{
		"admin": nil, "alias": {"live", "own"}, "target": {"secret", "own"}, "both": {"live", "secret", "own"}, "next": {"live", "own", "next"},
	} {
		k, err := keys.New(name, keys.Admin, only, secret(name))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	set, err := keys.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, &server.Options{Keys: set, MCPWrites: true})
	as := func(name string) *bench { b.key = secret(name); return b }
	for _, name := range []string{"secret", "own", "next"} {
		as("admin").ask(201, "POST", "/v1/collections", `{"name":"`+name+`"}`)
		b.ask(200, "PUT", "/v1/collections/"+name+"/documents", `{"documents":[{"id":"1","text":"a text of `+name+`"}]}`)
	}
	b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"secret"}`)
	requests := [][3]string{
		{"GET", "/v1/collections/live", ""},
		{"GET", "/v1/collections/live/stats", ""},
		{"GET", "/v1/collections/live/fields", ""},
		{"POST", "/v1/collections/live/search", `{"text":"x"}`},
		{"GET", "/v1/collections/live/documents", ""},
		{"GET", "/v1/collections/live/documents/1", ""},
		{"POST", "/v1/collections/live/documents/count", `{}`},
		{"PUT", "/v1/collections/live/documents", `{"documents":[{"id":"1","text":"x"}]}`},
		{"PUT", "/v1/collections/live/documents?create=true", `{"documents":[{"id":"1","text":"x"}]}`},
		{"POST", "/v1/collections/live/documents/upload?create=true", `{"id":"1","text":"x"}`},
		{"POST", "/v1/collections/live/documents/delete", `{"ids":["1"]}`},
		{"PATCH", "/v1/collections/live/documents/1", `{"metadata":{"x":1}}`},
		{"DELETE", "/v1/collections/live/documents/1", ""},
		{"DELETE", "/v1/collections/live", ""},
		{"POST", "/v1/collections/live/rename", `{"name":"own2"}`},
		{"DELETE", "/v1/aliases/live", ""},
		{"PUT", "/v1/aliases/live", `{"collection":"own"}`},
		{"PUT", "/v1/aliases/own3", `{"collection":"live"}`},
		{"POST", "/v1/collections", `{"name":"live","exist_ok":true}`},
	}
	for _, key := range []string{"alias", "target", "next"} {
		as(key)
		for _, r := range requests {
			status, got, _ := b.do(r[0], r[1], r[2])
			if status != 403 || key != "target" && strings.Contains(got, "secret") || key == "target" && strings.Contains(got, "live") {
				t.Errorf("%s %s with the key %s: %d %s", r[0], r[1], key, status, got)
			}
		}
		for _, tool := range []string{"search", "list", "get", "delete", "upsert", "list_collections"} {
			arguments := map[string]string{"search": `,"text":"x"`, "get": `,"ids":["1"]`, "delete": `,"ids":["1"]`, "upsert": `,"documents":[{"id":"1","text":"x"}]`}[tool]
			got := b.mcpCall(tool, `{"collection":"live"`+arguments+`}`)
			if strings.Contains(got, "secret") || !strings.Contains(got, "forbidden") {
				t.Errorf("the tool %s with the key %s: %s", tool, key, got)
			}
		}
		if got := b.list(b.ask(200, "GET", "/v1/aliases", "")["aliases"]); len(got) != 0 {
			t.Errorf("the key %s sees %v", key, got)
		}
	}
	for body, want := range map[string]int{
		`{"collections":["secret","own"],"query":{"text":"x"}}`: 200,
		`{"collections":["live"],"query":{"text":"x"}}`:         403,
		`{"collections":["next"],"query":{"text":"x"}}`:         403,
		`{"collections":["liv*"],"query":{"text":"x"}}`:         404,
		`{"collections":["*"],"query":{"text":"x"}}`:            200,
	} {
		status, got, _ := as("target").do("POST", "/v1/search", body)
		if status != want || strings.Contains(got, "next") {
			t.Errorf("%s: %d %s", body, status, got)
		}
	}
	if _, got, _ := as("alias").do("POST", "/v1/search", `{"collections":["*"],"query":{"text":"x"}}`); strings.Contains(got, "secret") || !strings.Contains(got, "own") {
		t.Error(got)
	}
	// The key for the target sees it without its alias, and cannot drop it.
	if got := as("target").ask(200, "GET", "/v1/collections/secret", ""); got["aliases"] != nil {
		t.Error(got)
	}
	if _, got, _ := b.do("GET", "/v1/collections", ""); strings.Contains(got, "live") {
		t.Error(got)
	}
	if got := b.refused(409, "aliased", "DELETE", "/v1/collections/secret", ""); strings.Contains(fmt.Sprint(got), "live") {
		t.Error(got)
	}
	// Whoever has the alias's name cannot learn what it leads to by taking it.
	for _, r := range [][3]string{
		{"POST", "/v1/collections/own/rename", `{"name":"live"}`},
		{"POST", "/v1/collections", `{"name":"live"}`},
	} {
		if got := as("alias").refused(409, "collection_exists", r[0], r[1], r[2]); strings.Contains(fmt.Sprint(got), "secret") {
			t.Error(got)
		}
	}
	// What is for both names does all of it.
	as("both").ask(200, "POST", "/v1/collections/live/search", `{"text":"x"}`)
	if got := b.list(b.ask(200, "GET", "/v1/aliases", "")["aliases"]); len(got) != 1 {
		t.Error(got)
	}
	b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"own"}`)
	b.refused(403, "forbidden", "PUT", "/v1/aliases/live", `{"collection":"next"}`)
	as("next").ask(200, "PUT", "/v1/aliases/live", `{"collection":"next"}`)
}

// slowEmbedder takes its time for passages.
type slowEmbedder struct{ embedder.Embedder }

func (e slowEmbedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	time.Sleep(20 * time.Millisecond)
	return e.Embedder.EmbedPassages(ctx, texts)
}

// While readers and writers use an alias, it is switched to copies again and again, and
// what it led to is dropped at once. No request fails.
func TestAliasSwitchesUnderLoad(t *testing.T) {
	t.Parallel()
	// What is embedded meanwhile is written when its collection may be gone.
	b := startWith(t, slowEmbedder{embeddertest.New(384, 1)}, &server.Options{Limits: server.Limits{Searches: 8, Writes: 8}})
	var docs []string
	for i := range 50 {
		docs = append(docs, fmt.Sprintf(`{"id":"%d","text":"문서 %d","metadata":{"n":%d}}`, i, i, i))
	}
	b.ask(201, "POST", "/v1/collections", `{"name":"v0"}`)
	b.ask(200, "PUT", "/v1/collections/v0/documents", `{"documents":[`+strings.Join(docs, ",")+`]}`)
	b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"v0"}`)
	var stop atomic.Bool
	var wg sync.WaitGroup
	var asked, failed, waits atomic.Int64
	const live = "/v1/collections/live"
	for w, r := range [][3]string{
		{"POST", live + "/search", `{"text":"문서 7","k":3}`},
		{"POST", live + "/search", `{"text":"문서","mode":"lexical"}`},
		{"GET", live + "/documents/3", ""},
		{"POST", live + "/documents/count", `{}`},
		{"POST", live + "/facets", `{"fields":["n"]}`},
		{"PUT", live + "/documents", `{"documents":[{"id":"1","text":"다른 문서 %d"},{"id":"2","text":"새 문서"}]}`},
		{"PATCH", live + "/documents/4", `{"metadata":{"x":1}}`},
	} {
		wg.Go(func() {
			for !stop.Load() {
				start := time.Now()
				status, got, _ := b.do(r[0], r[1], strings.Replace(r[2], "%d", fmt.Sprint(asked.Load()), 1))
				waits.Store(max(waits.Load(), int64(time.Since(start))))
				asked.Add(1)
				if status != 200 || w == 3 && !strings.Contains(got, `"count":50`) {
					failed.Add(1)
					t.Errorf("%s %s: %d %s", r[0], r[1], status, got)
				}
			}
		})
	}
	const switches = 12
	for i := range switches {
		was, next := fmt.Sprint("v", i), fmt.Sprint("v", i+1)
		if _, err := b.db.Copy(t.Context(), "live", next); err != nil {
			t.Fatal(err)
		}
		if got := b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"`+next+`"}`)["previous"]; got != was {
			t.Errorf("%v, want %s", got, was)
		}
		b.ask(200, "DELETE", "/v1/collections/"+was, "")
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("%d switches, each followed by a drop: %d requests, %d failed, the longest took %v", switches, asked.Load(), failed.Load(), time.Duration(waits.Load()))
}
