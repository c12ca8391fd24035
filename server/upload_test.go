package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/server"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	var in bytes.Buffer
	for i := range 1000 {
		switch i {
		case 500:
			in.WriteString("{not json\n")
		case 501:
			in.WriteString(`{"id":"x"}` + "\n")
		case 502:
			in.WriteString(`{"id":"0","text":"taken"}` + "\n")
		case 503:
			in.WriteString("\n")
		default:
			in.WriteString(`{"id":"` + strings.Repeat("0", i/300) + string(rune('가'+i)) + `","text":"line"}` + "\n")
		}
	}
	in.WriteString(`{"id":"0","text":"the last line has no end"}`)
	lines := func(query string) (codes map[string]int, end map[string]any) {
		t.Helper()
		status, got, _ := b.do("POST", notes+"/documents/upload"+query, in.String(), "Content-Type", "application/x-ndjson")
		if status != 200 {
			t.Fatal(status, got)
		}
		codes = map[string]int{}
		for line := range strings.Lines(got) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if v["done"] == true {
				end = v
				continue
			}
			code := "ok"
			if e, ok := v["error"].(map[string]any); ok {
				code = e["code"].(string)
			}
			codes[code]++
		}
		return codes, end
	}
	codes, end := lines("?mode=insert")
	if codes["ok"] != 997 || codes["invalid_json"] != 1 || codes["invalid_text"] != 1 || codes["exists"]+codes["duplicate_id"] != 1 ||
		end["written"] != 997.0 || end["rejected"] != 3.0 || end["lines"] != 1001.0 || end["error"] != nil {
		t.Fatal(codes, end)
	}
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"]; n != json.Number("997") {
		t.Fatal(n)
	}
	codes, end = lines("?results=errors")
	if codes["ok"] != 0 || end["rejected"] != 2.0 || end["written"] != 998.0 {
		t.Fatal(codes, end)
	}
	b.refused(404, "no_collection", "POST", "/v1/collections/none/documents/upload", `{}`)
	b.refused(400, "invalid_request", "POST", notes+"/documents/upload?mode=merge", `{}`)
	long := start(t, &server.Options{Limits: server.Limits{Line: 100}})
	_, got, _ := long.do("POST", notes+"/documents/upload?create=true", `{"text":"a"}`+"\n"+strings.Repeat("x", 200)+"\n")
	if !strings.Contains(got, `"too_large"`) || !strings.Contains(got, `"written":1`) {
		t.Fatal(got)
	}
}

// A stream in chunks stores the same as an upsert in chunks, answers each line under
// the id of its document, and can be sent again.
func TestUploadInChunks(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	long := strings.Repeat("서울의 봄은 짧다. ", 20)
	lines := []string{
		`{"id":"a","text":"` + long + `"}`,
		`{"text":"# 봄\n\n` + long + `"}`,
		`{"id":"1","text":"` + long + `"}`, // stored whole before
		`{not json`,
		`{"id":"a","text":"# twice\n\n` + long + `"}`,
		`{"id":"short","text":"short"}`,
		`{"id":"p","text":"` + long + `","source":"book"}`,
	}
	upload := func(query string, want ...string) {
		t.Helper()
		status, got, _ := b.do("POST", notes+"/documents/upload?"+query, strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson")
		answers := map[float64]string{}
		for line := range strings.Lines(got) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if e, ok := v["error"].(map[string]any); ok {
				v["id"] = e["code"]
			}
			if v["done"] != true {
				answers[v["line"].(float64)], _ = v["id"].(string)
			}
		}
		if status != 200 || len(answers) != len(want) {
			t.Fatal(status, got)
		}
		for i, w := range want {
			if id := answers[float64(i+1)]; w == "" && len(id) != 36 || w != "" && id != w {
				t.Errorf("line %d: %s, want %s", i+1, id, w)
			}
		}
	}
	stored := func() (ids []string) {
		for _, d := range b.list(b.ask(200, "GET", notes+"/documents?limit=1000", "")["documents"]) {
			if id := d.(map[string]any)["id"].(string); len(id) < 36 {
				ids = append(ids, id)
			}
		}
		return ids
	}
	const query = "chunk=markdown&chunk_tokens=40&chunk_overlap=0"
	upload(query, "a", "", "1", "invalid_json", "a", "short", "p")
	got := stored()
	chunk := b.ask(200, "GET", notes+"/documents/a%231", "")
	if chunk["source"] != "a" || chunk["metadata"].(map[string]any)["title"] != "twice" || !slices.Contains(got, "short") || !slices.Contains(got, "p") || slices.Contains(got, "1") {
		t.Error(got, chunk)
	}
	upload(query, "a", "", "1", "invalid_json", "a", "short", "p")
	if again := stored(); !slices.Equal(again, got) {
		t.Errorf("sent again: %v, before %v", again, got)
	}
	upload(query+"&mode=insert", "exists", "", "exists", "invalid_json", "exists", "exists", "exists")
	if v := b.ask(200, "PUT", notes+"/documents", `{"documents":[`+lines[4]+`],"chunk":{"format":"markdown","tokens":40,"overlap":0}}`); v["written"] != nil || v["deleted"] != nil {
		t.Errorf("not what an upsert stores: %v", v)
	}
	for query, param := range map[string]string{
		"chunk=pdf": "chunk", "chunk": "chunk", "chunk_tokens=40": "chunk", "chunk_overlap=1": "chunk",
		"chunk=plain&chunk_tokens=-1": "chunk_tokens", "chunk=plain&chunk_overlap=": "chunk_overlap",
	} {
		if e := b.refused(400, "invalid_request", "POST", notes+"/documents/upload?"+query, lines[0]); e["param"] != param || e["hint"] == nil {
			t.Errorf("%s: %v", query, e)
		}
	}
	b.refused(400, "invalid_options", "POST", notes+"/documents/upload?chunk=plain&chunk_tokens=10&chunk_overlap=9", lines[0])
	described := fmt.Sprint(b.ask(200, "GET", "/openapi.json", "")["paths"].(map[string]any)["/v1/collections/{collection}/documents/upload"])
	for _, name := range []string{"chunk", "chunk_tokens", "chunk_overlap"} {
		if !strings.Contains(described, "name:"+name+" ") {
			t.Errorf("%s is not described", name)
		}
	}
}

// tally counts what it embeds.
type tally struct {
	*embeddertest.Fake
	texts atomic.Int64
}

func (c *tally) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	c.texts.Add(int64(len(texts)))
	return c.Fake.EmbedPassages(ctx, texts)
}

// The chunks of many long documents fit their transactions: a batch that did not
// would be embedded in vain.
func TestUploadInChunksEmbedsOnce(t *testing.T) {
	t.Parallel()
	e := &tally{Fake: embeddertest.New(384, 1)}
	b := startWith(t, e, nil)
	line := `{"text":"` + strings.Repeat("It rains today, says the forecast for the coast. ", 4000) + `"}` + "\n"
	b.do("POST", notes+"/documents/upload?create=true&chunk=plain&chunk_tokens=64&chunk_overlap=0", strings.Repeat(line, 6))
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"].(json.Number); n != json.Number(fmt.Sprint(e.texts.Load())) || len(n) < 4 {
		t.Errorf("%d texts were embedded for %s chunks", e.texts.Load(), n)
	}
}
