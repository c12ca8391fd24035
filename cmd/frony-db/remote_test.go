//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/sample"
	"github.com/fronyai/frony-db/server/keys"
)

const mixedDocs = threeDocs + `{"id":"types","text":"숫자와 목록","i":9007199254740993,"f":1000000.0,"g":0.1,"b":true,"l":["가","나"],"t":"2024-02-29T01:02:03.4Z","e":""}
{"id":"long","text":"` + "조선은 1392년에 건국되었다. 한양이 수도였다. " + `","title":"조선","lang":"ko","year":1392}
`

// Commands print the same for a directory and for the server that serves it.
func TestServerReadsAsLocal(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", mixedDocs)
	c.write("given.jsonl", `{"id":"a","text":"x","embedding":[1,0,0]}`+"\n"+`{"id":"b","embedding":[0.6,0.8,0]}`+"\n")
	c.ok("import", "-q", "docs.jsonl", "--db", "at/db", "-c", "notes")
	c.ok("import", "-q", "given.jsonl", "--db", "at/db", "-c", "given")
	c.ok("import", "-q", "docs.jsonl", "--db", "at/db", "-c", "more")
	c.ok("collections", "alias", "live", "notes", "--db", "at/db")
	commands := [][]string{
		{"collections"},
		{"collections", "--json"},
		{"search", "김치찌개 끓이기", "-c", "notes"},
		{"search", "kimchi stew", "-c", "notes", "-k", "2", "--filter", `lang = "en" OR year < 2020`, "--json"},
		{"search", "화산", "-c", "notes", "--mode", "lexical", "--json"},
		{"search", "화산", "-c", "notes", "--mode", "dense", "--exact", "--min-score", "0.2", "--min-cosine", "0.1", "--ef-search", "50", "--oversampling", "3", "--json"},
		{"search", "x", "-c", "given", "--mode", "lexical"},
		{"search", "화산", "-c", "nowhere"},
		{"search", "화산", "-c", "notes,more"},
		{"search", "화산", "-c", "no*,live,more", "-k", "3", "--json", "--snippet", "30"},
		{"search", "화산", "-c", "notes,given"},
		{"search", "화산", "-c", "nowhere*"},
		{"search", "화산", "-c", "notes", "--also", "kimchi stew", "--also", "조선", "--weights", "1,0.5", "--json"},
		{"search", "화산", "-c", "notes", "--also", "kimchi stew", "--fuse", "best", "--mode", "lexical", "--json"},
		{"search", "화산", "-c", "notes", "--fuse", "best"},
		{"get", "types", "ko", "long", "-c", "notes"},
		{"get", "types", "ko", "-c", "notes", "--json"},
		{"get", "ko", "-c", "notes", "--embedding", "--json"},
		{"get", "nobody", "ko", "no\"one", "-c", "notes"},
		{"get", "b", "-c", "given", "--embedding"},
		{"search", "김치찌개 끓이기", "-c", "notes", "-k", "2", "--offset", "1", "--group-by", "lang", "--per-group", "2", "--json"},
		{"list", "-c", "notes", "--sort", "-year,title", "-n", "3"},
		{"list", "-c", "notes", "--sort", "-years", "--filter", `year > 1`, "--json"},
		{"list", "-c", "notes", "--sort", "a,b,c"},
		{"list", "-c", "notes", "-n", "2", "--json"},
		{"facets", "lang", "year", "l", "t", "_source", "-c", "notes"},
		{"facets", "lang", "-c", "notes", "--top", "1", "--prefix", "k", "--json"},
		{"facets", "lang", "langg", "-c", "notes", "--search", "김치", "-k", "2", "--filter", "year > 1"},
		{"facets", "_id", "-c", "notes"},
		{"fields", "-c", "notes"},
		{"fields", "-c", "notes", "--filter", "yearr > 1", "--json"},
		{"stats", "-c", "notes"},
		{"stats", "-c", "given", "--json"},
		{"stats", "-c", "nowhere"},
		{"export", "-c", "notes"},
		{"export", "-c", "notes", "--format", "csv", "--filter", "year > 1000"},
		{"export", "-c", "given", "--embeddings", "-q"},
		{"export", "-c", "given"},
		{"export", "-c", "nowhere"},
		{"embed", "화산이 폭발했다"},
		{"embed", "volcano", "--role", "query", "--dims", "192", "--json"},
		{"embed", "volcano", "--dims", "1000"},
		{"delete", "nobody", "-c", "notes", "--json"},
		{"delete", "--filter", `lang = "fr"`, "-c", "notes"},
		{"delete", "x", "-c", "nowhere"},
		{"update", "nobody", "-c", "notes", "--set", "a=1"},
		{"update", "--filter", `lang = "fr"`, "-c", "notes", "--unset", "a"},
		{"update", "x", "-c", "nowhere", "--source", ""},
		{"search", "x", "-c", "notes", "--filter", `lnag = "ko"`, "--mode", "lexical"},
		{"collections", "drop", "nowhere"},
		{"collections", "rename", "nowhere", "there"},
		{"collections", "alias", "notes", "given"},
		{"collections", "alias"},
		{"collections", "alias", "--json"},
		{"collections", "alias", "--drop", "nowhere"},
		{"search", "화산", "-c", "live", "--json"},
		{"stats", "-c", "live"},
		{"collections", "drop", "notes"},
		{"collections", "drop", "live"},
	}
	url, _, stop := serveFor(t, "--db", "at/db")
	remote := make([]result, len(commands))
	for i, args := range commands {
		remote[i] = c.run("", append(args, "--server", url)...)
	}
	c.ok("export", "-q", "-c", "notes", "--embeddings", "-o", "remote.parquet", "--server", url)
	if code := stop(); code != exitOK {
		t.Fatalf("serve: exit code %d", code)
	}
	for i, args := range commands {
		local := c.run("", append(args, "--db", "at/db")...)
		if got, want := remote[i].untimed(), local.untimed(); got != want {
			t.Errorf("%q at the server:\n%s\nand on the directory:\n%s", args, got, want)
		}
	}
	c.ok("export", "-q", "-c", "notes", "--embeddings", "-o", "local.parquet", "--db", "at/db")
	if a, b := c.read("remote.parquet"), c.read("local.parquet"); a != b {
		t.Errorf("the exports differ: %d and %d bytes", len(a), len(b))
	}
}

// Imports and deletions have the same reports and results for a directory and for a
// server.
func TestServerWritesAsLocal(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", mixedDocs)
	c.write("changed.jsonl", strings.Replace(mixedDocs, "2021", "2022", 1)+`{"id":"new","text":"새 글"}`+"\n")
	c.write("bad.jsonl", `{"id":"good","text":"좋다"}
{"id":"empty","text":""}
{"id":"`+strings.Repeat("x", 600)+`","text":"long id"}
{"id":"meta","text":"too much","note":"`+strings.Repeat("m", 70_000)+`"}
not json
{"id":"good2","text":"또 좋다"}
`)
	c.write("given.jsonl", `{"id":"a","text":"x","embedding":[1,0,0]}`+"\n"+`{"id":"b","embedding":[1,0]}`+"\n"+`{"id":"c","text":"no embedding"}`+"\n")
	c.write("items.csv", "sku;name;price\n1;빨간 사과;1000\n2;green pear;2.5\n")
	book := func(chapters int) {
		var text strings.Builder
		for i := range chapters {
			fmt.Fprintf(&text, "# 제%d장\n\n%s\n\n", i, strings.Repeat(fmt.Sprintf("이 장은 %d번째 이야기이다. ", i), 60))
		}
		c.write("book/a.md", text.String())
	}
	url, _, stop := serveFor(t, "--db", "srv/db")
	both := func(args ...string) {
		t.Helper()
		var got [2]result
		for i, target := range [][]string{{"--db", "local"}, {"--server", url}} {
			got[i] = c.run("", append(args, target...)...)
			for _, name := range []string{"bad", "given"} { // rejects are compared, too
				if b, err := os.ReadFile(name + ".rejects.jsonl"); err == nil {
					got[i].out += string(b)
					_ = os.Remove(name + ".rejects.jsonl")
				}
			}
		}
		if a, b := got[0].untimed(), got[1].untimed(); a != b {
			t.Errorf("%q into the directory:\n%s\nand through the server:\n%s", args, a, b)
		}
	}
	both("import", "docs.jsonl", "-c", "notes")
	both("import", "docs.jsonl", "-c", "notes", "--json")
	both("import", "changed.jsonl", "-c", "notes", "--json")
	both("import", "bad.jsonl", "-c", "notes", "--json", "-q")
	both("import", "given.jsonl", "-c", "given", "-q")
	both("import", "items.csv", "-c", "items", "--comma", ";", "--id-field", "sku", "--text-field", "name", "--type", "price=float", "-q")
	for _, chapters := range []int{8, 8, 3, 1, 5} { // a document that grows and shrinks
		book(chapters)
		both("import", "book", "-c", "book", "--json", "-q", "--chunk", "120")
	}
	both("export", "-c", "notes", "--format", "csv")
	both("export", "-c", "items", "--embeddings")
	both("export", "-c", "given", "--embeddings")
	both("export", "-c", "book")
	both("search", "이야기", "-c", "book", "--json")
	both("update", "ko", "-c", "notes", "--set", "n=[1,2.5]", "--set", "a.b=x", "--unset", "lang", "--source", "s", "--expires", "2099-01-01")
	both("update", "--filter", "year > 2000", "-c", "notes", "--set", `seen="2024"`, "--json")
	both("update", "ko", "nobody", "-c", "notes", "--expires", "")
	both("export", "-c", "notes")
	both("delete", "ko", "nobody", "-c", "notes")
	both("delete", "--filter", "year > 2000", "-c", "notes", "--json")
	both("export", "-c", "notes")
	both("collections", "copy", "items", "copied")
	both("collections", "alias", "live", "items")
	both("collections", "alias", "live", "copied")
	both("collections", "rename", "copied", "renamed")
	both("search", "화산", "-c", "live")
	both("collections", "alias", "--drop", "live")
	both("collections", "drop", "renamed")
	both("collections", "drop", "items")
	both("get", "1", "-c", "items")
	stop()
	if r := c.run("", "doctor", "--db", "srv/db"); r.code != exitOK {
		t.Errorf("doctor: %+v", r)
	}
}

// Mistakes with servers have the right exit code, and a message with the way out.
func TestServerMistakes(t *testing.T) {
	c := newCLI(t)
	const secret = "secret-0123456789abcdef0123456789"
	k, err := keys.New("reader", keys.Read, nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	c.write("keys.txt", k.String()+"\n")
	c.write("secret.txt", secret+"\n")
	t.Setenv("FRONYDB_KEY", "")
	c.write("empty.txt", "\n")
	c.write("docs.jsonl", threeDocs)
	url, _, _ := serveFor(t, "--keys", "keys.txt", "--db", "srv/db")
	for _, m := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"search", "x", "--db", "a"}, exitUsage, []string{"--db a", "--server"}},
		{[]string{"search", "x", "--model", "builtin"}, exitUsage, []string{"--model", "its own"}},
		{[]string{"import", "docs.jsonl", "--watch"}, exitUsage, []string{"--watch", "--db"}},
		{[]string{"collections"}, exitError, []string{"FRONYDB_KEY", "--key-file"}},
		{[]string{"collections", "--key", "wrong-0123456789abcdef0123456789"}, exitError, []string{"does not know this key"}},
		{[]string{"collections", "--key-file", "nowhere.txt"}, exitError, []string{"--key-file", "nowhere.txt"}},
		{[]string{"collections", "--key-file", "empty.txt"}, exitError, []string{"empty.txt is empty", "serve key"}},
		{[]string{"collections", "--key-file", "secret.txt", "--key", "x"}, exitUsage, []string{"one of them"}},
		{[]string{"collections", "--ca", "docs.jsonl", "--key", secret}, exitError, []string{"--ca docs.jsonl", "PEM"}},
		{[]string{"collections", "--key-file", "secret.txt"}, exitOK, nil},
		{[]string{"import", "docs.jsonl", "--key", secret}, exitError, []string{"reader", "admin"}},
		{[]string{"doctor", "--key", secret}, exitError, []string{"reader", "admin"}},
		{[]string{"backup", "x", "--key", secret}, exitError, []string{"reader", "admin"}},
		{[]string{"restore", "x"}, exitUsage, []string{"restore", "--as"}},
		{[]string{"compact", "--key", secret}, exitError, []string{"reader", "admin"}},
		{[]string{"eval"}, exitUsage, []string{"eval", "--db"}},
		{[]string{"selftest"}, exitUsage, []string{"selftest", "--db"}},
		{[]string{"serve"}, exitUsage, []string{"serve", "--db"}},
		{[]string{"quickstart"}, exitUsage, []string{"quickstart", "--db"}},
		{[]string{"version"}, exitOK, nil},
	} {
		r := c.run("", append(m.args, "--server", url)...)
		if r.code != m.code {
			t.Errorf("%q: exit code %d, want %d", m.args, r.code, m.code)
		}
		for _, s := range m.says {
			if !strings.Contains(r.err, s) {
				t.Errorf("%q: the message does not say %q:\n%s", m.args, s, r.err)
			}
		}
		if strings.Contains(r.err+r.out, secret) {
			t.Errorf("%q: it prints the key:\n%s%s", m.args, r.out, r.err)
		}
	}
	for _, m := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"collections", "--server", "ftp://x"}, exitUsage, "HOST:PORT"},
		{[]string{"collections", "--server", url + "/elsewhere", "--key", secret}, exitError, "a frony-db server?"},
		{[]string{"collections", "--server", "127.0.0.2"}, exitError, ":7700"},
		{[]string{"collections", "--server", "http://127.0.0.1:1"}, exitError, "frony-db serve"},
		{[]string{"collections", "--key", "x"}, exitUsage, "--server"},
		{[]string{"collections", "--server", "http://me:hidden@127.0.0.1:1"}, exitError, "http://me:xxxxx@127.0.0.1:1"},
	} {
		if r := c.run("", m.args...); strings.Contains(r.err, "hidden") || r.code != m.code || !strings.Contains(r.err, m.says) {
			t.Errorf("%q: %+v, want %q", m.args, r, m.says)
		}
	}
	t.Setenv("FRONYDB_KEY", "wrong-0123456789abcdef0123456789")
	c.ok("collections", "--server", url, "--key-file", "secret.txt") // a flag over a variable
	t.Setenv("FRONYDB_KEY", secret)
	c.ok("collections", "--server", url)
	if _, err := os.Stat("frony-data"); err == nil {
		t.Error("a database was made here")
	}
}

// The stronger setting chooses between a directory and a server.
func TestServerSettings(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.ok("import", "-q", "docs.jsonl", "--db", "here", "-c", "here")
	url, _, _ := serveFor(t, "--db", "srv/db")
	c.ok("import", "-q", "docs.jsonl", "--server", strings.TrimPrefix(url, "http://"), "-c", "there")
	where := func(args ...string) string {
		t.Helper()
		switch out := c.ok(append([]string{"collections"}, args...)...); {
		case strings.Contains(out, "there"):
			return "server"
		case strings.Contains(out, "here"):
			return "directory"
		default:
			return out
		}
	}
	c.write("frony-db.yaml", "server: "+url+"\nmodel: builtin\n")
	if r := c.run("", "collections"); r.code != exitUsage || !strings.Contains(r.err, "--model") {
		t.Errorf("a model beside a server: %+v", r)
	}
	c.write("frony-db.yaml", "server: "+url+"\n")
	if got := where(); got != "server" {
		t.Errorf("of the file: %s", got)
	}
	if got := where("--db", "here"); got != "directory" {
		t.Errorf("--db over the file: %s", got)
	}
	t.Setenv("FRONYDB_DB", "here")
	if got := where(); got != "directory" {
		t.Errorf("FRONYDB_DB over the file: %s", got)
	}
	if got := where("--server", url); got != "server" {
		t.Errorf("--server over FRONYDB_DB: %s", got)
	}
	t.Setenv("FRONYDB_SERVER", url)
	if r := c.run("", "collections"); r.code != exitUsage {
		t.Errorf("two variables: %+v", r)
	}
	t.Setenv("FRONYDB_SERVER", "")
	if got := where(); got != "directory" {
		t.Errorf("an empty FRONYDB_SERVER: %s", got)
	}
}

// A server with a self-signed certificate is only trusted with --ca.
func TestServerCertificate(t *testing.T) {
	c := newCLI(t)
	certFile, keyFile := certificate(t, t.TempDir(), "private")
	url, _, _ := serveFor(t, "--tls-cert", certFile, "--tls-key", keyFile)
	if r := c.run("", "collections", "--server", url); r.code != exitError || !strings.Contains(r.err, "--ca") {
		t.Errorf("without --ca: %+v", r)
	}
	c.ok("collections", "--server", url, "--ca", filepath.Clean(certFile))
}

// Documents beyond a server's limits are rejected, and the rest of the batch is stored.
func TestServerLimitsReject(t *testing.T) {
	c := newCLI(t)
	large := strings.Repeat("긴 글 ", 40_000) // of 280 kB; a server takes 256 KiB
	c.write("docs.jsonl", threeDocs+`{"id":"large","text":"`+large+`"}`+"\n"+`{"id":"last","text":"끝"}`+"\n")
	url, _, _ := serveFor(t)
	got := c.imported(exitRejects, "docs.jsonl", "--server", url)
	if got.Added != 4 || got.Rejected != 1 || got.RejectsFile != "docs.rejects.jsonl" {
		t.Errorf("%+v", got)
	}
	if r := c.read("docs.rejects.jsonl"); !strings.Contains(r, `"line":4`) || !strings.Contains(r, "chunks") || strings.Count(r, "\n") != 1 {
		t.Errorf("%.300s", r)
	}
	if ids := c.ids("--server", url); len(ids) != 4 {
		t.Errorf("stored: %q", ids)
	}
	// In chunks it fits.
	if got := c.imported(exitOK, "docs.jsonl", "--server", url, "--chunk", "200"); got.Added < 100 || got.Rejected != 0 {
		t.Errorf("in chunks: %+v", got)
	}
}

// A document keeps its expiry through a server and back, whole or in chunks.
func TestServerKeepsExpiry(t *testing.T) {
	c := newCLI(t)
	url, _, _ := serveFor(t)
	c.write("docs.jsonl", fmt.Sprintf(`{"id":"a","text":"짧다","_expires":"2131-02-03T04:05:06.000007Z"}`+"\n"+
		`{"id":"b","text":%q,"_expires":"2131-02-03T04:05:06.000007Z"}`+"\n", strings.Repeat("한 문장이 여기 있다. ", 60)))
	c.imported(exitOK, "docs.jsonl", "--server", url, "--chunk", "100")
	out := c.ok("export", "--server", url, "-q")
	if n := strings.Count(out, `"_expires":"2131-02-03T04:05:06.000007Z"`); n < 3 || n != strings.Count(out, "\n") {
		t.Errorf("%d of the documents expire:\n%s", n, out)
	}
}

// An import that was interrupted is completed by the same command.
func TestServerImportGoesOn(t *testing.T) {
	c := newCLI(t)
	var docs strings.Builder
	const n = 6000
	for i := range n {
		fmt.Fprintf(&docs, "{\"id\":\"%d\",\"text\":\"문서 %d\"}\n", i, i)
	}
	c.write("docs.jsonl", docs.String())
	url, _, _ := serveFor(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan result, 1)
	go func() {
		var out, errOut bytes.Buffer
		code := run(ctx, []string{"import", "docs.jsonl", "--server", url, "-q"}, strings.NewReader(""), &out, &errOut)
		ended <- result{code, out.String(), errOut.String()}
	}()
	there := 0
	for there == 0 { // what a reader sees has been acknowledged, or is about to be
		if r := c.run("", "export", "-q", "--server", url); r.code == exitOK {
			there = len(c.idsOf(r.out))
		}
	}
	stop()
	if r := <-ended; r.code != exitOK && (r.code != exitError || !strings.Contains(r.err, "run the same command to continue")) {
		t.Errorf("interrupted: %+v", r)
	}
	got := c.imported(exitOK, "docs.jsonl", "--server", url)
	if got.Unchanged < int64(there) || got.Added+got.Unchanged != n {
		t.Errorf("%+v", got)
	}
	if ids := c.ids("--server", url); len(ids) != n {
		t.Errorf("%d documents", len(ids))
	}
}

// BenchmarkImport imports 20,000 short documents into a directory, and through a local
// server: -bench Import -benchtime 3x.
func BenchmarkImport(b *testing.B) {
	const n = 20_000
	passages := strings.Split(strings.TrimSpace(readAll(b, sample.JSONL())), "\n")
	rng := rand.New(rand.NewPCG(1, 1))
	var docs bytes.Buffer
	for i := range n {
		var p struct{ Text string }
		if err := json.Unmarshal([]byte(passages[rng.IntN(len(passages))]), &p); err != nil {
			b.Fatal(err)
		}
		if err := json.NewEncoder(&docs).Encode(map[string]any{"id": strconv.Itoa(i), "text": fmt.Sprint(p.Text, " ", i), "year": i % 30}); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "docs.jsonl")
	if err := os.WriteFile(path, docs.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	url, _, _ := serveFor(b)
	round := 0
	for _, where := range []string{"directory", "server"} {
		b.Run(where, func(b *testing.B) {
			for b.Loop() {
				round++ // a new collection each
				args := []string{"import", "-q", path, "-c", fmt.Sprint("c", round), "--db", filepath.Join(b.TempDir(), "db")}
				if where == "server" {
					args = append(args[:5], "--server", url)
				}
				if code := run(b.Context(), args, strings.NewReader(""), io.Discard, os.Stderr); code != exitOK {
					b.Fatalf("exit code %d", code)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

func readAll(tb testing.TB, r io.Reader) string {
	tb.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
