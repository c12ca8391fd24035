//go:build native && cgo

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder"
)

// nativeModel is a model with an ONNX graph.
func nativeModel(c cli) string {
	c.t.Helper()
	if err := os.CopyFS("model", os.DirFS(testModel(c.t, "bert-mean-f32"))); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join("model", "onnx"), 0o755); err != nil {
		c.t.Fatal(err)
	}
	c.ok("model", "export-onnx", "--model", "model", "-o", filepath.Join("model", "onnx", "model.onnx"))
	return "model"
}

func TestNativeEngine(t *testing.T) {
	c := newCLI(t)
	dir := nativeModel(c)
	for _, role := range []string{"query", "passage"} {
		var own, graph struct{ Embedding []float64 }
		c.json(&own, "embed", "서울의 봄", "--model", dir, "--role", role)
		c.json(&graph, "embed", "서울의 봄", "--model", dir, "--role", role, "--model-engine", "onnx")
		if d := cosineDistance(own.Embedding, graph.Embedding); !(d < 1e-5) {
			t.Errorf("%s: the engines are %g apart", role, d)
		}
	}
	var bench modelBenchReport
	c.json(&bench, "model", "bench", dir, "--model-engine", "onnx", "--time", "1ms", "--tokens", "8", "--batches", "1,3")
	if len(bench.Shapes) != 2 || bench.Unit != "tokens" {
		t.Errorf("bench: %+v", bench)
	}

	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--model", dir, "--model-engine", "onnx")
	first := c.ok("search", "화산", "--model", dir, "--model-engine", "onnx", "-m", "dense", "-q")
	if !strings.Contains(first, "vol") {
		t.Errorf("search: %s", first)
	}
	if again := c.ok("search", "화산", "-m", "dense", "-q"); again != first {
		t.Errorf("by the engine that the collection remembers:\n%swant\n%s", again, first)
	}
	if r := c.run("", "search", "화산", "--model", dir); r.code != exitError || !strings.Contains(r.err, "does not match") {
		t.Errorf("with the other engine: %+v", r)
	}
	if r := c.run("", "embed", "x", "--model", dir, "--model-engine", "ort"); r.code != exitError || !strings.Contains(r.err, `want "go" or "onnx"`) {
		t.Errorf("--engine ort: %+v", r)
	}
	if r := c.run("", "embed", "x", "--model", testModel(t, "bert-mean-f32"), "--model-engine", "onnx"); r.code != exitError || !strings.Contains(r.err, "model.onnx") {
		t.Errorf("without a graph: %+v", r)
	}
}

// A graph with a task per role, and weights in a separate file.
func TestNativeTasks(t *testing.T) {
	c := newCLI(t)
	dir := filepath.Join(repoRoot, "embedder", "transformer", "testdata", "graphs", "tasks")
	seen := 0
	for _, g := range goldens(t, dir) {
		if g.Text != "a" && len(g.Text) < 40 {
			continue
		}
		var got struct{ Embedding []float64 }
		c.json(&got, "embed", g.Text, "--model", dir, "--model-engine", "onnx", "--role", g.Role)
		if d := cosineDistance(got.Embedding, g.Vector); !(d < 1e-5) {
			t.Errorf("%s %q: cosine distance %g", g.Role, g.Text, d)
		}
		seen++
	}
	if seen < 10 {
		t.Errorf("only %d goldens", seen)
	}
	var info struct{ embedder.Spec }
	c.json(&info, "model", "info", dir, "--model-engine", "onnx")
	if info.QueryPrefix != "Represent the query: " || info.PassagePrefix != "Represent the document: " {
		t.Errorf("info: %+v", info)
	}
	if r := c.run("", "embed", "x", "--model", dir); r.code != exitError || !strings.Contains(r.err, "config.json") {
		t.Errorf("in Go: %+v", r)
	}
}

// Byte pairs are read by Hugging Face's tokenizers.
func TestNativeTokenize(t *testing.T) {
	c := newCLI(t)
	path := filepath.Join(repoRoot, "embedder", "transformer", "tokenizer", "hf", "testdata", "byte-pairs.json")
	if r := c.run("<Q>ab a\nb\n", "model", "tokenize", "--model", path); r.code != exitOK || r.out != "[0, 7, 5, 6, 3, 2]\n[0, 4, 2]\n" {
		t.Errorf("%+v", r)
	}
}

// Errors of the library name the way out. A process loads only one library, so each
// case runs in a process of its own.
func TestNativeLibrary(t *testing.T) {
	c := newCLI(t)
	dir := nativeModel(c)
	c.write("old.so", "not a library")
	exe, err1 := os.Executable()
	cache, err2 := os.UserCacheDir()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	library := os.Getenv("FRONYDB_ORT_LIB") // else where make -C tools/native puts it
	if library == "" {
		library = filepath.Join(cache, "frony-db", "onnxruntime", map[bool]string{true: "libonnxruntime.dylib", false: "libonnxruntime.so"}[runtime.GOOS == "darwin"])
	}
	args := []string{"embed", "x", "--model", dir, "--model-engine", "onnx"}
	for name, test := range map[string]struct {
		args, env []string
		want      []string
	}{
		"flag":     {[]string{"--ort-lib", "absent.so"}, nil, []string{"absent.so", "cache and the system"}},
		"variable": {nil, []string{"FRONYDB_ORT_LIB=gone.so"}, []string{"gone.so", "cache and the system"}},
		"unusable": {[]string{"--ort-lib", "old.so"}, nil, []string{"old.so", "1.24 or later", "make -C tools/native"}},
		"found":    {[]string{"--ort-lib", library}, []string{"FRONYDB_ORT_LIB=gone.so"}, nil},
	} {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), "FRONYDB_TEST_ARGS="+strings.Join(append(args, test.args...), "\n"))
		cmd.Env = append(cmd.Env, test.env...)
		out, err := cmd.CombinedOutput()
		exit, failed := errors.AsType[*exec.ExitError](err)
		if err != nil && !failed {
			t.Fatal(err)
		}
		if want := len(test.want) > 0; failed != want || failed && exit.ExitCode() != exitError {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		for _, want := range test.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: %s, want %q", name, out, want)
			}
		}
	}
}
