package hub

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var wanted = []string{"1_Pooling/config.json", "config.json", "model.safetensors", "modules.json", "sentence_bert_config.json", "tokenizer.json"}

// clean keeps the machine's own settings out of the tests.
func clean(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for _, v := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "XDG_CACHE_HOME"} {
		t.Setenv(v, "")
	}
	t.Setenv("HF_HOME", home)
}

// checkModel compares the directory with the server's files.
func checkModel(t *testing.T, f *fakeHub, dir string) {
	t.Helper()
	got, err := localFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if !slices.Equal(got, wanted) {
		t.Fatalf("files %v, want %v", got, wanted)
	}
	for _, name := range wanted {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || string(data) != f.files[name] {
			t.Errorf("%s: %d bytes, %v, want %d", name, len(data), err, len(f.files[name]))
		}
	}
}

func TestPull(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	h := f.hub(Options{})
	var last Progress
	dir, err := h.Pull(t.Context(), testRepo, "", func(p Progress) {
		if p.Done < last.Done || p.Done > p.Size {
			t.Errorf("progress %+v after %+v", p, last)
		}
		last = p
	})
	if err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, dir)
	if last.Done != last.Size || last.File != "model.safetensors" {
		t.Errorf("last progress %+v", last)
	}
	if want := filepath.Join(h.CacheDir(), "models--FronyAI--test-model", "snapshots", testCommit); dir != want {
		t.Errorf("dir %s, want %s", dir, want)
	}
	ref, err := os.ReadFile(filepath.Join(h.CacheDir(), "models--FronyAI--test-model", "refs", "main"))
	if err != nil || string(ref) != testCommit {
		t.Errorf("ref %q, %v", ref, err)
	}
	if runtime.GOOS != "windows" {
		target, err := os.Readlink(filepath.Join(dir, "1_Pooling", "config.json"))
		if want := "../../../blobs/" + f.etag("1_Pooling/config.json"); err != nil || target != want {
			t.Errorf("link %q, %v, want %q", target, err, want)
		}
	}

	before := len(f.requests)
	again, err := h.Pull(t.Context(), testRepo, "main", nil)
	if err != nil || again != dir {
		t.Errorf("second pull: %s, %v", again, err)
	}
	if path, err := h.Path(testRepo, testCommit); err != nil || path != dir {
		t.Errorf("Path: %s, %v", path, err)
	}
	if len(f.requests) != before {
		t.Errorf("a cached model cost requests: %v", f.requests[before:])
	}
}

// TestCut breaks every connection several times: the download goes on where it
// stopped, and every byte is sent once.
func TestCut(t *testing.T) {
	clean(t)
	for _, noRange := range []bool{false, true} {
		f := newFakeHub(t)
		f.cutAfter, f.cutLeft, f.noRange = 300_000, 3, noRange
		h := f.hub(Options{})
		dir, err := h.Pull(t.Context(), testRepo, "", nil)
		if err != nil {
			t.Fatalf("noRange %v: %v", noRange, err)
		}
		checkModel(t, f, dir)
		if n := f.count("GET", "/model.safetensors"); n != 8 { // each attempt asks both hosts
			t.Errorf("noRange %v: %d requests for the weights, want 8", noRange, n)
		}
	}
}

// TestResume stops a pull in the middle; the next process goes on.
func TestResume(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	cache := t.TempDir()
	f.stall = 1
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := f.hub(Options{CacheDir: cache}).Pull(ctx, testRepo, "", nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("cancelled pull: %v", err)
	}
	h := f.hub(Options{CacheDir: cache})
	if dir, err := h.Path(testRepo, ""); !errors.Is(err, ErrNotCached) {
		t.Fatalf("half a model passes for a whole one: %s, %v", dir, err)
	}
	partial, err := filepath.Glob(filepath.Join(cache, "models--*", "blobs", "*.incomplete"))
	if err != nil || len(partial) != 1 {
		t.Fatalf("partial files %v, %v", partial, err)
	}
	f.requests = nil
	dir, err := h.Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, dir)
	if n := f.count("GET", "config.json"); n != 0 {
		t.Errorf("finished files were fetched again: %v", f.requests)
	}
	if want := int64(len(f.files["model.safetensors"]) / 2); f.ranged != want {
		t.Errorf("went on at %d, want %d", f.ranged, want)
	}
}

func TestStall(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	f.stall = 1
	dir, err := f.hub(Options{IdleTimeout: 200 * time.Millisecond}).Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, dir)
}

// TestWrongContent: damaged content never gets a name; once is repaired, twice
// is an error.
func TestWrongContent(t *testing.T) {
	clean(t)
	for _, name := range []string{"model.safetensors", "config.json"} {
		f := newFakeHub(t)
		f.corrupt[name] = 1
		h := f.hub(Options{})
		dir, err := h.Pull(t.Context(), testRepo, "", nil)
		if err != nil {
			t.Fatalf("%s damaged once: %v", name, err)
		}
		checkModel(t, f, dir)

		f = newFakeHub(t)
		f.corrupt[name] = 2
		h = f.hub(Options{})
		_, err = h.Pull(t.Context(), testRepo, "", nil)
		if !errors.Is(err, ErrChecksum) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s damaged twice: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(h.CacheDir(), "models--FronyAI--test-model", "blobs", f.etag(name))); err == nil {
			t.Errorf("%s: damaged content has a name", name)
		}
		if dir, err = h.Pull(t.Context(), testRepo, "", nil); err != nil {
			t.Errorf("%s: pull after damage: %v", name, err)
		} else {
			checkModel(t, f, dir)
		}
	}
	f := newFakeHub(t)
	f.tooLong = true
	if _, err := f.hub(Options{}).Pull(t.Context(), testRepo, "", nil); !errors.Is(err, ErrChecksum) {
		t.Errorf("too long: %v", err)
	}
}

// TestDamagedPartial: what lies in .incomplete may be anything.
func TestDamagedPartial(t *testing.T) {
	clean(t)
	for _, content := range []string{"garbage", strings.Repeat("x", 5_000_000)} {
		f := newFakeHub(t)
		h := f.hub(Options{})
		blobs := filepath.Join(h.CacheDir(), "models--FronyAI--test-model", "blobs")
		if err := os.MkdirAll(blobs, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(blobs, f.etag("model.safetensors")+".incomplete"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		dir, err := h.Pull(t.Context(), testRepo, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		checkModel(t, f, dir)
	}
}

func TestDiskFull(t *testing.T) {
	clean(t)
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here: a full disk can't be had")
	}
	f := newFakeHub(t)
	h := f.hub(Options{})
	blobs := filepath.Join(h.CacheDir(), "models--FronyAI--test-model", "blobs")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(blobs, f.etag("model.safetensors")+".incomplete")); err != nil {
		t.Fatal(err)
	}
	_, err := h.Pull(t.Context(), testRepo, "", nil)
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "HF_HUB_CACHE") {
		t.Errorf("error %v", err)
	}
	if n := f.count("GET", "model.safetensors"); n != 2 {
		t.Errorf("%d requests on a full disk, want one on each host", n)
	}
}

// TestToken: the endpoint gets it, the other host and the log don't.
func TestToken(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	f.token = testToken
	var sb strings.Builder
	log := slog.New(slog.NewTextHandler(&sb, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.cutAfter, f.cutLeft = 1000, 2
	dir, err := f.hub(Options{Token: testToken, Logger: log}).Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, dir)
	if len(f.leaked) > 0 {
		t.Errorf("the token reached another host: %v", f.leaked)
	}
	if strings.Contains(sb.String(), testToken) || sb.Len() == 0 {
		t.Errorf("log: %q", sb.String())
	}
}

func TestRefusals(t *testing.T) {
	clean(t)
	for name, c := range map[string]struct {
		set  func(*fakeHub)
		repo string
		rev  string
		is   error
		hint string
	}{
		"no such repository": {nil, "FronyAI/nothing", "", ErrNotFound, "name"},
		"no such revision":   {nil, testRepo, "v9", ErrNotFound, "branch"},
		"private":            {func(f *fakeHub) { f.token = testToken }, testRepo, "", ErrUnauthorized, "HF_TOKEN"},
		"gated": {func(f *fakeHub) {
			f.status, f.statusLeft, f.header = 403, -1, http.Header{"X-Error-Code": {"GatedRepo"}}
		}, testRepo, "", ErrForbidden, "accept its terms"},
		"forbidden": {func(f *fakeHub) { f.status, f.statusLeft = 403, -1 }, testRepo, "", ErrForbidden, "no access"},
		"rate limit": {func(f *fakeHub) {
			f.status, f.statusLeft, f.header = 429, -1, http.Header{"Retry-After": {"3600"}}
		}, testRepo, "", ErrRateLimited, "try again in 1h0m0s"},
		"server error":    {func(f *fakeHub) { f.status, f.statusLeft = 503, -1 }, testRepo, "", ErrServer, "later"},
		"file refused":    {func(f *fakeHub) { f.status, f.statusLeft, f.statusPath = 403, -1, "model.safetensors" }, testRepo, "", ErrForbidden, "no access"},
		"no weights":      {func(f *fakeHub) { delete(f.files, "model.safetensors") }, testRepo, "", ErrNoWeights, "pytorch_model.bin"},
		"escape":          {func(f *fakeHub) { f.files["../evil/config.json"] = "x" }, testRepo, "../x", ErrInvalid, "revision"},
		"bad name":        {nil, "a/b/c", "", ErrInvalid, "ORG/NAME"},
		"bad name, dots":  {nil, "../etc", "", ErrInvalid, "ORG/NAME"},
		"bad name, blank": {nil, "", "", ErrInvalid, "ORG/NAME"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeHub(t)
			if c.set != nil {
				c.set(f)
			}
			_, err := f.hub(Options{}).Pull(t.Context(), c.repo, c.rev, nil)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.hint) {
				t.Errorf("error %q, want %v and %q", err, c.is, c.hint)
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Op != "pull" || e.Repo != c.repo {
				t.Errorf("error %#v", err)
			}
			t.Log(err)
		})
	}
}

// TestRetries: passing trouble isn't an error.
func TestRetries(t *testing.T) {
	clean(t)
	for _, status := range []int{429, 500, 502, 503} {
		f := newFakeHub(t)
		f.status, f.statusLeft, f.header = status, 4, http.Header{"Retry-After": {"0"}}
		dir, err := f.hub(Options{}).Pull(t.Context(), testRepo, "", nil)
		if err != nil {
			t.Fatalf("status %d: %v", status, err)
		}
		checkModel(t, f, dir)
	}
}

func TestNoNetwork(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	cache := t.TempDir()
	h := f.hub(Options{CacheDir: cache, Attempts: 2})
	f.server.Close()
	_, err := h.Pull(t.Context(), testRepo, "", nil)
	if !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), "HF_ENDPOINT") {
		t.Errorf("error %v", err)
	}
	t.Log(err)
	h = f.hub(Options{CacheDir: cache, Offline: true})
	if _, err := h.Pull(t.Context(), testRepo, "", nil); !errors.Is(err, ErrNotCached) {
		t.Errorf("offline: %v", err)
	}
	if _, err := h.Path(testRepo, ""); !errors.Is(err, ErrNotCached) || !strings.Contains(err.Error(), "model pull") {
		t.Errorf("Path: %v", err)
	}
}

// TestForeignCache: a snapshot that another tool fetched, without our record,
// serves offline and when the network fails; online it is completed.
func TestForeignCache(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	cache := t.TempDir()
	dir, err := f.hub(Options{CacheDir: cache}).Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(cache, "models--FronyAI--test-model", ".frony")); err != nil {
		t.Fatal(err)
	}
	f.requests = nil
	got, err := f.hub(Options{CacheDir: cache, Offline: true}).Pull(t.Context(), testRepo, "", nil)
	if err != nil || got != dir || len(f.requests) > 0 {
		t.Errorf("offline: %s, %v, %v", got, err, f.requests)
	}
	if err := os.Remove(filepath.Join(dir, "modules.json")); err != nil {
		t.Fatal(err)
	}
	if got, err = f.hub(Options{CacheDir: cache}).Pull(t.Context(), testRepo, "", nil); err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, got)
	if n := f.count("GET", "model.safetensors"); n != 0 {
		t.Errorf("the weights were fetched again")
	}
	if err := os.RemoveAll(filepath.Join(cache, "models--FronyAI--test-model", ".frony")); err != nil {
		t.Fatal(err)
	}
	h := f.hub(Options{CacheDir: cache, Attempts: 1})
	f.server.Close()
	if got, err = h.Pull(t.Context(), testRepo, "", nil); err != nil || got != dir {
		t.Errorf("without a network: %s, %v", got, err)
	}
}

func TestRefresh(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	cache := t.TempDir()
	if _, err := f.hub(Options{CacheDir: cache}).Pull(t.Context(), testRepo, "", nil); err != nil {
		t.Fatal(err)
	}
	f.commit = strings.Repeat("f", 40)
	f.files["config.json"] = `{"model_type":"bert","v":2}`
	dir, err := f.hub(Options{CacheDir: cache}).Pull(t.Context(), testRepo, "", nil)
	if err != nil || filepath.Base(dir) != testCommit {
		t.Errorf("without Refresh: %s, %v", dir, err)
	}
	f.requests = nil
	dir, err = f.hub(Options{CacheDir: cache, Refresh: true}).Pull(t.Context(), testRepo, "", nil)
	if err != nil || filepath.Base(dir) != f.commit {
		t.Fatalf("with Refresh: %s, %v", dir, err)
	}
	checkModel(t, f, dir)
	if n := f.count("GET", "safetensors"); n != 0 {
		t.Error("unchanged weights were fetched again")
	}
	// A reference with a slash.
	if dir, err = f.hub(Options{CacheDir: cache}).Pull(t.Context(), testRepo, "refs/pr/1", nil); err != nil || filepath.Base(dir) != f.commit {
		t.Errorf("refs/pr/1: %s, %v", dir, err)
	}
}

// TestEngines: a second engine's files join the first one's.
func TestEngines(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	cache := t.TempDir()
	dir, err := f.hub(Options{CacheDir: cache}).Pull(t.Context(), testRepo, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	onnx := f.hub(Options{CacheDir: cache, Select: ONNX})
	if _, err := onnx.Path(testRepo, ""); !errors.Is(err, ErrNotCached) {
		t.Errorf("ONNX before the pull: %v", err)
	}
	if got, err := onnx.Pull(t.Context(), testRepo, "", nil); err != nil || got != dir {
		t.Fatalf("%s, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "onnx", "model.onnx")); err != nil {
		t.Error(err)
	}
	damage, err := onnx.Verify(t.Context(), testRepo, "", false)
	if err != nil || len(damage) > 0 {
		t.Errorf("%v, %v", damage, err)
	}
	m, err := repoOf(t, onnx).readManifest(testCommit)
	if err != nil || len(m.Files) != len(wanted)+1 {
		t.Errorf("record %+v, %v", m, err)
	}
}

func repoOf(t *testing.T, h *Hub) repo {
	t.Helper()
	r, err := h.repo("test", testRepo)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTogether pulls from goroutines and from other processes at once:
// everything is fetched once.
func TestTogether(t *testing.T) {
	if server := os.Getenv("FRONYDB_TEST_PULL"); server != "" { // we are one of the other processes
		h, err := New(&Options{Endpoint: server, CacheDir: os.Getenv("FRONYDB_TEST_CACHE")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Pull(t.Context(), testRepo, "", nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	clean(t)
	f := newFakeHub(t)
	f.delay = 20 * time.Millisecond
	cache := t.TempDir()
	var wg sync.WaitGroup
	for range 3 {
		h := f.hub(Options{CacheDir: cache})
		wg.Go(func() {
			if _, err := h.Pull(t.Context(), testRepo, "", nil); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTogether$")
			cmd.Env = append(os.Environ(), "FRONYDB_TEST_PULL="+f.server.URL, "FRONYDB_TEST_CACHE="+cache)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	dir, err := f.hub(Options{CacheDir: cache, Offline: true}).Path(testRepo, "")
	if err != nil {
		t.Fatal(err)
	}
	checkModel(t, f, dir)
	if n := f.count("GET", "/api/models/"); n != 6 {
		t.Errorf("%d processes and goroutines asked, want 6", n)
	}
	for _, name := range wanted {
		want := 1
		if f.large[name] {
			want = 2 // one on each host
		}
		if n := f.count("GET", testCommit+"/"+name) + f.count("GET /"+name, ""); n != want {
			t.Errorf("%s was fetched %d times", name, n)
		}
	}
}

// TestEscapes: names that a server sends can't leave the cache.
func TestEscapes(t *testing.T) {
	clean(t)
	f := newFakeHub(t)
	everything := func(files []string) ([]string, error) { return files, nil }
	f.files["../../../evil"] = "x"
	if _, err := f.hub(Options{Select: everything}).Pull(t.Context(), testRepo, "", nil); err == nil {
		t.Error("a path that leads out of the cache is accepted")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			_, _ = w.Write([]byte(`{"sha":"` + testCommit + `","siblings":[{"rfilename":"model.safetensors"},{"rfilename":"config.json"}]}`))
			return
		}
		w.Header().Set("ETag", `"../../evil"`)
	}))
	defer server.Close()
	h, err := New(&Options{CacheDir: t.TempDir(), Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Pull(t.Context(), testRepo, "", nil); !errors.Is(err, ErrServer) {
		t.Errorf("an etag that leads out of the cache: %v", err)
	}
}
