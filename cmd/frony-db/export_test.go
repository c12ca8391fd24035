package main

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/api"
)

// exported are the documents of a collection with their embeddings.
func exported(c cli, collection string) []map[string]any {
	c.t.Helper()
	var docs []map[string]any
	for line := range strings.Lines(c.ok("export", "-c", collection, "--embeddings", "-q")) {
		var d map[string]any
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			c.t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return docs
}

// An export can be imported unchanged, in every format, with its embeddings or embedded
// again.
func TestExportRoundTrip(t *testing.T) {
	c := newCLI(t)
	c.write("rows.jsonl", `{"id":"모두","text":"a \"b\",\tc\r\nd","year":2020,"score":3.0,"ok":true,"tags":["x","","가,나"],"empty":"","when":"2020-01-02T03:04:05Z"}
{"id":"other types","text":"줄\n바꿈","year":"twenty","metadata":{"title":"제목","id":"inner","a:b":1,"big":9007199254740993,"tiny":5e-324}}
{"id":"007","text":"  space  ","expires":"metadata of that name"}
{"id":"soon","text":"곧 사라질 글","_expires":"2131-02-03T13:05:06.123456+09:00"}
`)
	c.write("docs/guide.md", guide(4, "판"))
	c.imported(exitOK, "rows.jsonl", "docs", "--chunk", "auto", "-c", "all")
	want := exported(c, "all")
	if len(want) != 8 {
		t.Fatalf("%d documents: %.500v", len(want), want)
	}
	var docs struct{ Documents []api.StoredDocument }
	soon := time.Date(2131, 2, 3, 4, 5, 6, 123_456_000, time.UTC)
	if c.json(&docs, "get", "soon", "-c", "all"); !docs.Documents[0].Expires.Equal(soon) {
		t.Errorf("it expires at %v, want %v", docs.Documents[0].Expires, soon)
	}
	for _, name := range []string{"x.jsonl", "x.jsonl.gz", "x.jsonl.zst", "x.csv", "x.csv.zst", "x.tsv", "x.parquet"} {
		for _, vectors := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s embeddings=%t", name, vectors), func(t *testing.T) {
				c := cli{t}
				into := strings.NewReplacer(".", "-").Replace(fmt.Sprintf("%s-%t", name, vectors))
				c.ok("export", "-c", "all", "-o", name, fmt.Sprintf("--embeddings=%t", vectors), "-q")
				r := c.imported(exitOK, name, "-c", into, "--model", "builtin", "--chunk", "auto")
				if r.Added != int64(len(want)) {
					t.Fatalf("%+v", r)
				}
				got := exported(c, into)
				for i := range want {
					if d := distance(want[i]["embedding"], got[i]["embedding"]); d > 1e-6 {
						t.Errorf("the embedding of %v is off by %g", want[i]["id"], d)
					}
					a, b := without(want[i], "embedding"), without(got[i], "embedding")
					if !reflect.DeepEqual(a, b) {
						t.Errorf("got  %v\nwant %v", b, a)
					}
				}
			})
		}
	}
}

// A record that has expired is accepted, and then neither it nor the document it
// replaced exists. Expired documents are not exported.
func TestImportExpired(t *testing.T) {
	c := newCLI(t)
	c.write("live.jsonl", `{"id":"a","text":"살아 있다"}`+"\n"+`{"id":"b","text":"남는다"}`)
	c.write("gone.csv", "key,text,until\na,지나갔다,2001-02-03T04:05:06Z\nc,없다,2001-02-03T04:05:06+09:00\n")
	c.imported(exitOK, "live.jsonl")
	for range 2 {
		r := c.imported(exitOK, "gone.csv", "--id-field", "key", "--expires-field", "until")
		if r.Read != 2 || r.Rejected != 0 {
			t.Errorf("%+v", r)
		}
		if got := c.ids(); !slices.Equal(got, []string{"b"}) {
			t.Errorf("left: %q", got)
		}
	}
}

func without(m map[string]any, field string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if k != field {
			out[k] = v
		}
	}
	return out
}

func distance(a, b any) float64 {
	x, _ := a.([]any)
	y, _ := b.([]any)
	if len(x) != len(y) || len(x) == 0 {
		return math.Inf(1)
	}
	worst := 0.0
	for i := range x {
		worst = max(worst, math.Abs(x[i].(float64)-y[i].(float64)))
	}
	return worst
}

func TestExportFilterAndOutputs(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl")
	if got := c.ids("--filter", `lang = "ko"`); fmt.Sprint(got) != "[ko vol]" {
		t.Errorf("filtered: %q", got)
	}
	if r := c.run("", "export", "--format", "csv"); r.code != exitOK || !strings.HasPrefix(r.out, "id,text,title,") || !strings.Contains(r.err, "3 documents") {
		t.Errorf("%+v", r)
	}
	var report struct {
		Documents int
		File      string
	}
	if c.json(&report, "export", "-o", "out.parquet"); report.Documents != 3 || report.File != "out.parquet" {
		t.Errorf("%+v", report)
	}
	if out := c.ok("export", "-o", "out.parquet", "-q"); !strings.HasPrefix(out, "default: 3 documents to out.parquet, ") {
		t.Errorf("%q", out)
	}
	// An embedding without a text needs --embeddings.
	c.write("vec.jsonl", `{"id":"v","embedding":[1,0,0,0]}`)
	c.imported(exitOK, "vec.jsonl", "-c", "vec")
	if r := c.run("", "export", "-c", "vec"); !strings.Contains(r.err, "1 document without text") {
		t.Errorf("%+v", r)
	}
	c.ok("export", "-c", "vec", "-o", "v.csv", "--embeddings")
	if r := c.imported(exitOK, "v.csv", "-c", "vec2"); r.Added != 1 {
		t.Errorf("%+v", r)
	}
}
