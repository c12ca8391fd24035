package texts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	corpus := file("corpus.jsonl", `{"text":"one"}`+"\n"+`{"title":"Two","text":"two\nlines"}`+"\n\n"+`{"text":"three"}`)
	for n, want := range [][]string{{"one", "Two\ntwo\nlines", "three"}, {"one"}, {"one", "Two\ntwo\nlines"}} {
		if got, err := Read(corpus, n); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d passages: %q, %v", n, got, err)
		}
	}
	questions := file("queries-news.en.txt", " who? \n\nwhere?\n")
	if got, err := Questions(questions, 0); err != nil || !slices.Equal(got, []string{"who?", "where?"}) {
		t.Errorf("questions %q, %v", got, err)
	}
	if got, err := Questions(questions, 1); err != nil || !slices.Equal(got, []string{"who?"}) {
		t.Errorf("one question: %q, %v", got, err)
	}
	if got := Kind(questions); got != "news.en" {
		t.Errorf("kind %q", got)
	}
	for _, bad := range []string{`{"text":"a"}{"id":"b"}`, `{"text":"a"`, `["a"]`} {
		if _, err := Read(file("bad.jsonl", bad), 0); err == nil || !strings.Contains(err.Error(), "bad.jsonl: object ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := Questions(file("empty.txt", "\n \n"), 0); err == nil {
		t.Error("no error for a file without questions")
	}
}
