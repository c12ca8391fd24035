package main

import (
	"slices"
	"strings"
	"testing"
)

// Times are found whatever their form, and those without a zone are in the one that is
// named.
func TestImportTimes(t *testing.T) {
	c := newCLI(t)
	forms := []string{
		"2024-05-01T00:00:00", "2024-05-01T09:00:00+0900", "2024-05-01T00:00Z", "2024-05-01 00:00:00", "2024-05-01t00:00:00z",
		"2024-05-01", "2024.05.01", "2024/5/1", "2024년 5월 1일", "2024. 5. 1.",
	}
	var b strings.Builder
	b.WriteString("id,text,at\n")
	for i, form := range forms {
		b.WriteString(string(rune('a'+i)) + ",글," + form + "\n")
	}
	c.write("times.csv", b.String())
	all := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	if r := c.imported(exitOK, "times.csv"); len(r.Notes) != 0 {
		t.Errorf("notes: %+v", r.Notes)
	}
	for filter, want := range map[string][]string{
		`at >= "2024-05-01" AND at < "2024-05-02"`: all,
		`at = "2024년 5월 1일"`:                       all,
		`at < "2024-05-01"`:                        {},
	} {
		if got := c.ids("--filter", filter); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
	}
	r := c.imported(exitOK, "times.csv", "-c", "seoul", "--timezone", "Asia/Seoul")
	if len(r.Notes) != 1 || r.Notes[0].Count != 7 || !strings.Contains(r.Notes[0].Text, "Asia/Seoul") {
		t.Errorf("notes: %+v", r.Notes)
	}
	if got, want := c.ids("-c", "seoul", "--filter", `at = "2024-05-01T00:00+09:00"`), []string{"a", "d", "f", "g", "h", "i", "j"}; !slices.Equal(got, want) {
		t.Errorf("in Seoul: %q, want %q", got, want)
	}
	c.write("soon.jsonl", `{"id":"a","text":"글","_expires":"2131-02-03 04:05"}`)
	if r := c.imported(exitRejects, "soon.jsonl"); r.Rejected != 1 {
		t.Errorf("an expiry without a zone: %+v", r)
	}
	c.imported(exitOK, "soon.jsonl", "--timezone", "Asia/Seoul", "-c", "soon")
	if out := c.ok("export", "-c", "soon", "-q"); !strings.Contains(out, "2131-02-02T19:05:00Z") {
		t.Error(out)
	}
}
