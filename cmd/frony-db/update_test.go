package main

import (
	"strings"
	"testing"
)

// Lists of numbers and nested objects are the same after an export and an import, in
// every format, and filters find them; names in another Unicode normalisation, too.
func TestMetadataRoundTrip(t *testing.T) {
	c := newCLI(t)
	c.write("in.jsonl", `{"id":"\u1107\u1169\u1100\u1169.md","text":"하나","sizes":[1,2],"weights":[1.0,2.5],"author":{"name":"\u1100\u1175\u11b7","born":1980},"none":[],"\u1107\u116e\u1109\u1165":"x"}
{"id":"b","text":"둘","sizes":["S"],"부서":"x"}
`)
	c.ok("import", "-q", "in.jsonl", "-c", "first")
	want := c.ok("export", "-q", "-c", "first")
	for _, format := range []string{"jsonl", "csv", "tsv", "parquet"} {
		c.ok("export", "-q", "-c", "first", "-o", "out."+format)
		c.ok("import", "-q", "out."+format, "-c", format)
		if got := c.ok("export", "-q", "-c", format); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", format, got, want)
		}
		for where, n := range map[string]int{
			`sizes CONTAINS 2 AND weights CONTAINS 2.5`: 1, `author.name = "김" AND author.born < 1990`: 1, `부서 = "x"`: 2,
			`_id = "보고.md"`: 1, `_id STARTS WITH "보고"`: 1, `sizes CONTAINS "S"`: 1, `EXISTS none`: 1,
		} {
			r := c.run("", "export", "-c", format, "--filter", where, "-q")
			if got := strings.Count(r.out, "\n"); got != n || r.err != "" {
				t.Errorf("%s, %s: %d documents, want %d\n%s", format, where, got, n, r.err)
			}
		}
	}
	if out := c.ok("update", "-c", "csv", "보고.md", "--set", "부서=y"); out != "updated 1\n" {
		t.Error(out)
	}
	if r := c.run("", "search", "하나", "-c", "csv", "--mode", "lexical", "--filter", `Sizes CONTAINS 1`); !strings.Contains(r.err, `did you mean "sizes"?`) {
		t.Errorf("%+v", r)
	}
}
