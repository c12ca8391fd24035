package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
	"github.com/fronyai/frony-db/db"
)

// cli runs the program in a temporary directory.
type cli struct {
	t *testing.T
}

func newCLI(t *testing.T) cli {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("FRONYDB_CONFIG", "")
	return cli{t}
}

// result is the outcome of a run of the program.
type result struct {
	code     int
	out, err string
}

// timings matches what differs between two runs of a command. The store's size does
// between a database that is open for writing and one that is read.
var timings = regexp.MustCompile(`\d+(\.\d+)?(µs|ms|s)\b|[\d,.]+( [KM]?i?B)?/s|,\s*"embed_share": [\d.e+-]+|` +
	`"(seconds|documents_per_second|embed|filter|graph|lexical|rerank|load|total)": [\d.e+-]+|"created": "[^"]+"|"store": \d+` +
	`|(store \(all collections\))  [\d.]+ [KM]iB`)

func (r result) untimed() string {
	blank := func(s string) string {
		return timings.ReplaceAllStringFunc(s, func(m string) string {
			if m[0] == ',' {
				return ""
			}
			return "TIME"
		})
	}
	return fmt.Sprintf("exit code %d\n%s\n%s", r.code, blank(r.out), blank(r.err))
}

func (c cli) run(in string, args ...string) result {
	c.t.Helper()
	var out, errOut bytes.Buffer
	code := run(c.t.Context(), args, strings.NewReader(in), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

// ok runs a command that must succeed.
func (c cli) ok(args ...string) string {
	c.t.Helper()
	r := c.run("", args...)
	if r.code != exitOK {
		c.t.Fatalf("%q: exit code %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// json runs a command with --json and reads what it prints.
func (c cli) json(v any, args ...string) {
	c.t.Helper()
	out := c.ok(append(args, "--json", "-q")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		c.t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// imported runs import with --json and checks its exit code.
func (c cli) imported(code int, args ...string) importer.Report {
	c.t.Helper()
	r := c.run("", append([]string{"import", "--json", "-q"}, args...)...)
	if r.code != code {
		c.t.Fatalf("import %q: exit code %d, want %d\n%s%s", args, r.code, code, r.out, r.err)
	}
	var report importer.Report
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		c.t.Fatalf("import %q: %v\n%s", args, err, r.out)
	}
	return report
}

func (c cli) write(name, text string) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c cli) read(name string) string {
	c.t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// ids returns all ids of the collection, in order.
func (c cli) ids(args ...string) []string {
	c.t.Helper()
	return c.idsOf(c.ok(append([]string{"export", "-q"}, args...)...))
}

func (c cli) idsOf(jsonl string) []string {
	c.t.Helper()
	ids := []string{}
	for line := range strings.Lines(jsonl) {
		var doc struct{ ID string }
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			c.t.Fatal(err)
		}
		ids = append(ids, doc.ID)
	}
	return ids
}

const threeDocs = `{"id":"ko","text":"김치찌개는 신김치로 끓인다","lang":"ko","year":2021}
{"id":"en","text":"A stew of old kimchi and pork","lang":"en","year":2020}
{"id":"vol","text":"화산이 폭발하면 재가 내린다","lang":"ko","year":2019}
`

func TestSearchSnippets(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", `{"id":"1","text":"`+strings.Repeat("오늘은 맑다. ", 50)+`이사할 때 전입신고를 한다."}`)
	c.imported(exitOK, "docs.jsonl")
	if out := c.ok("search", "이사하면 전입신고", "--snippet", "30", "--highlight"); !strings.Contains(out, "«이사»할 때 «전입신고»를 한다.") || len(out) > 500 {
		t.Error(out)
	}
	if r := c.run("", "search", "x", "--snippet", "-1"); r.code != exitUsage || !strings.Contains(r.err, "--snippet is -1") {
		t.Error(r)
	}
}

func TestSearchContext(t *testing.T) {
	c := newCLI(t)
	c.write("g.txt", "먼저 상자를 산다. 이사할 때 전입신고를 한다. 그리고 쉰다.")
	c.imported(exitOK, "g.txt", "--chunk", "16", "--overlap", "0")
	args := []string{"search", "전입신고", "--mode", "lexical", "-k", "1", "--context", "1"}
	if out := c.ok(args...); !strings.Contains(out, "먼저 상자를 산다. 이사할 때 전입신고를 한다. 그리고 쉰다.") {
		t.Error(out)
	}
	var got struct {
		Matches []struct {
			Context struct {
				Text        string
				First, Last int
			}
		}
	}
	c.json(&got, args...)
	if len(got.Matches) != 1 || got.Matches[0].Context.Last != 1 || got.Matches[0].Context.First != 0 || !strings.Contains(got.Matches[0].Context.Text, "쉰다") {
		t.Error(got)
	}
	if r := c.run("", "search", "x", "--context", "21"); r.code != exitUsage || !strings.Contains(r.err, "--context is 21") {
		t.Error(r)
	}
}

func TestSearchLike(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl")
	var got struct{ Matches []struct{ ID string } }
	c.json(&got, "search", "--like", "ko", "--unlike", "vol")
	if len(got.Matches) != 1 || got.Matches[0].ID != "en" {
		t.Error(got)
	}
	if r := c.run("", "search", "--like", "none"); r.code == exitOK || !strings.Contains(r.err, "none") {
		t.Error(r)
	}
	if r := c.run("", "search"); r.code != exitUsage {
		t.Error(r)
	}
}

func TestVerbs(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	if got := c.imported(exitOK, "docs.jsonl"); got.Added != 3 || got.Collection != "default" {
		t.Errorf("import: %+v", got)
	}

	var found struct {
		Matches []struct {
			ID       string
			Score    *float64
			Text     string
			Metadata map[string]any
		}
		Timings map[string]int64
		Mode    string
	}
	c.json(&found, "search", "김치찌개 끓이기", "-k", "2", "--filter", "year >= 2020")
	if len(found.Matches) != 2 || found.Matches[0].ID != "ko" || found.Matches[0].Score == nil ||
		found.Matches[0].Text == "" || found.Matches[0].Metadata["year"] != 2021.0 {
		t.Errorf("search: %+v", found)
	}
	for _, part := range []string{"embed", "graph", "rerank", "total"} {
		if _, ok := found.Timings[part]; !ok {
			t.Errorf("search: no timing of %s in %v", part, found.Timings)
		}
	}

	var docs struct{ Documents []api.StoredDocument }
	c.json(&docs, "get", "vol", "ko", "--embedding")
	if len(docs.Documents) != 2 || docs.Documents[0].ID != "vol" || len(docs.Documents[0].Embedding) != 384 {
		t.Errorf("get: %.300v", docs)
	}
	if r := c.run("", "get", "ko", "nobody"); r.code != exitError || !strings.Contains(r.err, "nobody") || !strings.Contains(r.out, "김치찌개") {
		t.Errorf("get of a missing one: %+v", r)
	}

	var list struct {
		Collections []struct {
			Name      string
			Documents int
		}
	}
	c.json(&list, "collections")
	if len(list.Collections) != 1 || list.Collections[0].Name != "default" || list.Collections[0].Documents != 3 {
		t.Errorf("collections: %+v", list)
	}
	var stats struct{ Documents, Dims int }
	if c.json(&stats, "stats"); stats.Documents != 3 || stats.Dims != 384 {
		t.Errorf("stats: %+v", stats)
	}

	var vector struct {
		Dims      int
		Embedding []float32
	}
	if c.json(&vector, "embed", "화산", "--dims", "192"); vector.Dims != 192 || len(vector.Embedding) != 192 {
		t.Errorf("embed: %d dims", vector.Dims)
	}
	var version map[string]string
	if c.json(&version, "version"); version["go"] == "" || version["kernels"] == "" {
		t.Errorf("version: %v", version)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := c.ok("completion", shell); !strings.Contains(out, "frony-db") {
			t.Errorf("completion %s: %.80q", shell, out)
		}
	}

	if out := c.ok("update", "ko", "--set", "year=1999", "--set", "tags=[\"a\"]", "--unset", "lang"); out != "updated 1\n" {
		t.Errorf("update: %q", out)
	}
	if out := c.ok("get", "ko", "--json"); !strings.Contains(out, "1999") || strings.Contains(out, `"lang"`) {
		t.Errorf("updated: %s", out)
	}
	var deleted struct{ Deleted int }
	if c.json(&deleted, "delete", "--filter", `lang = "en"`); deleted.Deleted != 1 {
		t.Errorf("delete by filter: %+v", deleted)
	}
	if c.json(&deleted, "delete", "ko", "nobody"); deleted.Deleted != 1 {
		t.Errorf("delete by id: %+v", deleted)
	}
	if got := c.ids(); !slices.Equal(got, []string{"vol"}) {
		t.Errorf("left: %q", got)
	}
	if c.ok("collections", "drop", "default"); strings.Contains(c.ok("collections"), "default") {
		t.Error("the collection is still there")
	}
}

// The mistakes of a new user have the right exit code, and a message that names the
// input and the way out.
func TestMistakes(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl")
	c.write("notes.pptx", "x")
	c.write("empty/.keep", "")
	c.write("bad.csv", "id,body\n1,x\n")
	c.write("conf.yaml", "colection: x\n")
	for _, m := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"serch", "x"}, exitUsage, []string{`"serch"`, "did you mean search", "'frony-db --help'"}},
		{[]string{"stats", "x"}, exitUsage, []string{"no arguments", "'frony-db stats --help'"}},
		{[]string{"collections", "create"}, exitUsage, []string{`unknown command "collections create"`, "alias, copy, drop, rename"}},
		{[]string{"serve", "keys"}, exitUsage, []string{`unknown command "serve keys"; did you mean key?`}},
		{[]string{"model", "pul", "x"}, exitUsage, []string{`unknown command "model pul"; did you mean pull?`}},
		{[]string{"search", "x", "--filtr", "a = 1"}, exitUsage, []string{"unknown flag: --filtr; did you mean --filter?"}},
		{[]string{"search", "x", "--limit", "3"}, exitUsage, []string{"unknown flag: --limit; did you mean -k?"}},
		{[]string{"list", "--top", "3"}, exitUsage, []string{"unknown flag: --top; did you mean --limit?"}},
		{[]string{"stats", "--colection", "x"}, exitUsage, []string{"did you mean --collection?"}},
		{[]string{"search", "-봄"}, exitUsage, []string{"unknown flag: -봄; put -- before"}},
		{[]string{"serve", "--rate=-1", "--queue-factor=-2", "--max-searches=-3"}, exitUsage, []string{"--rate -1: want 0 or more", "--queue-factor -2", "--max-searches -3"}},
		{[]string{"import", "docs.jsonl", "--chunk", "5", "--overlap", "4"}, exitUsage, []string{"--overlap is 4, more than half of --chunk, 5"}},
		{[]string{"collections", "drop"}, exitUsage, []string{"collections drop", "a collection"}},
		{[]string{"completion", "csh"}, exitUsage, []string{"csh", "zsh"}},
		{[]string{"help", "nope"}, exitUsage, []string{"nope"}},
		{[]string{"embed", " "}, exitUsage, []string{"empty"}},
		{[]string{"embed", "x", "--role", "judge"}, exitUsage, []string{"judge", "passage"}},
		{[]string{"embed", "x", "--dims", "385"}, exitUsage, []string{"385", "384"}},
		{[]string{"search", "x", "-k", "0"}, exitUsage, []string{"-k 0", "1 or more"}},
		{[]string{"search", "x", "-k", "many"}, exitUsage, []string{`--k "many"`, "whole number"}},
		{[]string{"search", "x", "-k", "99999"}, exitUsage, []string{"99999", "10000"}},
		{[]string{"search", "x", "--ef", "-1"}, exitUsage, []string{"-1"}},
		{[]string{"search", "x", "--min-score", "high"}, exitUsage, []string{`--min-score "high"`, "a number"}},
		{[]string{"search", "x", "--json=maybe"}, exitUsage, []string{"true or false"}},
		{[]string{"serve", "--grace", "15"}, exitUsage, []string{"30s"}},
		{[]string{"restore"}, exitUsage, []string{"a backup"}},
		{[]string{"mcp", "--db", "missing"}, exitError, []string{"missing", "--db"}},
		{[]string{"search"}, exitUsage, []string{"a query"}},
		{[]string{"search", "two", "words"}, exitUsage, []string{"quote"}},
		{[]string{"search", "  "}, exitUsage, []string{"empty"}},
		{[]string{"search", "x", "--filter", "year >"}, exitUsage, []string{"--filter", "^"}},
		{[]string{"search", "-5 degrees"}, exitUsage, []string{"put -- before"}},
		{[]string{"search", "x", "--model", "none"}, exitError, []string{`"default"`, "--mode lexical"}},
		{[]string{"eval", "--data", "empty"}, exitError, []string{"--data empty", "eval --help"}},
		{[]string{"eval", "--data", "empty", "--part", "3/2"}, exitUsage, []string{`--part "3/2"`, "1/2"}},
		{[]string{"eval", "--data", "empty", "--perturb", "noise"}, exitUsage, []string{"noise", "typo"}},
		{[]string{"search", "x", "--nope"}, exitUsage, []string{"--nope"}},
		{[]string{"search", "x", "--db", "missing"}, exitError, []string{"missing", "--db"}},
		{[]string{"search", "x", "-c", "other"}, exitError, []string{`"other"`, "default"}},
		{[]string{"search", "x", "--log-level", "loud"}, exitUsage, []string{"loud", "debug"}},
		{[]string{"search", "x", "--config", "conf.yaml"}, exitUsage, []string{`"colection"; did you mean collection?`}},
		{[]string{"search", "x", "--config", "nowhere.yaml"}, exitUsage, []string{"nowhere.yaml"}},
		{[]string{"import"}, exitUsage, []string{"a file"}},
		{[]string{"import", "nowhere.jsonl"}, exitError, []string{"nowhere.jsonl", "no such file"}},
		{[]string{"import", "docs.jsonl", "gone.csv", "lost.csv"}, exitError, []string{"gone.csv", "lost.csv"}},
		{[]string{"import", "notes.pptx"}, exitUsage, []string{"notes.pptx", "--format"}},
		{[]string{"import", "empty"}, exitError, []string{"empty"}},
		{[]string{"import", "*.none"}, exitError, []string{"*.none"}},
		{[]string{"import", "docs.jsonl", "--format", "xls"}, exitUsage, []string{"xls", "jsonl"}},
		{[]string{"import", "docs.jsonl", "--encoding", "latin99"}, exitUsage, []string{"latin99", "cp949"}},
		{[]string{"import", "docs.jsonl", "--comma", "ab"}, exitUsage, []string{"--comma", "tab"}},
		{[]string{"import", "docs.jsonl", "--type", "year=number"}, exitUsage, []string{"number", "year", "float"}},
		{[]string{"import", "docs.jsonl", "--chunk", "big"}, exitUsage, []string{"--chunk", "auto"}},
		{[]string{"import", "docs.jsonl", "--chunk", "100", "--overlap", "80"}, exitUsage, []string{"--overlap 80"}},
		{[]string{"import", "docs.jsonl", "--overlap", "-5"}, exitUsage, []string{"--overlap -5"}},
		{[]string{"doctor", "--sample", "-1"}, exitUsage, []string{"--sample -1"}},
		{[]string{"backup", "empty"}, exitUsage, []string{"empty is a directory"}},
		{[]string{"import", "bad.csv"}, exitRejects, []string{"bad.csv", "text"}},
		{[]string{"import", "docs.jsonl", "--model", "gpt"}, exitError, []string{"gpt", "builtin"}},
		{[]string{"import", "docs.jsonl", "--db", "docs.jsonl"}, exitError, []string{"docs.jsonl", "not a directory"}},
		{[]string{"import", "docs.jsonl", "--db", "empty"}, exitError, []string{".keep"}},
		{[]string{"delete"}, exitUsage, []string{"--filter"}},
		{[]string{"update"}, exitUsage, []string{"--filter"}},
		{[]string{"update", "a"}, exitUsage, []string{"changes nothing", "--set"}},
		{[]string{"update", "a", "--set", "x"}, exitUsage, []string{"NAME=VALUE"}},
		{[]string{"update", "a", "--set", "x=null"}, exitUsage, []string{"--unset"}},
		{[]string{"update", "a", "--expires", "soon"}, exitUsage, []string{"2030-01-31"}},
		{[]string{"export", "--format", "markdown"}, exitUsage, []string{"markdown", "parquet"}},
		{[]string{"export", "-o", "out.pptx"}, exitUsage, []string{"out.pptx", "--format"}},
		{[]string{"export", "-c", "other"}, exitError, []string{"other", "default"}},
		{[]string{"export", "out.csv"}, exitUsage, []string{"out.csv", "--output"}},
		{[]string{"export", "-o", "out.parquet.gz"}, exitUsage, []string{"out.parquet.gz"}},
		{[]string{"export", "-o", "nowhere/out.csv"}, exitError, []string{"nowhere"}},
	} {
		t.Run(strings.Join(m.args, " "), func(t *testing.T) {
			c := cli{t}
			r := c.run("", m.args...)
			if r.code != m.code {
				t.Errorf("exit code %d, want %d", r.code, m.code)
			}
			for _, s := range m.says {
				if !strings.Contains(r.err, s) {
					t.Errorf("the message does not say %q:\n%s", s, r.err)
				}
			}
		})
	}
	if got := c.ids(); len(got) != 3 {
		t.Errorf("mistakes have changed the collection: %q", got)
	}
}

// The message about a locked database names the process and the way out.
func TestLocked(t *testing.T) {
	c := newCLI(t)
	d, err := db.Open("frony-data", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c.write("docs.jsonl", threeDocs)
	for _, args := range [][]string{{"search", "x"}, {"import", "docs.jsonl"}, {"doctor"}, {"mcp"}, {"serve", "--addr", "127.0.0.1:0"}} {
		r := c.run("", args...)
		if r.code != exitError || !strings.Contains(r.err, fmt.Sprint("process ", os.Getpid())) || args[0] != "serve" && !strings.Contains(r.err, "--server") {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// Flags override variables, variables the file, and the file the defaults.
func TestSettings(t *testing.T) {
	c := newCLI(t)
	c.write("docs.csv", "key;body;year;note\n1;화산재;2020;x\n")
	c.write("frony-db.yaml", `
db: from-file
collection: from-file
comma: ";"
id-field: key
text-field: body
columns: [year, note]
type: {year: int, note: string}
`)
	collection := func(args ...string) string {
		t.Helper()
		return c.imported(exitOK, append(args, "docs.csv")...).Collection
	}
	if got := collection(); got != "from-file" {
		t.Errorf("of the file: %s", got)
	}
	var docs struct{ Documents []api.StoredDocument }
	if c.json(&docs, "get", "1"); len(docs.Documents) != 1 || docs.Documents[0].Metadata["year"] != int64(2020) || docs.Documents[0].Metadata["note"] != "x" {
		t.Errorf("lists and objects in the file: %+v", docs)
	}
	t.Setenv("FRONYDB_COLLECTION", "from-env")
	if got := collection(); got != "from-env" {
		t.Errorf("of the variable: %s", got)
	}
	if got := collection("-c", "from-flag"); got != "from-flag" {
		t.Errorf("of the flag: %s", got)
	}
	if _, err := os.Stat("from-file"); err != nil {
		t.Errorf("--db of the file: %v", err)
	}
	t.Setenv("FRONYDB_CHUNK", "huge")
	if r := c.run("", "import", "docs.csv"); r.code != exitUsage || !strings.Contains(r.err, "huge") {
		t.Errorf("a variable that can't be: %+v", r)
	}
	t.Setenv("FRONYDB_OVERLAP", "many")
	if r := c.run("", "import", "docs.csv"); r.code != exitUsage || !strings.Contains(r.err, "FRONYDB_OVERLAP") {
		t.Errorf("a variable of another type: %+v", r)
	}
}
