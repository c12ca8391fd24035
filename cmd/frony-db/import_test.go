package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
)

func TestImportAccount(t *testing.T) {
	c := newCLI(t)
	c.write("a.jsonl", threeDocs)
	c.write("a2.jsonl", strings.Replace(threeDocs, "A stew of", "A bowl of", 1)+
		`{"id":"ko","text":"나중 것이 이긴다"}
{"id":"bad"}
{"text":"no id"}
{"text":"no id"}
`)
	first := c.imported(exitOK, "a.jsonl")
	if first.Read != 3 || first.Written != 3 || first.Added != 3 || first.Replaced+first.Unchanged+first.Repeated+first.Rejected != 0 {
		t.Errorf("first: %+v", first)
	}
	if first.EmbedShare == nil || *first.EmbedShare <= 0 || first.Rate <= 0 || first.Bytes != int64(len(threeDocs)) {
		t.Errorf("first: %+v", first)
	}
	if again := c.imported(exitOK, "a.jsonl"); again.Unchanged != 3 || again.Written != 0 || *again.EmbedShare != 0 {
		t.Errorf("again: %+v, embedding %v", again, *again.EmbedShare)
	}
	// en has changed, ko is repeated in the same window, one has no text, and two
	// without id are identical.
	second := c.imported(exitRejects, "a2.jsonl")
	want := importer.Report{
		Collection: "default", Read: 7, Written: 3, Added: 1, Replaced: 2, Unchanged: 1, Repeated: 2,
		Rejected: 1, RejectsFile: "a2.rejects.jsonl",
	}
	second.Bytes, second.Seconds, second.Rate, second.EmbedShare = 0, 0, 0, nil
	if !reflect.DeepEqual(second, want) {
		t.Errorf("second:\n got %+v\nwant %+v", second, want)
	}
	var docs struct{ Documents []api.StoredDocument }
	if c.json(&docs, "get", "ko"); docs.Documents[0].Text != "나중 것이 이긴다" {
		t.Errorf("the later does not win: %+v", docs)
	}
	if third := c.imported(exitRejects, "a2.jsonl"); third.Added != 0 {
		t.Errorf("records without an id are added again: %+v", third)
	}
	b, err := os.ReadFile("a2.rejects.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var rj struct {
		File, Reason, Raw string
		Line, Offset      int64
	}
	if err := json.Unmarshal(b, &rj); err != nil || rj.Line != 5 || rj.File != "a2.jsonl" || !strings.Contains(rj.Reason, "no text") || rj.Raw != `{"id":"bad"}` {
		t.Errorf("reject: %s %v", b, err)
	}
	r := c.run("", "import", "a2.jsonl", "--rejects", "no/such/folder")
	if r.code != exitError || !strings.Contains(r.err, "--rejects") {
		t.Errorf("rejects that can't be written: %+v", r)
	}
}

// Every format gives the same document, with the right flags.
func TestImportFormats(t *testing.T) {
	c := newCLI(t)
	gz := func(name, text string) {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		_, _ = z.Write([]byte(text))
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	c.write("a.jsonl", `{"id":"1","text":"화산재","title":"산","year":2020}`)
	gz("b.jsonl.gz", `{"id":"1","text":"화산재","title":"산","year":2020}`)
	c.write("c.csv", "id,text,title,year\n1,화산재,산,2020\n")
	c.write("d.tsv", "id\ttext\ttitle\tyear\n1\t화산재\t산\t2020\n")
	c.write("e.csv", "1;화산재;산;2020;no\n")
	c.write("f.dat", "1\t화산재\t산\t2020\n")
	c.write("g.jsonl", `{"key":"1","body":"화산재","name":"산","year":2020}`)
	c.write("h/1.md", "---\ntitle: 산\nyear: 2020\n---\n화산재")
	for i, args := range [][]string{
		{"a.jsonl"},
		{"b.jsonl.gz"},
		{"c.csv"},
		{"d.tsv"},
		{"e.csv", "--comma", ";", "--header", "id,text,title,year,junk", "--columns", "year"},
		{"f.dat", "--format", "csv", "--comma", "tab", "--header", "id,text,title,year", "--type", "year=int"},
		{"g.jsonl", "--id-field", "key", "--text-field", "body", "--title-field", "name"},
		{"h"},
		{"h/*.md", "--prefix", "p/"},
	} {
		name := fmt.Sprintf("c%d", i)
		if r := c.imported(exitOK, append(args, "-c", name)...); r.Added != 1 {
			t.Errorf("%q: %+v", args, r)
		}
		id := map[string]string{"c7": "1.md", "c8": "p/1.md"}[name]
		if id == "" {
			id = "1"
		}
		var docs struct{ Documents []api.StoredDocument }
		c.json(&docs, "get", id, "-c", name)
		d := docs.Documents[0]
		meta := "map[year:2020]"
		if strings.HasSuffix(id, ".md") { // front matter is metadata too
			meta = "map[title:산 year:2020]"
		}
		if d.Text != "화산재" || d.Title != "산" || fmt.Sprint(d.Metadata) != meta {
			t.Errorf("%q: %+v", args, d)
		}
	}
	if r := c.run(`{"id":"x","text":"y"}`, "import", "-", "-c", "stdin", "-q"); r.code != exitOK || !strings.Contains(r.out, "stdin: read 1 record, wrote 1 document in ") {
		t.Errorf("standard input: %+v", r)
	}
	if r := c.run("id,text\nx,y\n", "import", "-", "-c", "stdin", "--format", "csv", "-q"); r.code != exitOK || !strings.Contains(r.out, "1 unchanged") {
		t.Errorf("CSV on standard input: %+v", r)
	}
}

// guide is a Markdown file of n sections.
func guide(n int, word string) string {
	var b strings.Builder
	b.WriteString("# 안내\n")
	for i := range n {
		fmt.Fprintf(&b, "\n## %d장\n\n%s %s\n", i, word, strings.Repeat("설치는 한 줄이면 됩니다. ", 6))
	}
	return b.String()
}

// Replacing a document replaces all its chunks, for any numbers of them.
func TestImportReplacesChunks(t *testing.T) {
	c := newCLI(t)
	chunks := func(n int) []string {
		ids := []string{"other.md"}
		if n == 1 {
			return append([]string{"guide.md"}, ids...)
		}
		for i := range n {
			ids = append(ids, fmt.Sprintf("guide.md#%d", i))
		}
		slices.Sort(ids)
		return ids
	}
	c.write("docs/other.md", "# 다른 글\n\n그대로 있다")
	last := 0
	for step, n := range []int{1, 5, 3, 130, 1, 2, 2} {
		c.write("docs/guide.md", guide(n, fmt.Sprint("판", step)))
		r := c.imported(exitOK, "docs", "--chunk", "100")
		if got := c.ids(); !slices.Equal(got, chunks(n)) {
			t.Fatalf("%d chunks after %d: %q", n, last, got)
		}
		if n < last && r.Removed == 0 {
			t.Errorf("%d chunks after %d: none removed: %+v", n, last, r)
		}
		last = n
	}
	var docs struct{ Documents []api.StoredDocument }
	c.json(&docs, "get", "guide.md#1")
	d := docs.Documents[0]
	if d.Source != "guide.md" || d.Chunk != 1 || d.Metadata["title"] != "안내" || fmt.Sprint(d.Metadata["heading"]) != "[안내 1장]" {
		t.Errorf("chunk: %+v", d)
	}
	for perSource, want := range map[string]int{"0": 3, "1": 2, "2": 3} {
		var found struct{ Matches []api.StoredDocument }
		if c.json(&found, "search", "설치는 한 줄", "--per-source", perSource); len(found.Matches) != want {
			t.Errorf("--per-source %s: %+v", perSource, found)
		}
	}
	if r := c.imported(exitOK, "docs", "--chunk", "100"); r.Written != 0 || r.Unchanged != 3 || r.Removed != 0 {
		t.Errorf("the same again: %+v", r)
	}
	if c.imported(exitOK, "docs", "--chunk", "off"); !slices.Equal(c.ids(), chunks(1)) {
		t.Errorf("whole again: %q", c.ids())
	}
}

func TestImportCutsRowsOnRequest(t *testing.T) {
	c := newCLI(t)
	row, err := json.Marshal(map[string]string{"id": "r", "text": strings.Repeat("한 문장이 여기 있다. ", 60)})
	if err != nil {
		t.Fatal(err)
	}
	c.write("rows.jsonl", string(row))
	if c.imported(exitOK, "rows.jsonl"); len(c.ids()) != 1 {
		t.Errorf("cut without a request: %q", c.ids())
	}
	r := c.imported(exitOK, "rows.jsonl", "--chunk", "100", "--overlap", "0")
	ids := c.ids()
	if len(ids) < 3 || ids[0] != "r#0" || r.Removed != 1 {
		t.Errorf("cut: %q %+v", ids, r)
	}
	// Exported chunks are not cut again.
	c.ok("export", "-o", "x.jsonl")
	if r := c.imported(exitOK, "x.jsonl", "--chunk", "100"); r.Unchanged != int64(len(ids)) || r.Written != 0 {
		t.Errorf("chunks again: %+v", r)
	}
}

func TestImportManyPaths(t *testing.T) {
	c := newCLI(t)
	c.write("a/x.jsonl", "{\"id\":\"1\",\"text\":\"a\"}\nbroken\n")
	c.write("b/x.jsonl", "{\"id\":\"2\",\"text\":\"b\"}\nbroken\n")
	c.write("b/y.pptx", "")
	r := c.imported(exitRejects, "a/x.jsonl", "b")
	if r.Added != 2 || r.Rejected != 2 || r.Skipped != 1 || r.RejectsFile != "import.rejects.jsonl" {
		t.Errorf("%+v", r)
	}
	b, err := os.ReadFile("import.rejects.jsonl")
	if err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("rejects of both: %q %v", b, err)
	}
}

// Rejects of an earlier import in the same folder are only read if they are named.
func TestImportLeavesRejects(t *testing.T) {
	c := newCLI(t)
	c.write("in/docs.jsonl", threeDocs+"no json\n")
	for range 2 {
		if got := c.imported(exitRejects, "in", "--rejects", "in/in.rejects.jsonl"); got.Read != 4 || got.Rejected != 1 || got.Skipped != 0 {
			t.Errorf("%+v", got)
		}
	}
	c.write("in/in.rejects.jsonl", `{"id":"mended","text":"고쳤다"}`+"\n")
	if got := c.imported(exitOK, "in/*.rejects.jsonl"); got.Added != 1 {
		t.Errorf("%+v", got)
	}
}
