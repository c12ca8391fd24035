package server_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Places travel in characters, whatever they take in UTF-8 and UTF-16.
func TestSnippetsInCharacters(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	before := strings.Repeat("😀 오늘은 맑다. ", 30)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"1","text":"`+before+`서울에서 이사할 때. 😀 끝."}]}`)
	r := b.ask(200, "POST", notes+"/search", `{"text":"이사하면","highlight":true,"snippet":20}`)
	m := r["matches"].([]any)[0].(map[string]any)
	number := func(v any) int {
		n, err := strconv.Atoi(fmt.Sprint(v))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	part := func(text string, span any) string {
		s := span.(map[string]any)
		return string([]rune(text)[number(s["start"]):number(s["end"])])
	}
	if got := part(m["text"].(string), m["highlights"].([]any)[0]); got != "이사" {
		t.Errorf("marked %q", got)
	}
	s := m["snippet"].(map[string]any)
	text, from := s["text"].(string), number(s["start"])
	if got := part(text, s["highlights"].([]any)[0]); got != "이사" || !strings.HasPrefix(string([]rune(m["text"].(string))[from:]), text) || len([]rune(text)) > 20 {
		t.Errorf("marked %q in %v", got, s)
	}
	r = b.ask(200, "POST", notes+"/search", `{"text":"이사하면","snippet":20,"fields":["id"]}`)
	m = r["matches"].([]any)[0].(map[string]any)
	if m["text"] != nil || m["highlights"] != nil || m["snippet"].(map[string]any)["highlights"] != nil {
		t.Errorf("%v", m)
	}
	r = b.ask(200, "POST", notes+"/search", `{"text":"이사하면","context":1,"fields":["id"]}`)
	m = r["matches"].([]any)[0].(map[string]any)
	around := m["context"].(map[string]any)
	if m["text"] != nil || !strings.HasPrefix(around["text"].(string), before) || number(around["first"]) != 0 || number(around["last"]) != 0 {
		t.Errorf("%v", m)
	}
	b.ask(422, "POST", notes+"/search", `{"text":"이사","context":21}`)
	b.ask(400, "POST", notes+"/search", `{"text":"이사","highlight":true,"fields":["metadata"]}`)
	b.ask(422, "POST", notes+"/search", `{"text":"이사","snippet":-1}`)
}
