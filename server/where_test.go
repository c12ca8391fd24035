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

// bound says of a route what a key with a filter gets there.
type bound struct {
	open    bool     // nothing of any document
	refused bool     // nothing at all
	bodies  []string // it keeps to its documents, with each of these
	query   string   // of the URL
	writes  bool     // the admin's request changes the other tenant's document
}

// What another tenant writes about, and a slip that is corrected to it for a key that sees
// it.
const theirs, slip = "kubernetes", "kuberentes"

// boundRoutes has an entry for every route. A new one must say what such a key may see.
var boundRoutes = func() map[string]bound {
	m := map[string]bound{}
	for _, open := range []string{
		"GET /.well-known/live", "GET /.well-known/ready", "GET /api/tags", "GET /health", "GET /healthz", "GET /info", "GET /livez",
		"GET /meta", "GET /openapi-3.0.json", "GET /openapi.json", "GET /readyz", "GET /v1/key", "GET /v1/models", "GET /v1/models/{model...}", "GET /{$}",
		"POST /api/embed", "POST /embed", "POST /embeddings", "POST /similarity", "POST /tokenize", "POST /v1/embeddings", "POST /vectors",
		"POST /vectors/{$}", "POST /{$}",
	} {
		m[open] = bound{open: true}
	}
	for _, refused := range []string{
		"DELETE /v1/backups/{backup}", "DELETE /v1/collections/{collection}", "GET /metrics", "GET /v1/backups", "GET /v1/backups/{backup}",
		"GET /v1/collections/{collection}/stats", "GET /v1/tasks", "GET /v1/tasks/{task}", "POST /v1/backups", "POST /v1/collections", "POST /v1/collections/{collection}/rename", "PUT /v1/aliases/{alias}", "DELETE /v1/aliases/{alias}",
		"POST /v1/tasks", "POST /v1/tasks/{task}/cancel",
	} {
		m[refused] = bound{refused: true}
	}
	none := []string{""}
	const c, docs = "/v1/collections/{collection}", "/v1/collections/{collection}/documents"
	over := `{"documents":[{"id":"theirs","text":"taken over","metadata":{"tenant":"a"}}]}`
	other := `{"documents":[{"id":"new","text":"x","metadata":{"tenant":"b"}}]}`
	search := `{"text":"` + theirs + `","k":9,"highlight":true,"snippet":100,"context":20}`
	maps.Copy(m, map[string]bound{
		"GET /v1/collections":         {bodies: none},
		"GET /v1/aliases":             {bodies: none},
		"GET " + c:                    {bodies: none},
		"GET " + docs:                 {bodies: none},
		"GET " + docs + "/{id}":       {bodies: none},
		"DELETE " + docs + "/{id}":    {bodies: none, writes: true},
		"PATCH " + docs + "/{id}":     {bodies: []string{`{"metadata":{"x":1}}`}, writes: true},
		"PATCH " + docs:               {bodies: []string{`{"ids":["theirs"],"metadata":{"x":1}}`, `{"filter":"true","metadata":{"x":1}}`}, writes: true},
		"POST " + docs:                {bodies: []string{other}},
		"PUT " + docs:                 {bodies: []string{over, `{"chunk":{},` + over[1:], other}, writes: true},
		"POST " + docs + "/count":     {bodies: []string{`{}`, `{"filter":"tenant = \"b\" OR tenant = \"a\""}`}},
		"POST " + docs + "/delete":    {bodies: []string{`{"ids":["theirs"]}`, `{"filter":"true"}`, `{"filter":"NOT tenant = \"a\""}`}, writes: true},
		"POST " + docs + "/get":       {bodies: []string{`{"ids":["theirs"]}`}},
		"POST " + docs + "/scan":      {bodies: []string{`{}`, `{"filter":"tenant = \"b\""}`}},
		"POST " + docs + "/source":    {bodies: []string{`{"source":"s","documents":[]}`, `{"source":"s","documents":[{"id":"theirs","text":"x","metadata":{"tenant":"a"}}]}`}, writes: true},
		"POST " + docs + "/upload":    {bodies: []string{`{"id":"theirs","text":"taken over","metadata":{"tenant":"a"}}` + "\n"}, writes: true},
		"POST " + c + "/search":       {bodies: []string{search, `{"text":"` + theirs + `","mode":"lexical","filter":"tenant = \"b\""}`, `{"text":"` + slip + `"}`, `{"like":["theirs"]}`}},
		"POST " + c + "/search/batch": {bodies: []string{`{"queries":[` + search + `]}`}},
		"POST /v1/search":             {bodies: []string{`{"collections":["notes"],"query":` + search + `}`, `{"collections":["no*","live"],"query":` + search + `}`}},
		"GET " + c + "/fields":        {bodies: none},
		"POST " + c + "/fields":       {bodies: []string{`{}`, `{"filter":"tenant = \"b\" OR tenant = \"a\""}`}},
		"POST " + c + "/facets":       {bodies: []string{`{"fields":["tenant","name"]}`, `{"fields":["name"],"filter":"tenant = \"b\""}`, `{"fields":["tenant"],"search":{"text":"x"}}`, `{"fields":["tenant"],"search":{"text":"` + slip + `"}}`}},
		"POST " + c + "/map":          {bodies: []string{`{"color":"name","ids":["theirs"]}`, `{"filter":"tenant = \"b\"","color":"name"}`}},
		"GET " + c + "/search":        {query: "?k=9&q=" + theirs, bodies: none},
		"POST /mcp":                   {bodies: none}, // below, by tool
	})
	return m
}()

// A key that is bound to a filter reads and changes nothing else, on any route.
func TestEveryRouteWithABoundKey(t *testing.T) {
	t.Parallel()
	secret := func(name string) string { return name + "-0123456789abcdef0123456789abcdef" }
	admin, err := keys.New("admin", keys.Admin, nil, secret("admin"))
	if err != nil {
		t.Fatal(err)
	}
	app, err := keys.New("app", keys.Write, []string{"notes"}, secret("app"))
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Bind(`tenant = "a"`); err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(admin, app)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, &server.Options{Keys: set, MCPWrites: true, Compat: []string{server.CompatChromaReset}})
	b.key = secret("admin")
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(200, "PUT", "/v1/aliases/live", `{"collection":"notes"}`)
	const accept = "application/json, text/event-stream"
	// fill makes the state that each request begins with.
	fill := func() {
		t.Helper()
		b.key = secret("admin")
		b.ask(200, "POST", notes+"/documents/delete", `{"filter":"true"}`)
		b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"theirs","text":"`+theirs+`","source":"s","metadata":{"tenant":"b","only-b":"`+theirs+`","name":"`+theirs+`"}},
			{"id":"ours","text":"ours","source":"s","metadata":{"tenant":"a"}}]}`)
	}
	state := func() string {
		t.Helper()
		b.key = secret("admin")
		_, got, _ := b.do("GET", notes+"/documents/theirs", "")
		n := b.ask(200, "POST", notes+"/documents/count", `{"filter":"tenant = \"b\""}`)["count"]
		return got + ", " + fmt.Sprint(n)
	}
	check := func(name string, writes, told bool, request func() (int, string)) {
		t.Helper()
		fill()
		before := state()
		b.key = secret("app")
		status, got := request()
		if strings.Contains(got, theirs) || strings.Contains(got, "only-b") {
			t.Errorf("%s tells of another tenant: %d %.600s", name, status, got)
		}
		if after := state(); after != before {
			t.Errorf("%s changes another tenant's document:\n%s\n%s", name, before, after)
		}
		// The request is one that a key for everything is answered with it, or changes it.
		b.key = secret("admin")
		_, got = request()
		if saw := strings.Contains(got, theirs); told && !saw {
			t.Errorf("%s: the test proves nothing: %.300s", name, got)
		}
		if writes && state() == before {
			t.Errorf("%s: the test proves nothing: nothing is written", name)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(b.s.Routes())) {
		entry, ok := boundRoutes[pattern]
		if strings.HasPrefix(pattern, "GET /console/") { // the page's own files
			entry, ok = bound{open: true}, true
		}
		if strings.Contains(pattern, "/api/v2") { // Chroma's, which knows no such keys
			entry, ok = bound{refused: b.s.Routes()[pattern].Role != keys.None}, true
		}
		if !ok {
			t.Errorf("%s: say in boundRoutes what a key with a filter may see there", pattern)
			continue
		}
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{collection}", "notes", "{id}", "theirs", "{alias}", "live", "{$}", "", "{model...}", "x").Replace(path)
		path += entry.query
		if entry.refused {
			b.key = secret("app")
			if status, got, _ := b.do(method, path, "", "Accept", accept); status != 403 {
				t.Errorf("%s: %d %.200s", pattern, status, got)
			}
		}
		for _, body := range entry.bodies {
			told := strings.HasSuffix(path, "/scan") || strings.HasSuffix(path, "/get") || strings.Contains(path, "/search") && !strings.Contains(body, "like") ||
				strings.HasSuffix(path, "/fields") || strings.Contains(body, `"name"`) || method == "GET" && strings.Contains(path, "/documents")
			last := strings.HasPrefix(body, `{"source":"s","documents":[{`) // the admin's writes it again
			check(pattern+" "+body, entry.writes && body != `{"documents":[{"id":"new","text":"x","metadata":{"tenant":"b"}}]}` || last, told, func() (int, string) {
				status, got, _ := b.do(method, path, body, "Accept", accept)
				return status, got
			})
		}
	}
	for pattern := range boundRoutes {
		if _, ok := b.s.Routes()[pattern]; !ok {
			t.Errorf("%s is no route", pattern)
		}
	}
	for tool, x := range map[string]struct {
		arguments    string
		writes, told bool
	}{
		"search":           {`,"text":"` + theirs + `"`, false, true},
		"get":              {`,"ids":["theirs"]`, false, true},
		"delete":           {`,"ids":["theirs"]`, true, false},
		"upsert":           {`,"documents":[{"id":"theirs","text":"taken over","metadata":{"tenant":"a"}}]`, true, false},
		"list_collections": {"", false, true},
		"list":             {"", false, true},
		"facets":           {`,"fields":["name"],"text":"` + slip + `"`, false, true},
		"update":           {`,"ids":["theirs"],"metadata":{"x":1}`, true, false},
	} {
		check("the tool "+tool, x.writes, x.told, func() (int, string) { return 200, b.mcpCall(tool, `{"collection":"notes"`+x.arguments+`}`) })
	}
	// Counts are those of its documents, and errors name the way out.
	fill()
	b.key = secret("app")
	if n := b.ask(200, "GET", notes, "")["documents"]; fmt.Sprint(n) != "1" {
		t.Errorf("%v documents", n)
	}
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"more","text":"ours, too","metadata":{"tenant":"a"}}]}`)
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"]; fmt.Sprint(n) != "2" {
		t.Errorf("%v documents", n)
	}
	if got := b.refused(403, "outside", "PUT", notes+"/documents", `{"documents":[{"id":"1","text":"x"}]}`); !strings.Contains(fmt.Sprint(got), "tenant") {
		t.Errorf("%v", got)
	}
}
