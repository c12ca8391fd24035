package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// older is the builtin model of an earlier release.
type older struct{ *embeddertest.Fake }

func (e older) Spec() embedder.Spec {
	s := e.Fake.Spec()
	s.Model, s.Revision = builtin.New().Spec().Model, "0"
	return s
}

// fillOlder makes a database whose collection "old" has the builtin model of an earlier
// release.
func fillOlder(t *testing.T, dir string) {
	t.Helper()
	d, err := db.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	col, err := d.Collection(t.Context(), "old", &db.CollectionOptions{Embedder: older{embeddertest.New(384, 1)}})
	if err == nil {
		_, err = col.Insert(t.Context(), db.Document{ID: "1", Text: "전입신고는 14일 안에 한다"}, db.Document{ID: "2", Text: "봄이 왔다"})
	}
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
}

// A collection of an earlier builtin model names the way out, and can be changed to the
// current one, although the earlier one can't be opened for a comparison.
func TestReembedOlderBuiltin(t *testing.T) {
	c := newCLI(t)
	fillOlder(t, "frony-data")
	if r := c.run("", "search", "-c", "old", "이사"); r.code != exitError || !strings.Contains(r.err, "frony-db/builtin@0") || !strings.Contains(r.err, "frony-db reembed -c old --model builtin") {
		t.Errorf("%d %s", r.code, r.err)
	}
	if out := c.ok("reembed", "-c", "old", "--model", "builtin"); !strings.Contains(out, "2 texts embedded") || !strings.Contains(out, "overlap: not measured") {
		t.Error(out)
	}
	if out := c.ok("search", "-c", "old", "이사하면 전입신고", "-k", "1"); !strings.Contains(out, "14일") {
		t.Error(out)
	}
	c.ok("reembed", "confirm", "-c", "old")
}

// A collection changes from the builtin model to a provider's: begun, compared,
// switched, served, rolled back, then switched again and confirmed.
func TestReembed(t *testing.T) {
	c := newCLI(t)
	p := newFakeProvider(t)
	c.ok("quickstart", "-q")
	to := []string{"-c", "quickstart", "--model", "openai:tiny", "--model-url", p.URL + "/v1"}
	with := func(args ...string) []string { return append(args, to...) }
	info := func() (i db.CollectionInfo) {
		t.Helper()
		c.json(&i, "reembed", "status", "-c", "quickstart")
		return i
	}

	var r db.ReembedReport
	c.json(&r, with("reembed", "--no-switch", "--sample", "20")...)
	if r.Switched || r.Embedded != 340 || r.To.Documents != 340 || r.Overlap.Queries != 20 || r.Overlap.Hybrid <= r.Overlap.Dense || r.From.HeadDims != 192 {
		t.Errorf("%+v", r)
	}
	if i := info(); i.Reembedding == nil || i.Reembedding.Switched || i.Model.Model != "frony-db/builtin" {
		t.Errorf("%+v", i)
	}
	if out := c.ok("reembed", "status", "-c", "quickstart"); !strings.Contains(out, "a change to the model tiny") {
		t.Error(out)
	}
	if out := c.ok("collections"); !strings.Contains(out, "frony-db/builtin → tiny") {
		t.Error(out)
	}
	c.ok("search", "-c", "quickstart", "축구") // by the old model

	out := c.ok(with("reembed", "-q")...)
	for _, want := range []string{"from", "frony-db/builtin", "tiny", "0 texts embedded", "overlap@10 over 100 sample queries", "switched;", "reembed confirm -c quickstart"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if out := c.ok("reembed", "status", "-c", "quickstart"); !strings.Contains(out, "not confirmed") {
		t.Error(out)
	}
	if out := c.ok("doctor"); !strings.Contains(out, "quickstart, previous") {
		t.Error(out)
	}
	c.ok(with("search", "축구")...)
	if out := c.ok(with("reembed")...); !strings.Contains(out, "nothing was done") {
		t.Error(out)
	}
	c.write("new.jsonl", `{"id":"new","text":"새로 쓴 문서"}`+"\n")
	c.ok(with("import", "-q", "new.jsonl")...)
	var back db.ReembedReport
	c.json(&back, "reembed", "rollback", "-c", "quickstart")
	if !back.Switched || back.Embedded != 1 || back.To.Documents != 341 || back.To.Model.Model != "frony-db/builtin" {
		t.Errorf("%+v", back)
	}
	if i := info(); i.Reembedding != nil || i.Documents != 341 {
		t.Errorf("%+v", i)
	}
	if out := c.ok("search", "-c", "quickstart", "-k", "1", "--json", "새로 쓴 문서"); !strings.Contains(out, `"id": "new"`) {
		t.Error(out)
	}

	c.ok(with("reembed", "-q", "--sample", "0", "--no-switch")...)
	if out := c.ok("reembed", "rollback", "-c", "quickstart"); !strings.Contains(out, "discarded") {
		t.Error(out)
	}
	c.ok(with("reembed", "-q", "--sample", "0")...)
	if out := c.ok("reembed", "confirm", "-c", "quickstart"); !strings.Contains(out, "has the model tiny") {
		t.Error(out)
	}
	if i := info(); i.Reembedding != nil || i.Documents != 341 || i.Model.Model != "tiny" {
		t.Errorf("%+v", i)
	}

	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"reembed", "-c", "quickstart"}, exitUsage, "--model"},
		{[]string{"reembed", "-c", "quickstart", "--model", "none"}, exitUsage, "--model"},
		{[]string{"reembed", "-c", "nothing", "--model", "builtin"}, exitError, "quickstart"},
		{[]string{"reembed", "confirm", "-c", "quickstart"}, exitError, "not being changed"},
		{[]string{"reembed", "rollback", "-c", "quickstart"}, exitError, "not being changed"},
		{[]string{"reembed", "again"}, exitUsage, "again"},
	} {
		if r := c.run("", test.args...); r.code != test.code || !strings.Contains(r.err, test.want) {
			t.Errorf("%q: %d %s", test.args, r.code, r.err)
		}
	}
}
