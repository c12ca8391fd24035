package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModelCache(t *testing.T) {
	c := newCLI(t)
	h := newFakeHub(t, testModel(t, "bert-mean-f32"))

	if r := c.run("", "model", "list"); r.code != exitOK || !strings.Contains(r.err, "model pull") {
		t.Errorf("empty list: %+v", r)
	}
	if r := c.run("", "model", "path", fakeRepo); r.code != exitError || !strings.Contains(r.err, "frony-db model pull acme/embed") {
		t.Errorf("path of what isn't there: %+v", r)
	}
	if r := c.run("", "embed", "x", "--model", "acme/embed@v2"); r.code != exitError || !strings.Contains(r.err, "frony-db model pull acme/embed@v2") {
		t.Errorf("model that isn't there: %+v", r)
	}
	if n := h.asked(); n != 0 {
		t.Fatalf("%d requests before anything was to be downloaded", n)
	}

	r := c.run("", "model", "pull", fakeRepo)
	if r.code != exitOK || !strings.Contains(r.err, "pull acme/embed") {
		t.Fatalf("pull: %+v", r)
	}
	dir := strings.TrimSpace(r.out)
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err == nil {
		t.Error("a file was downloaded that no engine reads")
	}
	asked := h.asked()
	var pulled struct{ Repo, Commit, Dir string }
	c.json(&pulled, "model", "pull", fakeRepo)
	if pulled.Commit != fakeCommit || pulled.Dir != dir || h.asked() != asked {
		t.Errorf("pulled again: %+v after %d requests, want none", pulled, h.asked()-asked)
	}
	if c.ok("model", "pull", fakeRepo, "--refresh"); h.asked() == asked {
		t.Error("--refresh asked nobody")
	}
	h.Close() // from here on there is no network

	var list struct {
		Cache  string
		Models []modelJSON
	}
	c.json(&list, "model", "list")
	if len(list.Models) != 1 || list.Models[0].Repo != fakeRepo || !list.Models[0].Complete || list.Models[0].Pulled == nil || list.Models[0].Refs[0] != "main" {
		t.Errorf("list: %+v", list)
	}
	if out := c.ok("model", "list"); !strings.Contains(out, fakeCommit[:12]) || !strings.Contains(out, "ready") {
		t.Errorf("list: %s", out)
	}
	for _, name := range []string{fakeRepo, fakeRepo + "@main", fakeRepo + "@" + fakeCommit} {
		if out := strings.TrimSpace(c.ok("model", "path", name)); out != dir {
			t.Errorf("path of %s: %s, want %s", name, out, dir)
		}
	}
	if out := c.ok("model", "verify"); !strings.Contains(out, ": sound") {
		t.Errorf("verify: %s", out)
	}

	blob, err := filepath.EvalSymlinks(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-1] ^= 1
	if err := os.WriteFile(blob, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"model", "verify", fakeRepo, "--json"}, {"model", "verify", "--repair"}} {
		if r := c.run("", args...); r.code != exitError || !strings.Contains(r.out, "model.safetensors") || !strings.Contains(r.err, "model pull") {
			t.Errorf("%q of a damaged model: %+v", args, r)
		}
	}
	if r := c.run("", "model", "path", fakeRepo); r.code != exitError {
		t.Errorf("path of a model without weights: %+v", r)
	}
	var removed struct{ Freed int64 }
	if c.json(&removed, "model", "rm", fakeRepo); removed.Freed < 1000 {
		t.Errorf("rm freed %d bytes", removed.Freed)
	}
	if r := c.run("", "model", "rm", fakeRepo); r.code != exitError || !strings.Contains(r.err, "not in the cache") {
		t.Errorf("rm twice: %+v", r)
	}
}

func TestModelPullRefused(t *testing.T) {
	c := newCLI(t)
	h := newFakeHub(t, testModel(t, "bert-mean-f32"))
	for _, test := range []struct {
		status      int
		code, token string
		want        string
	}{
		{http.StatusUnauthorized, "", "", "set HF_TOKEN"},
		{http.StatusUnauthorized, "", "hf_secret", "check HF_TOKEN"},
		{http.StatusForbidden, "GatedRepo", "hf_secret", "accept its terms"},
		{http.StatusForbidden, "", "hf_secret", "no access"},
		{http.StatusNotFound, "RepoNotFound", "", "check the repository's name"},
		{http.StatusNotFound, "RevisionNotFound", "", "check the branch"},
		{http.StatusBadGateway, "", "", "try again later"},
	} {
		t.Run(fmt.Sprint(test.status, test.code, test.token != ""), func(t *testing.T) {
			t.Setenv("HF_TOKEN", test.token)
			h.answer(test.status, test.code)
			r := c.run("", "model", "pull", fakeRepo, "--attempts", "1", "--log-level", "debug")
			if r.code != exitError || !strings.Contains(r.err, test.want) || !strings.Contains(r.err, fakeRepo) {
				t.Errorf("exit code %d: %s", r.code, r.err)
			}
			if test.token != "" && (strings.Contains(r.err, test.token) || h.lastToken() != "Bearer "+test.token) {
				t.Errorf("token sent as %q, shown in %s", h.lastToken(), r.err)
			}
		})
	}
	asked := h.asked()
	t.Setenv("HF_HUB_OFFLINE", "1")
	if r := c.run("", "model", "pull", fakeRepo); r.code != exitError || !strings.Contains(r.err, "HF_HUB_OFFLINE") || h.asked() != asked {
		t.Errorf("offline: %+v", r)
	}
	t.Setenv("HF_HUB_OFFLINE", "")
	h.Close()
	if r := c.run("", "model", "pull", fakeRepo, "--attempts", "1"); r.code != exitError || !strings.Contains(r.err, "HF_ENDPOINT") {
		t.Errorf("no network: %+v", r)
	}
	for _, args := range [][]string{
		{"model", "pull"},
		{"model", "pull", "a/b/c"},
		{"model", "pull", "acme/../embed"},
		{"model", "pull", fakeRepo, "--attempts", "0"},
		{"model", "list", "more"},
		{"model", "path", "a b"},
		{"model", "unknown"},
	} {
		if r := c.run("", args...); r.code != exitUsage {
			t.Errorf("%q: exit code %d, want %d: %s", args, r.code, exitUsage, r.err)
		}
	}
	t.Setenv("HF_ENDPOINT", "ftp://mirror")
	if r := c.run("", "model", "pull", fakeRepo); r.code != exitUsage || !strings.Contains(r.err, "ftp://mirror") {
		t.Errorf("a strange endpoint: %+v", r)
	}
}

func TestModelBench(t *testing.T) {
	c := newCLI(t)
	dir := testModel(t, "bert-mean-f32")
	var r modelBenchReport
	c.json(&r, "model", "bench", dir, "--time", "1ms", "--tokens", "8,512", "--batches", "1,3")
	// The model's limit is 40 tokens.
	if len(r.Shapes) != 4 || r.Unit != "tokens" || r.FirstMS < r.OpenMS || r.OpenMS <= 0 || r.Memory.Heap == 0 {
		t.Fatalf("%+v", r)
	}
	for i, s := range r.Shapes {
		if want := []float64{8, 8, 40, 40}[i]; s.Tokens > want || s.Tokens < want-2 || s.Batch != []int{1, 3, 1, 3}[i] || s.Calls < 1 || s.PerSec < s.Passages {
			t.Errorf("shape %d: %+v", i, s)
		}
	}
	if out := c.ok("model", "bench", "--time", "1ms", "--tokens", "8", "-q"); !strings.Contains(out, "frony-db/builtin") || !strings.Contains(out, "passages/s") {
		t.Errorf("builtin: %s", out)
	}
	for _, args := range [][]string{
		{"--tokens", "0"},
		{"--batches", "-1"},
		{"--time", "0s"},
		{"--model", "none"},
		{dir, "--model", "builtin"},
	} {
		if r := c.run("", append([]string{"model", "bench"}, args...)...); r.code != exitUsage {
			t.Errorf("%q: exit code %d: %s", args, r.code, r.err)
		}
	}
}

func TestModelExport(t *testing.T) {
	c := newCLI(t)
	dir := testModel(t, "bert-mean-f32")
	var out struct{ Files map[string]int64 }
	c.json(&out, "model", "export-onnx", "--model", dir, "-o", "model.onnx")
	st, err := os.Stat("model.onnx")
	if err != nil || st.Size() < 100_000 || out.Files["model.onnx"] != st.Size() {
		t.Errorf("%v %v, want a file of the weights' size", out, err)
	}
	for _, args := range [][]string{
		{"--model", dir},
		{"-o", "x.onnx"},
		{"--model", "builtin", "-o", "x.onnx"},
		{"--model", "openai:x", "-o", "x.onnx"},
	} {
		if r := c.run("", append([]string{"model", "export-onnx"}, args...)...); r.code != exitUsage {
			t.Errorf("%q: exit code %d: %s", args, r.code, r.err)
		}
	}
}
