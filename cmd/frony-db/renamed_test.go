package main

import (
	"strings"
	"testing"
)

// Former names of settings keep working, with a warning that names the new ones.
func TestFormerNames(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl")
	told := func(r result, code int, former, now string) {
		t.Helper()
		if r.code != code || strings.Count(r.err, "former="+former+" new="+now) != 1 {
			t.Errorf("%+v, want %s and then %s named once", r, former, now)
		}
	}
	told(c.run("", "search", "화산", "--ef", "50"), exitOK, "ef", "--ef-search")
	told(c.run("", "search", "화산", "--ef=-5"), exitUsage, "ef", "--ef-search")
	told(c.run("", "serve", "--addr", "nonsense", "--patience", "4"), exitUsage, "patience", "--queue-factor")
	told(c.run("", "search", "화산", "--model", "none", "-m", "lexical"), exitOK, `"--model none"`, "--precomputed")
	c.write("frony-db.yaml", "ef: 60\n")
	told(c.run("", "search", "화산"), exitOK, "ef", "--ef-search")
	t.Setenv("FRONYDB_EF", "many")
	if r := c.run("", "search", "화산"); r.code != exitUsage || !strings.Contains(r.err, `FRONYDB_EF="many"`) {
		t.Errorf("%+v", r)
	}
	t.Setenv("FRONYDB_EF_SEARCH", "70")
	if r := c.run("", "search", "화산"); r.code != exitOK || strings.Contains(r.err, "former") {
		t.Errorf("%+v", r)
	}
	if out := c.ok("search", "--help"); strings.Contains(out, "--ef ") {
		t.Errorf("help shows a former name:\n%s", out)
	}
}

// The stronger of --model and --precomputed wins.
func TestPrecomputed(t *testing.T) {
	c := newCLI(t)
	c.write("vec.jsonl", `{"id":"v","text":"글","embedding":[1,0,0,0]}`)
	c.write("docs.jsonl", threeDocs)
	t.Setenv("FRONYDB_MODEL", "builtin")
	c.imported(exitOK, "vec.jsonl", "--precomputed")
	var stats struct{ Dims int }
	if c.json(&stats, "stats"); stats.Dims != 4 {
		t.Errorf("%d dims", stats.Dims)
	}
	if r := c.run("", "import", "docs.jsonl", "-c", "other", "--precomputed"); r.code != exitError || !strings.Contains(r.err, "dimensions") {
		t.Errorf("no embedding: %+v", r)
	}
	if r := c.run("", "import", "docs.jsonl", "--precomputed", "--model", "builtin"); r.code != exitUsage || !strings.Contains(r.err, "choose one") {
		t.Errorf("both: %+v", r)
	}
	t.Setenv("FRONYDB_PRECOMPUTED", "true")
	if r := c.run("", "embed", "x", "--model", "builtin"); r.code != exitOK {
		t.Errorf("a flag over a variable: %+v", r)
	}
}

// The command line has all settings of a search that HTTP has.
func TestSearchFlags(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl")
	type found struct {
		Matches []struct {
			ID, Text  string
			Metadata  map[string]any
			Embedding []float32
			Score     float64
		}
		Plan string
	}
	search := func(args ...string) (f found) {
		t.Helper()
		c.json(&f, append([]string{"search", "화산이 폭발하면", "-k", "3"}, args...)...)
		return f
	}
	if f := search("--fields", "embedding,text"); f.Matches[0].Text == "" || f.Matches[0].Metadata != nil || len(f.Matches[0].Embedding) != 384 {
		t.Errorf("--fields embedding,text: %.300v", f)
	}
	if f := search("--fields", "id"); f.Matches[0].ID != "vol" || f.Matches[0].Text != "" {
		t.Errorf("--fields id: %+v", f)
	}
	weighted, reciprocal := search(), search("--fusion", "reciprocal")
	if weighted.Matches[0].Score == reciprocal.Matches[0].Score {
		t.Errorf("--fusion reciprocal: the score is %v as without it", weighted.Matches[0].Score)
	}
	dense, lexical := search("--dense-weight", "1"), search("--dense-weight", "0")
	if dense.Matches[0].Score == weighted.Matches[0].Score || dense.Matches[0].Score == lexical.Matches[0].Score {
		t.Errorf("--dense-weight: scores %v, %v, %v", weighted.Matches[0].Score, dense.Matches[0].Score, lexical.Matches[0].Score)
	}
	search("--recall", "1", "--oversampling", "3", "--ef-search", "20")
	for _, args := range [][]string{
		{"--fusion", "best"}, {"--dense-weight", "2"}, {"--fields", "title"}, {"--recall", "1.5"}, {"--ef-search", "-1"},
	} {
		if r := c.run("", append([]string{"search", "x"}, args...)...); r.code != exitUsage {
			t.Errorf("%q: %+v", args, r)
		}
	}
	if r := c.run("", "search", "x", "--fusion", "best"); !strings.Contains(r.err, "--fusion") || !strings.Contains(r.err, "reciprocal") {
		t.Errorf("%+v", r)
	}
}
