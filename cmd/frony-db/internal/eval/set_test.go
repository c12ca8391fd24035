package eval

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes the files of a small valid set, replaced by the given contents.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "faq")
	all := map[string]string{
		"corpus.jsonl":  `{"id":"d1","title":"서울","text":"수도","lang":"ko"}` + "\n" + `{"id":"d2","text":"port"}` + "\n",
		"queries.jsonl": `{"id":"q1","text":"수도는?"}` + "\n\n" + `{"id":"q2","text":"nothing"}` + "\r\n",
		"qrels.tsv":     "q1\td1\t1\nq1\td2\t0\n",
	}
	maps.Copy(all, files)
	for name, text := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	t.Parallel()
	set, err := Load(folder(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if set.Name != "faq" || len(set.Documents) != 2 || len(set.Queries) != 1 || set.Unjudged != 1 {
		t.Errorf("%+v", set)
	}
	if d := set.Documents[0]; d != (Document{"d1", "서울", "수도", "ko"}) {
		t.Errorf("document %+v", d)
	}
	if q := set.Queries[0]; q.ID != "q1" || set.Grades["q1"]["d1"] != 1 {
		t.Errorf("query %+v, grades %v", q, set.Grades)
	}
}

func TestLoadBEIR(t *testing.T) {
	t.Parallel()
	set, err := Load(folder(t, map[string]string{
		"corpus.jsonl":   "\ufeff" + `{"_id":"d1","title":"a","text":"b","metadata":{"x":1}}`,
		"queries.jsonl":  `{"_id":"q1","text":"c"}`,
		"qrels.tsv":      "",
		"qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\n",
	}))
	if err != nil || set.Grades["q1"]["d1"] != 2 {
		t.Errorf("%+v, %v", set, err)
	}
}

// TestLoadErrors: every error names file, line and cause.
func TestLoadErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, text, want string }{
		{"corpus.jsonl", "{\"id\":\"d1\",\"text\":\"x\"}\n{\"id\":", "corpus.jsonl:2: not a JSON object"},
		{"corpus.jsonl", `{"id":"d1","text":7}`, "corpus.jsonl:1: not a JSON object of strings"},
		{"corpus.jsonl", `{"text":"x"}`, `corpus.jsonl:1: "id" is missing`},
		{"corpus.jsonl", `{"id":"d1","text":" "}`, `corpus.jsonl:1: id "d1": "text" is missing`},
		{"corpus.jsonl", "\n{\"id\":\"d1\",\"text\":\"x\"}\n\n{\"id\":\"d1\",\"text\":\"y\"}", `corpus.jsonl:4: id "d1" appears twice`},
		{"corpus.jsonl", `{"id":"d\t1","text":"x"}`, "corpus.jsonl:1: id \"d\\t1\": ids must not contain tabs"},
		{"corpus.jsonl", "\n", "corpus.jsonl: nothing in it"},
		{"corpus.jsonl", "", "corpus.jsonl: no such file"},
		{"queries.jsonl", `["q1"]`, "queries.jsonl:1: not a JSON object"},
		{"queries.jsonl", `{"id":"q2","text":"x"}`, `qrels.tsv:1: query "q1" is not in queries.jsonl`},
		{"qrels.tsv", "q1 d1 1\n", "qrels.tsv:1: 1 columns"},
		{"qrels.tsv", "q1\td1\t1\nq1\td9\t1\n", `qrels.tsv:2: document "d9" is not in corpus.jsonl`},
		{"qrels.tsv", "q1\td1\tyes\n", `qrels.tsv:1: grade "yes"`},
		{"qrels.tsv", "q1\td1\t-1\n", `qrels.tsv:1: grade "-1"`},
		{"qrels.tsv", "q1\td1\t1\nq1\td1\t2\n", `qrels.tsv:2: query "q1", document "d1": judged both 1 and 2`},
		{"qrels.tsv", "q1\td1\t0\n", "queries.jsonl: no query has a relevant document"},
		{"qrels.tsv", "", "qrels.tsv: no such file"},
	} {
		_, err := Load(folder(t, map[string]string{tt.file: tt.text}))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q: %v, want %q", tt.file, tt.text, err, tt.want)
			continue
		}
		if fault, ok := errors.AsType[*FileError](err); tt.text != "" && (!ok || fault.Err == nil) {
			t.Errorf("%s %q: %T is no FileError", tt.file, tt.text, err)
		}
	}
}

func TestLoadLongLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("가", 1<<20)
	set, err := Load(folder(t, map[string]string{"corpus.jsonl": `{"id":"d1","text":"` + long + `"}` + "\n" + `{"id":"d2","text":"b"}`}))
	if err != nil || set.Documents[0].Text != long {
		t.Errorf("a line of 3 MiB: %v", err)
	}
}
