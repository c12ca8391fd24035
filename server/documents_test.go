package server_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	d := b.ask(200, "GET", notes+"/documents/1", "")
	m := d["metadata"].(map[string]any)
	if d["text"] != "서울의 봄은 짧다" || m["big"] != json.Number("9007199254740993") || d["embedding"] != nil || d["created"] == nil {
		t.Fatal(d)
	}
	if d := b.ask(200, "GET", notes+"/documents/3%2Fx?fields=embedding", ""); len(b.list(d["embedding"])) != 384 || d["text"] != nil {
		t.Fatal(d)
	}
	if d := b.ask(200, "GET", notes+"/documents/2", ""); d["source"] != "s.md" || d["chunk"] != json.Number("3") {
		t.Fatal(d)
	}
	b.refused(404, "not_found", "GET", notes+"/documents/none", "")
	b.refused(409, "exists", "POST", notes+"/documents", `{"documents":[{"id":"9","text":"new"},{"id":"1","text":"taken"}]}`)
	b.refused(404, "not_found", "GET", notes+"/documents/9", "") // all or none
	ids := b.list(b.ask(201, "POST", notes+"/documents", `{"documents":[{"text":"a name is made up"}]}`)["ids"])
	if len(ids) != 1 || ids[0] == "" {
		t.Fatal(ids)
	}
	got := b.ask(200, "POST", notes+"/documents/get", `{"ids":["2","none","1"],"fields":[]}`)
	docs, missing := b.list(got["documents"]), b.list(got["missing"])
	if len(docs) != 2 || docs[0].(map[string]any)["id"] != "2" || docs[0].(map[string]any)["text"] != nil || len(missing) != 1 || missing[0] != "none" {
		t.Fatal(got)
	}
	count := func(body string) any { return b.ask(200, "POST", notes+"/documents/count", body)["count"] }
	if n := count(`{}`); n != json.Number("4") {
		t.Fatal(n)
	}
	if n := count(`{"filter":{"field":"year","op":">=","value":2021}}`); n != json.Number("1") {
		t.Fatal(n)
	}
	source := func(body string) map[string]any { return b.ask(200, "POST", notes+"/documents/source", body) }
	if r := source(`{"source":"f.md","documents":[{"text":"first"},{"text":"second"}]}`); r["written"] != json.Number("2") || b.list(r["ids"])[1] != "f.md#1" {
		t.Fatal(r)
	}
	if r := source(`{"source":"f.md","documents":[{"text":"first"}]}`); r["unchanged"] != json.Number("1") || r["deleted"] != json.Number("1") {
		t.Fatal(r)
	}
	if r := source(`{"source":"f.md","documents":[]}`); r["deleted"] != json.Number("1") || len(b.list(r["ids"])) != 0 {
		t.Fatal(r)
	}
	del := func(body string) any { return b.ask(200, "POST", notes+"/documents/delete", body)["deleted"] }
	if n := del(`{"filter":"lang = 'en'"}`); n != json.Number("1") {
		t.Fatal(n)
	}
	if n := del(`{"ids":["1","none"]}`); n != json.Number("1") {
		t.Fatal(n)
	}
	if n := b.ask(200, "DELETE", notes+"/documents/3%2Fx", "")["deleted"]; n != json.Number("1") {
		t.Fatal(n)
	}
	if n := b.ask(200, "DELETE", notes+"/documents/3%2Fx", "")["deleted"]; n != json.Number("0") {
		t.Fatal(n)
	}
	b.refused(400, "invalid_request", "POST", notes+"/documents/delete", `{}`)
	b.refused(400, "invalid_request", "POST", notes+"/documents/delete", `{"ids":["a"],"filter":"TRUE"}`)
	if n := del(`{"filter":"TRUE"}`); n != json.Number("1") {
		t.Fatal(n)
	}
}

func TestUpsertInChunks(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	long := strings.Repeat("서울의 봄은 짧다. ", 20)
	put := func(text, chunk string) map[string]any {
		return b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"long","text":"`+text+`"}],"chunk":`+chunk+`}`)
	}
	v := put(long, `{"tokens":40,"overlap":0}`)
	ids := b.list(v["ids"])
	if len(ids) < 3 || ids[1] != "long#1" || v["written"] != json.Number(strconv.Itoa(len(ids))) || v["deleted"] != nil {
		t.Fatal(v)
	}
	doc := b.ask(200, "GET", notes+"/documents/long%231", "")
	if doc["source"] != "long" || doc["chunk"] != json.Number("1") || doc["metadata"].(map[string]any)["chunk_start"] == nil {
		t.Error(doc)
	}
	if again := put(long, `{"tokens":40,"overlap":0}`); again["unchanged"] != json.Number(strconv.Itoa(len(ids))) || again["written"] != nil {
		t.Error(again)
	}
	if short := put("# 봄", `{"format":"markdown"}`); len(b.list(short["ids"])) != 1 || short["deleted"] != json.Number(strconv.Itoa(len(ids))) {
		t.Error(short)
	}
	b.refused(400, "invalid_options", "PUT", notes+"/documents", `{"documents":[{"id":"long","text":"x"}],"chunk":{"tokens":10,"overlap":9}}`)
	b.refused(422, "invalid_request", "PUT", notes+"/documents", `{"documents":[{"id":"long","text":"x"}],"chunk":{"format":"pdf"}}`)
}

func TestInsertInChunks(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	long := strings.Repeat("서울의 봄은 짧다. ", 20)
	insert := func(id string) string {
		return `{"documents":[{"id":"` + id + `","text":"` + long + `"}],"chunk":{"tokens":40,"overlap":0}}`
	}
	ids := b.list(b.ask(201, "POST", notes+"/documents", insert("long"))["ids"])
	// Upserting the same again changes nothing.
	if v := b.ask(200, "PUT", notes+"/documents", insert("long")); len(ids) < 3 || !reflect.DeepEqual(v["ids"], any(ids)) || v["unchanged"] != json.Number(strconv.Itoa(len(ids))) {
		t.Error(ids, v)
	}
	for _, id := range []string{"long", "1", "s.md"} { // in chunks, whole, of other chunks
		if e := b.refused(409, "exists", "POST", notes+"/documents", insert(id)); !strings.Contains(e["message"].(string), strconv.Quote(id)) || e["hint"] == nil {
			t.Error(e)
		}
	}
	b.refused(400, "invalid_options", "POST", notes+"/documents", `{"documents":[{"text":"x"}],"chunk":{"tokens":10,"overlap":9}}`)
	b.ask(201, "POST", notes+"/documents", insert("again"), "Idempotency-Key", "k")
	b.ask(201, "POST", notes+"/documents", insert("again"), "Idempotency-Key", "k")
}

func TestScanInPages(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var docs []map[string]any
	for i := range 25 {
		docs = append(docs, map[string]any{"id": string(rune('가' + i)), "text": "x", "metadata": map[string]any{"i": i}})
	}
	body, err := json.Marshal(map[string]any{"documents": docs})
	if err != nil {
		t.Fatal(err)
	}
	b.ask(200, "PUT", notes+"/documents?create=true", string(body))
	var ids []string
	next := ""
	for pages := 0; ; pages++ {
		v := b.ask(200, "GET", notes+"/documents?limit=10&filter=i%20%3C%2020&fields=metadata&cursor="+next, "")
		for _, d := range b.list(v["documents"]) {
			ids = append(ids, d.(map[string]any)["id"].(string))
		}
		if v["next"] == nil {
			if pages != 1 {
				t.Errorf("20 documents came in %d pages of 10", pages+1)
			}
			break
		}
		next = v["next"].(string)
	}
	if want := "가각갂갃간갅갆갇갈갉갊갋갌갍갎갏감갑값갓"; strings.Join(ids, "") != want {
		t.Fatalf("%v, want %s", ids, want)
	}
	v := b.ask(200, "GET", notes+"/documents?filter="+url.QueryEscape(`{"field":"i","op":"<","value":3}`), "")
	if got := len(b.list(v["documents"])); got != 3 {
		t.Errorf("a filter in JSON: %d documents", got)
	}
	b.refused(400, "invalid_filter", "GET", notes+"/documents?filter="+url.QueryEscape(`{"field":"i"}`), "")
	b.refused(400, "invalid_cursor", "GET", notes+"/documents?cursor=%21", "")
	b.refused(400, "limit_exceeded", "GET", notes+"/documents?limit=100000", "")
	b.refused(422, "invalid_request", "GET", notes+"/documents?limmit=1", "")
}
