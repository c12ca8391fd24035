package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder"
)

// testModel is the absolute path of a tiny model from the tests of
// embedder/transformer.
func testModel(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(repoRoot, "embedder", "transformer", "testdata", "models", name)
}

// repoRoot is determined before a test changes the directory.
var repoRoot = func() string {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		panic(err)
	}
	return dir
}()

var testModels = []string{"bert-mean-f32", "xlmr-cls-f16", "roberta-mean-bf16-sharded", "bert-cls-relu-odd"}

// goldenCase is a text, its ids and its vector, from the reference libraries.
type goldenCase struct {
	Role, Text string
	IDs        []int
	Vector     []float64
}

func goldens(t *testing.T, dir string) []goldenCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g struct{ Cases []goldenCase }
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) == 0 {
		t.Fatal("no goldens")
	}
	return g.Cases
}

type infoJSON struct {
	embedder.Spec
	Fingerprint, Dir, Licence string
}

func TestTokenizeGolden(t *testing.T) {
	c := newCLI(t)
	for _, name := range testModels {
		dir := testModel(t, name)
		var info infoJSON
		c.json(&info, "model", "info", dir)
		var lines strings.Builder
		var want [][]int
		for _, g := range goldens(t, dir) {
			prefix := info.PassagePrefix
			if g.Role == "query" {
				prefix = info.QueryPrefix
			}
			text := strings.TrimSpace(prefix + g.Text)
			// The verb does not truncate, and reads lines separately.
			if len(g.IDs) < info.MaxTokens && !strings.Contains(text, "\n") {
				lines.WriteString(text + "\n")
				want = append(want, g.IDs)
			}
		}
		if len(want) < 10 {
			t.Fatalf("%s: only %d goldens", name, len(want))
		}
		r := c.run(lines.String(), "model", "tokenize", "--model", dir)
		if r.code != exitOK {
			t.Fatalf("%s: %+v", name, r)
		}
		got := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
		if len(got) != len(want) {
			t.Fatalf("%s: %d lines for %d", name, len(got), len(want))
		}
		for i, line := range got {
			var ids []int
			if err := json.Unmarshal([]byte(line), &ids); err != nil || !slices.Equal(ids, want[i]) {
				t.Errorf("%s line %d: %v %s, want %v", name, i+1, err, line, want[i])
			}
		}
	}
	dir := testModel(t, "bert-mean-f32")
	for in, want := range map[string]string{"": "", "\n": "[]\n", "\n\n": "[]\n[]\n", " ": "[]\n"} {
		if r := c.run(in, "model", "tokenize", dir, "--no-special"); r.out != want {
			t.Errorf("%q: %q, want %q", in, r.out, want)
		}
	}
	if r := c.run("x", "model", "tokenize"); r.code != exitUsage || !strings.Contains(r.err, "--model") {
		t.Errorf("no model: %+v", r)
	}
	if r := c.run("x", "model", "tokenize", "--model", t.TempDir()); r.code != exitError || !strings.Contains(r.err, "tokenizer.json") {
		t.Errorf("no tokenizer: %+v", r)
	}
}

func TestEmbedGolden(t *testing.T) {
	c := newCLI(t)
	for _, name := range testModels {
		dir := testModel(t, name)
		seen := map[string]int{}
		for _, g := range goldens(t, dir) {
			if seen[g.Role]++; seen[g.Role] > 3 {
				continue
			}
			var got struct {
				Dims      int
				Embedding []float64
			}
			c.json(&got, "embed", g.Text, "--model", dir, "--role", g.Role)
			if d := cosineDistance(got.Embedding, g.Vector); !(d < 1e-5) {
				t.Errorf("%s %s %q: cosine distance %g", name, g.Role, g.Text, d)
			}
			const dims = 8
			c.json(&got, "embed", g.Text, "--model", dir, "--role", g.Role, "--dims", "8")
			if d := cosineDistance(got.Embedding, g.Vector[:dims]); got.Dims != dims || !(d < 1e-5) {
				t.Errorf("%s %s %q: a head of %d, cosine distance %g", name, g.Role, g.Text, got.Dims, d)
			}
			norm := 0.0
			for _, x := range got.Embedding {
				norm += x * x
			}
			if math.Abs(norm-1) > 1e-5 {
				t.Errorf("%s: a head of length %g", name, norm)
			}
		}
		if seen["query"] == 0 || seen["passage"] == 0 {
			t.Fatalf("%s: goldens of %v", name, seen)
		}
	}
	dir := testModel(t, "bert-mean-f32")
	for _, args := range [][]string{{"--dims", "33"}, {"--role", "other"}, {"--dims", "-1"}} {
		if r := c.run("", append([]string{"embed", "x", "--model", dir}, args...)...); r.code != exitUsage {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func cosineDistance(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return 1 - ab/math.Sqrt(aa*bb)
}

// A collection remembers the directory of its model, refuses other models, and accepts
// the directory after it was moved.
func TestCollectionOfDirectory(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	if err := os.CopyFS("models/mine", os.DirFS(testModel(t, "bert-mean-f32"))); err != nil {
		t.Fatal(err)
	}
	c.imported(exitOK, "docs.jsonl", "--model", "models/mine")
	const text = "김치찌개는 신김치로 끓인다"
	first := c.ok("search", text, "--model", "models/mine", "-m", "dense", "-k", "3", "-q")
	if !strings.Contains(first, "ko") {
		t.Errorf("search: %s", first)
	}
	if got := c.ok("search", text, "-m", "dense", "-k", "3", "-q"); got != first {
		t.Errorf("by the model that the collection remembers:\n%swant\n%s", got, first)
	}

	var is, other infoJSON
	c.json(&is, "model", "info", "models/mine")
	c.json(&other, "model", "info", testModel(t, "bert-cls-relu-odd"))
	if is.Fingerprint == other.Fingerprint || len(is.Fingerprint) != 64 {
		t.Fatalf("fingerprints %s, %s", is.Fingerprint, other.Fingerprint)
	}
	r := c.run("", "search", text, "--model", testModel(t, "bert-cls-relu-odd"))
	if r.code != exitError || !strings.Contains(r.err, "does not match") || !strings.Contains(r.err, is.Fingerprint[:12]) || !strings.Contains(r.err, other.Fingerprint[:12]) {
		t.Errorf("another model: %+v, want both fingerprints", r)
	}

	if err := os.Rename("models/mine", "models/moved"); err != nil {
		t.Fatal(err)
	}
	if r := c.run("", "search", text); r.code != exitError || !strings.Contains(r.err, filepath.Join("models", "mine")) || !strings.Contains(r.err, "--model") {
		t.Errorf("a moved model: %+v", r)
	}
	if got := c.ok("search", text, "--model", "models/moved", "-m", "dense", "-k", "3", "-q"); got != first {
		t.Errorf("where it moved to:\n%swant\n%s", got, first)
	}
}

// The name in a directory's profile does not lead back to it, but the error does.
func TestCollectionOfNamedDirectory(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	newFakeHub(t, testModel(t, "bert-mean-f32")).Close()
	if err := os.CopyFS("mine", os.DirFS(testModel(t, "bert-mean-f32"))); err != nil {
		t.Fatal(err)
	}
	c.write("mine/frony-db.yaml", "name: acme/own\nhead_dims: 16\n")
	c.imported(exitOK, "docs.jsonl", "--model", "mine")
	r := c.run("", "search", "화산")
	if r.code != exitError || !strings.Contains(r.err, "acme/own") || !strings.Contains(r.err, "name the directory with --model") {
		t.Errorf("by name: %+v", r)
	}
	c.ok("search", "화산", "--model", "mine")
}

// The same files with other options are another model. The right options are found
// again.
func TestCollectionOfVariant(t *testing.T) {
	for _, args := range [][]string{
		{"--int8"},
		{"--model-profile", "own.yaml"},
		{"--model-profile", "own.yaml", "--int8"},
	} {
		c := newCLI(t)
		c.write("docs.jsonl", threeDocs)
		c.write("own.yaml", "query_prefix: \"\"\nhead_dims: 16\nmax_tokens: 20\n")
		dir := testModel(t, "bert-mean-f32")
		c.imported(exitOK, append([]string{"docs.jsonl", "--model", dir}, args...)...)
		if out := c.ok("search", "화산", "-q"); !strings.Contains(out, "vol") {
			t.Errorf("%q: search: %s", args, out)
		}
		if r := c.run("", "search", "화산", "--model", dir); r.code != exitError || !strings.Contains(r.err, "does not match") {
			t.Errorf("%q: as it is: %+v", args, r)
		}
	}
}

// A cached model of the hub is found by name, without network.
func TestCollectionOfHub(t *testing.T) {
	c := newCLI(t)
	h := newFakeHub(t, testModel(t, "bert-mean-f32"))
	c.write("docs.jsonl", threeDocs)
	dir := strings.TrimSpace(c.ok("model", "pull", fakeRepo, "-q"))
	h.Close()
	c.imported(exitOK, "docs.jsonl", "--model", fakeRepo)
	var list struct {
		Collections []struct{ Model embedder.Spec }
	}
	c.json(&list, "collections")
	if m := list.Collections[0].Model; m.Model != fakeRepo || m.Revision != fakeCommit {
		t.Errorf("remembered as %s@%s", m.Model, m.Revision)
	}
	for _, args := range [][]string{nil, {"--model", fakeRepo}, {"--model", fakeRepo + "@main"}, {"--model", dir}} {
		if out := c.ok(append([]string{"search", "화산", "-q"}, args...)...); !strings.Contains(out, "vol") {
			t.Errorf("%q: %s", args, out)
		}
	}
	c.ok("model", "rm", fakeRepo)
	want := "frony-db model pull " + fakeRepo + "@" + fakeCommit
	if r := c.run("", "search", "화산"); r.code != exitError || !strings.Contains(r.err, want) {
		t.Errorf("a model that is gone: %+v, want %s", r, want)
	}
}

func TestUnknownModels(t *testing.T) {
	c := newCLI(t)
	newFakeHub(t, testModel(t, "bert-mean-f32"))
	for name, want := range map[string]string{
		"nonsense":                  "OWNER/NAME",
		"./nowhere":                 "does not exist",
		"cohere:embed":              "openai, upstage, tei, ollama",
		"cohere:http://u:pw@host/x": "no provider",
		"a/b":                       "model pull a/b",
	} {
		r := c.run("", "embed", "x", "--model", name)
		if r.code != exitError || !strings.Contains(r.err, want) || strings.Contains(r.err, "pw") {
			t.Errorf("%s: %+v, want %q", name, r, want)
		}
	}
	if r := c.run("", "embed", "x", "--model", "builtin", "--model-url", "http://127.0.0.1:1"); r.code != exitUsage {
		t.Errorf("--model-url with builtin: %+v", r)
	}
	if r := c.run("", "embed", "x", "--model", testModel(t, "bert-mean-f32"), "--model-engine", "gpu"); r.code != exitError || !strings.Contains(r.err, "gpu") {
		t.Errorf("--engine gpu: %+v", r)
	}
	c.write("profile.yaml", "head_dims: 16\nquery_prefix: \"\"\n")
	var info infoJSON
	c.json(&info, "model", "info", testModel(t, "bert-mean-f32"), "--model-profile", "profile.yaml")
	if info.HeadDims != 16 || info.QueryPrefix != "" || info.PassagePrefix != "<P>" {
		t.Errorf("with a profile: %+v", info)
	}
}
