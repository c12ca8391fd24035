package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
)

func TestUpdateDocuments(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{MCPWrites: true})
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[
		{"id":"1","text":"하나","metadata":{"lang":"ko","year":2020,"author":{"name":"김","born":1980}},"source":"a.md"},
		{"id":"2","text":"two","metadata":{"lang":"en","sizes":[1,2],"weights":[0.5,2]}},{"id":"3/x","text":"three"}]}`)
	get := func(id string) map[string]any { return b.ask(200, "GET", notes+"/documents/"+id, "") }
	patch := func(path, body string) map[string]any { return b.ask(200, "PATCH", notes+"/documents"+path, body) }
	if r := patch("/1", `{"metadata":{"year":2021,"lang":null,"author":{"name":"이"}},"source":"b.md","expires":"2099-01-01T00:00:00Z"}`); r["updated"] != json.Number("1") {
		t.Fatal(r)
	}
	d := get("1")
	if m := fmt.Sprint(d["metadata"]); m != "map[author.born:1980 author.name:이 year:2021]" || d["source"] != "b.md" || d["expires"] != "2099-01-01T00:00:00Z" || d["text"] != "하나" {
		t.Error(d)
	}
	patch("/3%2Fx", `{"metadata":{"lang":"en"}}`)
	patch("/1", `{"source":null,"expires":null}`)
	if d := get("1"); d["source"] != nil || d["expires"] != nil {
		t.Error(d)
	}
	if r := patch("", `{"ids":["1","none","2"],"metadata":{"seen":true}}`); r["updated"] != json.Number("2") || fmt.Sprint(r["missing"]) != "[none]" {
		t.Error(r)
	}
	if r := patch("", `{"filter":"lang = \"en\"","metadata":{"seen":false}}`); r["updated"] != json.Number("2") || r["warnings"] != nil {
		t.Error(r)
	}
	if r := patch("", `{"filter":"lnag = \"en\"","metadata":{"seen":false}}`); r["updated"] != json.Number("0") || !strings.Contains(fmt.Sprint(r["warnings"]), `did you mean "lang"`) {
		t.Error(r)
	}
	if m := fmt.Sprint(get("2")["metadata"]); m != "map[lang:en seen:false sizes:[1 2] weights:[0.5 2.0]]" {
		t.Error(m)
	}
	b.refused(404, "not_found", "PATCH", notes+"/documents/none", `{"source":"x"}`)
	b.refused(400, "invalid_metadata", "PATCH", notes+"/documents/1", `{}`)
	b.refused(400, "invalid_metadata", "PATCH", notes+"/documents/1", `{"expires":"tomorrow"}`)
	b.refused(422, "invalid_request", "PATCH", notes+"/documents/1", `{"text":"x"}`)
	b.refused(400, "invalid_request", "PATCH", notes+"/documents", `{"metadata":{"a":1}}`)
	b.refused(400, "invalid_request", "PATCH", notes+"/documents", `{"ids":["1"],"filter":"TRUE","metadata":{"a":1}}`)

	if got := b.mcpCall("update", `{"collection":"notes","ids":["1","none"],"metadata":{"seen":null,"year":1},"source":"m.md"}`); got != `{"updated":1,"missing":["none"]}` {
		t.Error(got)
	}
	if got := b.mcpCall("update", `{"collection":"notes","filter":"_source = \"m.md\"","metadata":{"by":"tool"},"source":""}`); got != `{"updated":1}` {
		t.Error(got)
	}
	if d := get("1"); fmt.Sprint(d["metadata"]) != "map[author.born:1980 author.name:이 by:tool year:1]" || d["source"] != nil {
		t.Error(d)
	}
	if got := b.mcpCall("update", `{"collection":"notes","metadata":{"a":1}}`); !strings.Contains(got, "either ids or a filter") {
		t.Error(got)
	}
}

// Warnings come with every answer to a filter, and 10,000 values fit a request.
func TestFilterAnswers(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"id-00000-0123456789abcdef0123456789","text":"one","metadata":{"lang":"ko"}}]}`)
	for name, r := range map[string]map[string]any{
		"search": b.ask(200, "POST", notes+"/search", `{"text":"one","filter":"Lang = \"ko\""}`),
		"count":  b.ask(200, "POST", notes+"/documents/count", `{"filter":"Lang = \"ko\""}`),
		"delete": b.ask(200, "POST", notes+"/documents/delete", `{"filter":"Lang = \"ko\""}`),
		"scan":   b.ask(200, "GET", notes+"/documents?filter=Lang+%3D+%22ko%22", ""),
	} {
		if w := fmt.Sprint(r["warnings"]); w != `[no document has the field "Lang"; did you mean "lang"?]` {
			t.Errorf("%s: %s", name, w)
		}
	}
	if got := b.mcpCall("search", `{"collection":"notes","text":"one","filter":"Lang = \"ko\""}`); !strings.Contains(got, "did you mean") {
		t.Error(got)
	}
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("id-%05d-0123456789abcdef0123456789", i)
	}
	list, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	if n := b.ask(200, "POST", notes+"/documents/count", `{"filter":{"field":"_id","op":"IN","value":`+string(list)+`}}`)["count"]; n != json.Number("1") {
		t.Error(n)
	}
	if r := b.ask(200, "POST", notes+"/documents/scan", `{"filter":{"field":"_id","op":"IN","value":`+string(list)+`},"limit":1,"fields":[]}`); len(b.list(r["documents"])) != 1 || r["next"] != nil {
		t.Error(r)
	}
	text, err := json.Marshal("_id IN (" + strings.Trim(string(list), "[]") + ") AND lang = 'ko'")
	if err != nil {
		t.Fatal(err)
	}
	if r := b.ask(200, "POST", notes+"/search", `{"text":"one","filter":`+string(text)+`}`); len(b.list(r["matches"])) != 1 {
		t.Error(r)
	}
}
