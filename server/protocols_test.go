package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// Usage counts the tokens that the model reads, and no more.
func TestUsageCountsTokens(t *testing.T) {
	t.Parallel()
	b := startWith(t, brief{embeddertest.New(384, 1)}, nil)
	body := `{"input":["one two three","` + strings.Repeat("word ", 50) + `"]}`
	for _, path := range []string{"/v1/embeddings", "/embeddings"} {
		usage := b.ask(200, "POST", path, body)["usage"].(map[string]any)
		if usage["prompt_tokens"] != json.Number("23") || usage["total_tokens"] != json.Number("23") {
			t.Errorf("%s: %v", path, usage)
		}
	}
	if n := b.ask(200, "POST", "/api/embed", body)["prompt_eval_count"]; n != json.Number("23") {
		t.Errorf("/api/embed: %v", n)
	}
}

// What is wrong with an input names its place and what to do, in the message, which
// is all that clients show.
func TestWrongInputs(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for body, want := range map[string]string{
		`[1,2,3]`:         "check_embedding_ctx_length=False",
		`[[1,2],[3]]`:     "check_embedding_ctx_length=False",
		`["a","b","",""]`: "text 2 is empty",
		`["a",null]`:      "input[1] is null",
		`["a",{}]`:        "input[1] is not a text",
	} {
		e := b.refused(400, map[bool]string{true: "invalid_text", false: "invalid_request"}[strings.Contains(want, "empty")], "POST", "/v1/embeddings", `{"input":`+body+`}`)
		if s, _ := e["message"].(string); !strings.Contains(s, want) {
			t.Errorf("%s: %s", body, s)
		}
	}
	if e := b.refused(400, "invalid_text", "POST", "/v1/embeddings", `{"input":["a","b",""]}`); e["param"] != "input[2]" {
		t.Error(e)
	}
	if v := b.ask(400, "POST", "/embed", `{"inputs":["a",""]}`); !strings.Contains(fmt.Sprint(v["error"]), "text 1 is empty") {
		t.Error(v)
	}
}

func TestTEIRoutes(t *testing.T) {
	t.Parallel()
	b := startWith(t, sided{embeddertest.New(384, 1)}, nil)
	list := func(path, body string) []any {
		t.Helper()
		status, got, _ := b.do("POST", path, body)
		var v []any
		d := json.NewDecoder(strings.NewReader(got))
		d.UseNumber()
		if err := d.Decode(&v); status != 200 || err != nil {
			t.Fatal(path, status, got)
		}
		return v
	}
	near(t, b.list(list("/", `{"inputs":"봄"}`)[0]), embedding(t, "봄", 384))
	near(t, b.list(list("/", `{"inputs":["a","봄"],"prompt_name":"query"}`)[1]), embedding(t, "question 봄", 384))
	v := b.ask(200, "POST", "/embeddings", `{"input":"봄","model":"text-embeddings-inference"}`)
	near(t, b.list(b.list(v["data"])[0].(map[string]any)["embedding"]), embedding(t, "봄", 384))
	scores := list("/similarity", `{"inputs":{"source_sentence":"봄","sentences":["봄","winter","봄"]}}`)
	if len(scores) != 3 || !strings.HasPrefix(fmt.Sprint(scores[0]), "1") && !strings.HasPrefix(fmt.Sprint(scores[0]), "0.99") || scores[0] != scores[2] {
		t.Error(scores)
	}
	b.ask(422, "POST", "/similarity", `{"inputs":{"source_sentence":"봄","sentences":[]}}`)
	b.ask(400, "POST", "/similarity", `{"inputs":{"source_sentence":"","sentences":["a"]}}`)
}

func TestTokenize(t *testing.T) {
	t.Parallel()
	e := builtin.New()
	b := startWith(t, e, nil)
	const text = "서울의 봄: spring"
	status, got, _ := b.do("POST", "/tokenize", `{"inputs":["`+text+`","x"],"add_special_tokens":true}`)
	var lists [][]struct {
		ID          int
		Text        string
		Special     bool
		Start, Stop int
	}
	if err := json.Unmarshal([]byte(got), &lists); status != 200 || err != nil || len(lists) != 2 {
		t.Fatal(status, got, err)
	}
	if len(lists[0]) != e.CountTokens(text) {
		t.Errorf("%d tokens, want %d", len(lists[0]), e.CountTokens(text))
	}
	for _, tok := range lists[0] {
		if tok.Text != string([]rune(text)[tok.Start:tok.Stop]) || tok.Special {
			t.Errorf("%+v", tok)
		}
	}
	b.ask(400, "POST", "/tokenize", `{"inputs":""}`)
	b.ask(400, "POST", "/tokenize", `{"inputs":[1]}`)
	other := startWith(t, sided{embeddertest.New(384, 1)}, nil)
	if v := other.ask(424, "POST", "/tokenize", `{"inputs":"x"}`); !strings.Contains(fmt.Sprint(v["error"]), "builtin") {
		t.Error(v)
	}
}

func TestOllama(t *testing.T) {
	t.Parallel()
	b := startWith(t, sided{embeddertest.New(384, 1)}, nil)
	for model, text := range map[string]string{"frony-passage": "봄", "frony-query:latest": "question 봄", "embeddertest/fake": "봄"} {
		v := b.ask(200, "POST", "/api/embed", `{"model":"`+model+`","input":["봄"],"truncate":true,"keep_alive":"5m"}`)
		near(t, b.list(b.list(v["embeddings"])[0]), embedding(t, text, 384))
		if v["model"] != model {
			t.Error(v["model"])
		}
	}
	v := b.ask(200, "POST", "/api/embed", `{"model":"frony-passage","input":"봄","dimensions":192}`)
	near(t, b.list(b.list(v["embeddings"])[0]), embedding(t, "봄", 192))
	if v := b.ask(404, "POST", "/api/embed", `{"model":"nomic-embed-text","input":"x"}`); !strings.Contains(fmt.Sprint(v["error"]), "/api/tags") {
		t.Error(v)
	}
	if m := b.list(b.ask(200, "GET", "/api/tags", "")["models"]); len(m) != 3 || m[0].(map[string]any)["name"] != "frony-passage:latest" {
		t.Error(m)
	}
}
