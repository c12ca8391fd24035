package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/bench/texts"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(filepath.Join(dir, "db"), &db.Options{Embedder: builtin.New()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Collection(t.Context(), "large", nil)
	if err != nil {
		t.Fatal(err)
	}
	g := texts.New(7)
	var docs []db.Document
	var questions strings.Builder
	for i := range 1000 {
		docs = append(docs, db.Document{ID: fmt.Sprint(i), Text: g.Passage()})
		if i%50 == 0 {
			questions.WriteString(g.Question(docs[i].Text) + "\n")
		}
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, name := range []string{"queries-a.txt", "queries-b.txt"} {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(files[len(files)-1], []byte(questions.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out.json")
	good := settings{dir: filepath.Join(dir, "db"), name: "large", n: 12, ks: "1,10", warm: true, out: out, files: files}
	if err := run(good); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if r.Documents != 1000 || r.Mode != db.Dense || len(r.Rows) != 6 {
		t.Fatalf("%d documents, %s, %d rows", r.Documents, r.Mode, len(r.Rows))
	}
	for i, x := range r.Rows {
		kind, questions := []string{"a", "b", "all"}[i%3], []int{6, 6, 12}[i%3]
		if x.Kind != kind || x.Questions != questions || x.K != []int{1, 10}[i/3] {
			t.Errorf("row %d: k %d, kind %q, %d questions", i, x.K, x.Kind, x.Questions)
		}
		if x.Recall < 0.9 || x.Recall > 1 || x.P50 <= 0 || x.CPU <= 0 {
			t.Errorf("row %d: %+v", i, x)
		}
	}
	for what, spoil := range map[string]func(s *settings){
		"no files":           func(s *settings) { s.files = nil },
		"k of x":             func(s *settings) { s.ks = "x" },
		"another collection": func(s *settings) { s.name = "none" },
	} {
		bad := good
		spoil(&bad)
		if run(bad) == nil {
			t.Errorf("%s: no error", what)
		}
	}
}
