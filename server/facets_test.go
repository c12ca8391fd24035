package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestFacets(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	text := func(v any) string {
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	got := text(b.ask(200, "POST", notes+"/facets", `{"fields":["lang","year","big","tags","_source","lnag"],"top":1}`))
	for _, part := range []string{
		`"documents":3`, `{"distinct":2,"documents":2,"field":"lang","values":[{"documents":1,"value":"en"}]}`,
		`"field":"year","max":2024,"min":2020`, `"value":9007199254740993`, `{"distinct":2,"documents":1,"field":"tags"`, `"value":"s.md"`,
		`"warnings":["no document has the field \"lnag\"; did you mean \"lang\"?"]`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	got = text(b.ask(200, "POST", notes+"/facets", `{"fields":["lang"],"filter":"year > 2000","search":{"text":"winter","k":1,"mode":"lexical"}}`))
	if !strings.Contains(got, `"documents":1,"facets":[{"distinct":1,"documents":1,"field":"lang","values":[{"documents":1,"value":"en"}]}]`) {
		t.Error(got)
	}
	fields := b.list(b.ask(200, "GET", notes+"/fields", "")["fields"])
	if first := fields[0].(map[string]any); len(fields) != 4 || first["name"] != "lang" || text(first["types"]) != `[{"documents":2,"type":"string"}]` || text(first["examples"]) != `["en","ko"]` {
		t.Error(fields)
	}
	fields = b.list(b.ask(200, "GET", notes+"/fields?filter="+url.QueryEscape(`{"field":"lang","op":"=","value":"ko"}`), "")["fields"])
	if len(fields) != 3 || text(fields[0].(map[string]any)["share"]) != "1" {
		t.Error(fields)
	}
	b.refused(400, "invalid_query", "POST", notes+"/facets", `{"fields":["_id"]}`)
	b.refused(422, "invalid_request", "POST", notes+"/facets", `{"fields":[]}`)
	b.refused(400, "limit_exceeded", "POST", notes+"/facets", `{"fields":["a"],"top":1000000}`)
	if e := b.refused(400, "invalid_filter", "POST", notes+"/facets", `{"fields":["a"],"search":{"text":"x","filter":"a =="}}`); e["param"] != "search.filter" {
		t.Error(e)
	}
	b.refused(400, "limit_exceeded", "POST", notes+"/facets", `{"fields":["a"],"search":{"text":"x","k":1000000}}`)
	b.refused(400, "invalid_filter", "GET", notes+"/fields?filter=a+%3D%3D", "")
}

func TestSortedPages(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var docs []map[string]any
	for i := range 25 {
		docs = append(docs, map[string]any{"id": fmt.Sprint(i), "text": "x", "metadata": map[string]any{"tenth": i / 10, "i": i}})
	}
	body, err := json.Marshal(map[string]any{"documents": docs})
	if err != nil {
		t.Fatal(err)
	}
	b.ask(200, "PUT", notes+"/documents?create=true", string(body))
	for _, way := range []string{"GET", "POST"} {
		var got []string
		next := ""
		for pages := 0; ; pages++ {
			var v map[string]any
			if way == "GET" {
				v = b.ask(200, "GET", notes+"/documents?limit=7&sort=-tenth,i&fields=id&cursor="+next, "")
			} else {
				v = b.ask(200, "POST", notes+"/documents/scan", `{"limit":7,"sort":"-tenth,i","fields":[],"cursor":"`+next+`"}`)
			}
			for _, d := range b.list(v["documents"]) {
				got = append(got, d.(map[string]any)["id"].(string))
			}
			if v["next"] == nil {
				break
			}
			if next = v["next"].(string); pages > 5 {
				t.Fatal("no end")
			}
		}
		if want := "20 21 22 23 24 10 11 12 13 14 15 16 17 18 19 0 1 2 3 4 5 6 7 8 9"; strings.Join(got, " ") != want {
			t.Errorf("%s: %v", way, got)
		}
		if e := b.refused(400, "invalid_cursor", "GET", notes+"/documents?sort=i&cursor="+next, ""); !strings.Contains(fmt.Sprint(e["hint"]), "same sort") {
			t.Error(e)
		}
		b.refused(400, "invalid_cursor", "GET", notes+"/documents?cursor="+next, "")
	}
	b.refused(400, "invalid_query", "GET", notes+"/documents?sort=a,b,c", "")
	b.refused(400, "invalid_query", "GET", notes+"/documents?sort=year+desc", "")
	if v := b.ask(200, "GET", notes+"/documents?sort=none", ""); len(b.list(v["documents"])) != 25 || len(b.list(v["warnings"])) != 1 {
		t.Error(v)
	}
	// Pages and groups of a search.
	v := b.ask(200, "POST", notes+"/search", `{"text":"x","k":5,"offset":22,"mode":"lexical"}`)
	if len(b.list(v["matches"])) != 3 {
		t.Error(v)
	}
	if v := b.ask(200, "POST", notes+"/search", `{"text":"x","group_by":"tenth","mode":"lexical"}`); len(b.list(v["matches"])) != 3 {
		t.Error(v)
	}
	b.refused(400, "limit_exceeded", "POST", notes+"/search", `{"text":"x","k":5,"offset":1000000}`)
	b.refused(400, "invalid_query", "POST", notes+"/search", `{"text":"x","per_group":2}`)
}
