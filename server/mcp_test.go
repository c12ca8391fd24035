package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fronyai/frony-db/server"
)

// A new database can be filled by its assistant, if writes are on and the key may
// create.
func TestMCPCreates(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{MCPWrites: true})
	upsert := `{"collection":"fresh","documents":[{"id":"1","text":"first"}]}`
	if got := b.mcpCall("upsert", upsert); got != `{"ids":["1"],"created":true}` {
		t.Error(got)
	}
	if got := b.mcpCall("upsert", upsert); got != `{"ids":["1"]}` {
		t.Error(got)
	}
	if got := b.mcpCall("upsert", `{"collection":"","documents":[{"text":"x"}]}`); !strings.Contains(got, "collection is empty") {
		t.Error(got)
	}
	if got := b.mcpCall("search", `{"collection":"other","text":"x"}`); !strings.Contains(got, "no_collection") || !strings.Contains(got, "list_collections") {
		t.Error(got)
	}
	k := keyed(t, &server.Options{MCPWrites: true})
	k.key = secrets["writer"]
	if got := k.mcpCall("upsert", upsert); !strings.Contains(got, "does not exist") || !strings.Contains(got, "admin") {
		t.Error(got)
	}
}

// Answers fit a model's context: a search has the part of a text that fits the query,
// and get reads on.
func TestMCPAnswersAreCapped(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{MCPWrites: true})
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	put := func(id, text string) {
		t.Helper()
		doc, err := json.Marshal(map[string]any{"documents": []any{map[string]any{"id": id, "text": text}}})
		if err != nil {
			t.Fatal(err)
		}
		b.ask(200, "PUT", notes+"/documents", string(doc))
	}
	text := strings.Repeat("비가 오는 날의 기록이다. ", 3000) + "등대지기는 배를 센다. " + strings.Repeat("다시 비가 온다. ", 2000)
	for i := range 5 {
		put(fmt.Sprint("long", i), text)
	}
	put("short", "등대지기는 잔다.")
	got := b.mcpCall("search", `{"collection":"notes","text":"등대지기가 무엇을 세나","k":6}`)
	var found struct {
		Matches []struct {
			ID, Text   string
			Characters int
			Next       int `json:"next_offset"`
		}
	}
	if err := json.Unmarshal([]byte(got), &found); err != nil || len(found.Matches) != 6 {
		t.Fatal(err, got)
	}
	for _, m := range found.Matches {
		whole := m.ID == "short"
		if !strings.Contains(m.Text, "등대지기") || utf8.RuneCountInString(m.Text) > 600 || whole != (m.Characters == 0) {
			t.Errorf("%s: %d characters of %d: %s", m.ID, utf8.RuneCountInString(m.Text), m.Characters, m.Text)
		}
	}
	// get reads all of a text, part by part, and says what else was asked for.
	read, offset, parts := "", 0, 0
	for {
		var page struct {
			Documents []struct {
				Text string
				Next int `json:"next_offset"`
			}
			Rest []string
		}
		got := b.mcpCall("get", fmt.Sprintf(`{"collection":"notes","ids":["long0","long1"],"offset":%d}`, offset))
		if err := json.Unmarshal([]byte(got), &page); err != nil || len(got) > 200_000 {
			t.Fatal(err, len(got))
		}
		read += page.Documents[0].Text
		if parts++; parts > 10 {
			t.Fatal("it does not end")
		}
		if offset = page.Documents[0].Next; offset == 0 {
			break
		}
		if len(page.Rest) != 1 || page.Rest[0] != "long1" {
			t.Errorf("part %d: the rest is %v", parts, page.Rest)
		}
	}
	if read != text || parts < 2 {
		t.Errorf("%d characters in %d parts, want %d", utf8.RuneCountInString(read), parts, utf8.RuneCountInString(text))
	}
}

// A model learns which fields there are, and the filters that it is shown work.
func TestMCPDescribes(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(201, "POST", "/v1/collections", `{"name":"empty"}`)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[
		{"text":"a","metadata":{"lang":"ko","year":2020,"tags":["봄","say \"hi\""],"at":"2024-05-01T09:00:00Z","draft":true,"publication year":1999}},
		{"text":"b","metadata":{"lang":"en","year":2021.5,"tags":["x"],"draft":false}}]}`)
	got := b.mcpCall("list_collections", `{}`)
	var list struct {
		Collections []struct {
			Name    string
			Fields  []struct{ Name, Kind string }
			Filters []string `json:"filter_examples"`
		}
	}
	if err := json.Unmarshal([]byte(got), &list); err != nil || len(list.Collections) != 2 {
		t.Fatal(err, got)
	}
	c := list.Collections[1]
	kinds := map[string]string{}
	for _, f := range c.Fields {
		kinds[f.Name] = f.Kind
	}
	want := map[string]string{"lang": "text", "year": "number", "tags": "list of texts", "at": "time", "draft": "boolean", "publication year": "number"}
	if fmt.Sprint(kinds) != fmt.Sprint(want) || len(c.Filters) != 5 {
		t.Error(got)
	}
	for _, f := range c.Filters {
		in, err := json.Marshal(map[string]any{"filter": f})
		if err != nil {
			t.Fatal(err)
		}
		if n := b.ask(200, "POST", notes+"/documents/count", string(in))["count"]; n == json.Number("0") {
			t.Errorf("the example %s finds nothing", f)
		}
	}
	if got := b.mcpCall("list_collections", `{"collection":"notes"}`); strings.Contains(got, "empty") || !strings.Contains(got, "notes") {
		t.Error(got)
	}
	if got := b.mcpCall("list_collections", `{"collection":"none"}`); !strings.Contains(got, "no_collection") {
		t.Error(got)
	}
}

// A model reads documents in order, page by page, and counts values.
func TestMCPListsAndCounts(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	got := b.mcpCall("list", `{"collection":"notes","sort":"-year","limit":2}`)
	var page struct {
		Documents []struct{ ID string }
		Next      string
	}
	if err := json.Unmarshal([]byte(got), &page); err != nil || len(page.Documents) != 2 || page.Documents[0].ID != "1" || page.Documents[1].ID != "2" || page.Next == "" {
		t.Fatal(err, got)
	}
	got = b.mcpCall("list", `{"collection":"notes","sort":"-year","limit":2,"cursor":"`+page.Next+`"}`)
	if !strings.Contains(got, "3/x") || strings.Contains(got, "next") {
		t.Error(got)
	}
	if got := b.mcpCall("search", `{"collection":"notes","text":"x","filter":"{\"field\":\"lang\",\"op\":\"=\",\"value\":\"none\"}"}`); !strings.Contains(got, `"matches":[]`) {
		t.Error(got)
	}
	if got := b.mcpCall("list", `{"collection":"notes","sort":"-years","filter":"lang = 'ko'"}`); !strings.Contains(got, "did you mean") {
		t.Error(got)
	}
	if got := b.mcpCall("list", `{"collection":"notes","sort":"a b"}`); !strings.Contains(got, "invalid_query") {
		t.Error(got)
	}
	got = b.mcpCall("facets", `{"collection":"notes","fields":["lang","year","big","tags"],"filter":"EXISTS year"}`)
	for _, part := range []string{`"documents":2`, `"value":"ko","documents":1`, `"min":"2020","max":"2024"`, `"value":"9007199254740993"`} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	if got := b.mcpCall("facets", `{"collection":"notes","fields":["lang"],"text":"서울","k":1}`); !strings.Contains(got, `"documents":1`) {
		t.Error(got)
	}
	if got := b.mcpCall("facets", `{"collection":"notes","fields":[]}`); !strings.Contains(got, "invalid_query") {
		t.Error(got)
	}
}

// Some clients refuse schemas with lists of types; some models send null for what
// they leave out.
func TestMCPSchemas(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{MCPWrites: true})
	b.ask(200, "PUT", notes+"/documents?create=true", `{"documents":[{"id":"1","text":"x"}]}`)
	v := b.ask(200, "POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`, "Accept", "application/json, text/event-stream")
	n := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if kind, ok := v["type"].([]any); ok {
				t.Errorf("%s has the types %v", at, kind)
			}
			for _, union := range []string{"anyOf", "oneOf", "allOf", "$ref"} {
				if v[union] != nil {
					t.Errorf("%s has %s", at, union)
				}
			}
			n++
			for k, x := range v {
				walk(at+"."+k, x)
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprint(at, i), x)
			}
		}
	}
	walk("tools", v["result"])
	if n < 50 {
		t.Errorf("only %d parts", n)
	}
	if got := b.mcpCall("search", `{"collection":"notes","text":"x","filter":null,"k":null,"min_score":null,"min_cosine":null}`); !strings.Contains(got, `"id":"1"`) {
		t.Error(got)
	}
	if got := b.mcpCall("upsert", `{"collection":"notes","documents":[{"id":"2","text":"y","metadata":{"a":null},"source":null}]}`); got != `{"ids":["2"]}` {
		t.Error(got)
	}
}

// An assistant finds more like a document that it has seen, without words.
func TestMCPLike(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"1","text":"서울의 봄"},{"id":"2","text":"서울의 봄날"},{"id":"3","text":"coffee"}]}`)
	if got := b.mcpCall("search", `{"collection":"notes","like":["1"],"unlike":["3"]}`); !strings.Contains(got, `"id":"2"`) || strings.Contains(got, `"id":"1"`) || strings.Contains(got, `"id":"3"`) {
		t.Error(got)
	}
	if got := b.mcpCall("search", `{"collection":"notes","unlike":["3"]}`); !strings.Contains(got, "embedding or like") {
		t.Error(got)
	}
}

// A result with its surroundings has the texts of its neighbours, if they fit the answer.
func TestMCPContext(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	var parts []string
	for i := range 3 {
		parts = append(parts, fmt.Sprintf("part%d ", i)+strings.Repeat("lighthouse keeper ", 20))
	}
	text, err := json.Marshal(strings.Join(parts, "\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	b.ask(200, "PUT", notes+"/documents", `{"chunk":{"tokens":100},"documents":[{"id":"d","text":`+string(text)+`}]}`)
	call := func(more string) string {
		return b.mcpCall("search", `{"collection":"notes","text":"part1","k":1`+more+`}`)
	}
	if got := call(""); strings.Contains(got, "part0") || strings.Contains(got, "part2") {
		t.Error(got)
	}
	if got := call(`,"context":2`); !strings.Contains(got, "part0") || !strings.Contains(got, "part2") {
		t.Error(got)
	}
}
