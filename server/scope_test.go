package server_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

// Every route is asked with every kind of key. A key hears nothing of a collection
// that is not its own: neither its name nor its text nor its numbers.
func TestEveryRouteWithEveryKey(t *testing.T) {
	t.Parallel()
	const hidden, text = "hidden-project", "a text that nobody else may read"
	kinds := map[string]*keys.Key{"none": nil, "wrong": nil}
	var list []*keys.Key
	secret := func(name string) string { return name + "-0123456789abcdef0123456789abcdef" }
	for role := keys.Read; role <= keys.Admin; role++ {
		for _, only := range [][]string{nil, {"mine"}} {
			name := role.String()
			if only != nil {
				name += "-scoped"
			}
			k, err := keys.New(name, role, only, secret(name))
			if err != nil {
				t.Fatal(err)
			}
			kinds[name], list = k, append(list, k)
		}
	}
	set, err := keys.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, &server.Options{Keys: set, MCPWrites: true})
	fill := func() {
		b.key = secret("admin")
		for _, name := range []string{"mine", hidden} {
			b.do("POST", "/v1/collections", `{"name":"`+name+`"}`)
			b.ask(200, "PUT", "/v1/collections/"+name+"/documents", `{"documents":[{"id":"1","text":"`+text+`"}]}`)
			b.s.ObserveRecall(name, 10, 1)
		}
		b.ask(200, "PUT", "/v1/aliases/"+hidden+"-alias", `{"collection":"`+hidden+`"}`)
	}
	bodies := map[string]string{
		"POST /v1/collections": `{"name":"` + hidden + `","exist_ok":true}`,
		"POST /mcp":            `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_collections","arguments":{}}}`,
		"POST /v1/embeddings":  `{"input":"x"}`,
		"POST /api/embed":      `{"input":"x"}`, "POST /{$}": `{"inputs":"x"}`, "POST /embeddings": `{"input":"x"}`,
		"PUT /v1/aliases/{alias}":                  `{"collection":"` + hidden + `"}`,
		"POST /v1/collections/{collection}/rename": `{"name":"` + hidden + `"}`,
		"POST /v1/search":                          `{"collections":["` + hidden + `"],"query":{"text":"x"}}`,
		"POST /tokenize":                           `{"inputs":"x"}`,
		"POST /similarity":                         `{"inputs":{"source_sentence":"x","sentences":["y"]}}`,
		"POST /vectors":                            `{"text":"x"}`, "POST /vectors/{$}": `{"text":"x"}`, "POST /embed": `{"inputs":"x"}`,
	}
	asked := 0
	for _, pattern := range slices.Sorted(maps.Keys(b.s.Routes())) {
		route := b.s.Routes()[pattern]
		fill()
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{collection}", hidden, "{alias}", hidden+"-alias", "{id}", "1", "{$}", "", "{model...}", "frony-query").Replace(path)
		body := bodies[pattern]
		if body == "" && (method == "POST" || method == "PUT") {
			body = `{"text":"x","queries":[{"text":"x"}],"documents":[{"text":"x"}],"ids":["1"],"source":"s"}`
		}
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			k := kinds[kind]
			if b.key = secret(kind); kind == "none" {
				b.key = ""
			}
			asked++
			status, got, _ := b.do(method, path, body, "Accept", "application/json, text/event-stream")
			refused := 0
			switch {
			case route.Role == keys.None:
			case k == nil:
				refused = 401
			case k.Role < route.Role,
				k.Collections != nil && (route.Whole || strings.Contains(pattern, "{collection}") || strings.Contains(pattern, "{alias}") || pattern == "POST /v1/collections" || pattern == "POST /v1/search"):
				refused = 403
			}
			if refused != 0 && status != refused || refused == 0 && (status == 401 || status == 403) {
				t.Errorf("%s with the key %s: %d %.200s, want %d", pattern, kind, status, got, refused)
			}
			if may := k != nil && k.Sees(hidden); !may && (strings.Contains(got, hidden) || strings.Contains(got, text)) {
				t.Errorf("%s tells the key %s of another's collection: %.500s", pattern, kind, got)
			}
		}
	}
	if asked < 200 {
		t.Errorf("only %d requests", asked)
	}
	// The tools of MCP name a collection in their arguments.
	fill()
	for kind, k := range kinds {
		if k == nil {
			continue
		}
		b.key = secret(kind)
		for tool, arguments := range map[string]string{
			"search": `"text":"x"`, "list_collections": ``, "list": `"limit":1`, "facets": `"fields":["text"]`, "get": `"ids":["1"]`, "delete": `"ids":["1"]`, "upsert": `"documents":[{"id":"1","text":"` + text + `"}]`,
			"describe_collection": ``,
		} {
			if arguments != "" {
				arguments = "," + arguments
			}
			call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"collection":"` + hidden + `"` + arguments + `}}}`
			_, got, _ := b.do("POST", "/mcp", call, "Accept", "application/json, text/event-stream")
			if !k.Sees(hidden) && (strings.Contains(got, text) || !strings.Contains(got, "rror")) {
				t.Errorf("the tool %s with the key %s: %.500s", tool, kind, got)
			}
		}
	}
	// What the store takes is of all collections.
	b.key = secret("read-scoped")
	stats := b.ask(200, "GET", "/v1/collections/mine/stats", "")
	if disk := stats["disk_bytes"].(map[string]any)["store"]; fmt.Sprint(disk) != "0" {
		t.Errorf("a key for one collection sees that all take %v bytes", disk)
	}
}
