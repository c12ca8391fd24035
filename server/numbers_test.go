package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server"
)

// mcpCall calls a tool and returns the body of the answer.
func (b *bench) mcpCall(tool, arguments string) string {
	b.Helper()
	status, got, _ := b.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":`+arguments+`}}`,
		"Accept", "application/json, text/event-stream")
	if status != 200 {
		b.Fatalf("%s %s: %d %s", tool, arguments, status, got)
	}
	var v struct {
		Result struct {
			Content []struct{ Text string }
		}
	}
	if err := json.Unmarshal([]byte(got), &v); err != nil || len(v.Result.Content) == 0 {
		b.Fatalf("%s: %v in %s", tool, err, got)
	}
	return v.Result.Content[0].Text
}

// Numbers keep their value and their kind, whichever way they come and go.
func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{MCPWrites: true})
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	metadata := `"metadata":{"a":9007199254740993,"b":1,"c":1.0,"d":-9223372036854775808,"e":9223372036854775807}`
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"put","text":"x",`+metadata+`}]}`)
	b.do("POST", notes+"/documents/upload", `{"id":"upload","text":"x",`+metadata+`}`)
	b.mcpCall("upsert", `{"collection":"notes","documents":[{"id":"mcp","text":"x",`+metadata+`}]}`)
	// The same with an integer as some models write it.
	b.mcpCall("upsert", `{"collection":"notes","max_tokens":64.0,"documents":[{"id":"mcp2","text":"x",`+metadata+`}]}`)
	for _, id := range []string{"put", "upload", "mcp", "mcp2"} {
		for by, got := range map[string]string{
			"GET":    func() string { _, s, _ := b.do("GET", notes+"/documents/"+id, ""); return s }(),
			"get":    b.mcpCall("get", `{"collection":"notes","ids":["`+id+`"]}`),
			"search": b.mcpCall("search", `{"collection":"notes","text":"x","k":10.0}`),
		} {
			if !strings.Contains(got, metadata) {
				t.Errorf("%s, read by %s: %s", id, by, got)
			}
		}
	}
	for _, n := range []string{"9223372036854775808", "-9223372036854775809", "18446744073709551615", "123456789012345678901234567890"} {
		doc := `{"documents":[{"id":"n","text":"x","metadata":{"n":` + n + `}}]}`
		e := b.refused(400, "invalid_metadata", "PUT", notes+"/documents", doc)
		if s, _ := e["message"].(string); !strings.Contains(s, n) || !strings.Contains(s, "64 bits") {
			t.Errorf("%s: %v", n, e)
		}
		if _, got, _ := b.do("POST", notes+"/documents/upload", `{"id":"n","text":"x","metadata":{"n":`+n+`}}`); !strings.Contains(got, "64 bits") {
			t.Errorf("upload of %s: %s", n, got)
		}
		if got := b.mcpCall("upsert", `{"collection":"notes","documents":[{"id":"n","text":"x","metadata":{"n":`+n+`}}]}`); !strings.Contains(got, "64 bits") {
			t.Errorf("the tool upsert with %s: %s", n, got)
		}
		if n == "9223372036854775808" {
			continue // a float is exactly that, which a filter may compare with
		}
		for _, where := range []string{`"n = ` + n + `"`, `{"field":"n","op":"=","value":` + n + `}`} {
			b.refused(400, "invalid_filter", "POST", notes+"/documents/count", `{"filter":`+where+`}`)
		}
	}
	// What JSON has and metadata does not is named in JSON's terms.
	for value, want := range map[string]string{`[{"a":1}]`: "an object", `["a",1]`: "element 1 is a number", `[["a"]]`: "element 0 is a list"} {
		e := b.refused(400, "invalid_metadata", "PUT", notes+"/documents", `{"documents":[{"text":"x","metadata":{"n":`+value+`}}]}`)
		if s, _ := e["message"].(string); !strings.Contains(s, want) || strings.Contains(s, "interface") || strings.Contains(s, "time.Time") {
			t.Errorf("%s: %v", value, e)
		}
	}
}
