package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/bench/report"
	"github.com/fronyai/frony-db/bench/texts"
)

// TestRun goes through a whole benchmark of the engines that need no Python.
func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sub", "out")
	err := run(t.Context(), []string{
		"-n", "3000", "-queries", "40", "-dims", "96", "-head", "48", "-rounds", "2", "-core", "-1",
		"-engines", "frony-db,coder/hnsw,chromem-go", "-targets", "0.9,0.99", "-cache", t.TempDir(), "-out", out, "-commit", "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	r := measured(t, out)
	if len(r.Engines) != 3 || len(r.Engines[0].Rounds) != 2 {
		t.Fatalf("%d engines, %d rounds", len(r.Engines), len(r.Engines[0].Rounds))
	}
	best := map[string]float64{}
	for _, e := range r.Engines {
		for _, p := range e.Rounds[1] {
			best[e.Name] = max(best[e.Name], p.Recall)
			if p.QPS <= 0 {
				t.Errorf("%s: %g queries per second", e.Name, p.QPS)
			}
		}
	}
	if best["frony-db"] < 0.99 || best["chromem-go"] < 0.99 {
		t.Errorf("best recalls %v", best)
	}
	if err := run(t.Context(), []string{"-render", out + ".json", "-out", out + "2"}); err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{".md", ".svg", "2.md", "2.svg"} {
		if b, err := os.ReadFile(out + ext); err != nil || !strings.Contains(string(b), "frony-db") {
			t.Errorf("%s: %v", ext, err)
		}
	}
}

// measured reads the report of a run.
func measured(t *testing.T, out string) (r report.Report) {
	t.Helper()
	b, err := os.ReadFile(out + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTexts embeds made-up texts and asks questions of two kinds.
func TestTexts(t *testing.T) {
	dir := t.TempDir()
	g := texts.New(7)
	var corpus strings.Builder
	questions := make([]string, 2)
	for i := range 3000 {
		p := g.Passage()
		fmt.Fprintf(&corpus, "{\"text\":%q}\n", p)
		if i%100 == 0 {
			questions[i/100%2] += g.Question(p) + "\n"
		}
	}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(dir, "out")
	if err := run(t.Context(), []string{
		"-texts", file("corpus.jsonl", corpus.String()), "-n", "2000",
		"-questions", file("queries-even.txt", questions[0]) + "," + file("odd.txt", questions[1]), "-queries", "12",
		"-rounds", "2", "-core", "-1", "-engines", "frony-db,frony-db full,frony-db scan", "-cache", dir, "-out", out, "-commit", "test",
	}); err != nil {
		t.Fatal(err)
	}
	r := measured(t, out)
	if r.Vectors != 2000 || r.Queries != 24 || !slices.Equal(r.Kinds, []string{"even", "odd"}) {
		t.Errorf("%d vectors, %d queries of the kinds %q", r.Vectors, r.Queries, r.Kinds)
	}
	for _, e := range r.Engines {
		best := 0.0
		for _, p := range e.Rounds[1] {
			if len(p.Kinds) != 2 || math.Abs(p.Recall-(p.Kinds[0].Recall+p.Kinds[1].Recall)/2) > 1e-9 {
				t.Fatalf("%s: recall %g of the kinds %v", e.Name, p.Recall, p.Kinds)
			}
			best = max(best, p.Recall)
		}
		if best < 0.99 || len(e.Build.Parts) < 2 {
			t.Errorf("%s: best recall %g, parts %v", e.Name, best, e.Build.Parts)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-clock", "moon"},
		{"-rounds", "0"},
		{"-engines", "nobody", "-n", "100", "-queries", "2", "-core", "-1"},
		{"-targets", "x", "-n", "100", "-queries", "2", "-core", "-1"},
		{"-base", "nowhere.npy", "-core", "-1"},
		{"-texts", "corpus.jsonl"},
		{"-questions", "queries.txt"},
		{"-texts", "corpus.jsonl", "-questions", "queries.txt", "-base", "vectors.npy"},
		{"-texts", "nowhere.jsonl", "-questions", "queries.txt", "-core", "-1"},
		{"-n", "-1"},
	} {
		args = append(args, "-cache", t.TempDir(), "-out", filepath.Join(t.TempDir(), "out"))
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
