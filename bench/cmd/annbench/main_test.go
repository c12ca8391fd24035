package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/bench/report"
)

// TestRun goes through a whole benchmark of the engines that need no Python.
func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sub", "out")
	err := run(t.Context(), []string{
		"-n", "3000", "-queries", "40", "-dims", "96", "-head", "48", "-rounds", "2", "-core", "-1",
		"-engines", "frony-db,coder/hnsw,chromem-go", "-targets", "0.9", "-cache", t.TempDir(), "-out", out, "-commit", "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
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

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-clock", "moon"},
		{"-rounds", "0"},
		{"-engines", "nobody", "-n", "100", "-queries", "2", "-core", "-1"},
		{"-targets", "x", "-n", "100", "-queries", "2", "-core", "-1"},
		{"-base", "nowhere.npy", "-core", "-1"},
	} {
		args = append(args, "-cache", t.TempDir(), "-out", filepath.Join(t.TempDir(), "out"))
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
