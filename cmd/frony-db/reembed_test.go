package main

import (
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
)

// A collection changes from the builtin model to a provider's: begun, compared,
// switched, served, taken back, and once more for good.
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
	if out := c.ok("reembed", "status", "-c", "quickstart"); !strings.Contains(out, "a change to tiny") {
		t.Error(out)
	}
	if out := c.ok("collections"); !strings.Contains(out, "frony-db/builtin → tiny") {
		t.Error(out)
	}
	c.ok("search", "-c", "quickstart", "축구") // by the old model

	out := c.ok(with("reembed", "-q")...)
	for _, want := range []string{"from", "frony-db/builtin", "tiny", "0 texts embedded", "overlap@10 on 100 texts", "switched;", "reembed confirm -c quickstart"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if out := c.ok("reembed", "status", "-c", "quickstart"); !strings.Contains(out, "not confirmed") {
		t.Error(out)
	}
	if out := c.ok("doctor"); !strings.Contains(out, "quickstart, before") {
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
	if out := c.ok("reembed", "rollback", "-c", "quickstart"); !strings.Contains(out, "given up") {
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
