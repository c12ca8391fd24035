package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	fakeRepo   = "acme/embed"
	fakeCommit = "0123456789abcdef0123456789abcdef01234567"
)

// fakeHub serves the files of one directory as the Hub serves a repository.
type fakeHub struct {
	*httptest.Server
	files map[string]string

	mu       sync.Mutex
	status   int // answer everything so, if not 0
	code     string
	token    string // that came with the last request
	requests int
}

// newFakeHub starts a hub and sets the environment to use it, with an empty cache.
func newFakeHub(t *testing.T, dir string) *fakeHub {
	t.Helper()
	f := &fakeHub{files: map[string]string{"README.md": "not wanted"}}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "golden.json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		f.files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	for _, name := range []string{"HF_HOME", "HUGGINGFACE_HUB_CACHE", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "HF_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("HF_TOKEN_PATH", filepath.Join(t.TempDir(), "none"))
	t.Setenv("HF_ENDPOINT", f.URL)
	t.Setenv("HF_HUB_CACHE", filepath.Join(t.TempDir(), "hub"))
	return f
}

func (f *fakeHub) answer(status int, code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.code = status, code
}

// asked returns the number of requests so far.
func (f *fakeHub) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

func (f *fakeHub) lastToken() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token
}

func (f *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	f.token = r.Header.Get("Authorization")
	status, code := f.status, f.code
	f.mu.Unlock()
	if status != 0 {
		w.Header().Set("X-Error-Code", code)
		w.WriteHeader(status)
		return
	}
	switch r.URL.Path {
	case "/api/models/" + fakeRepo + "/revision/main", "/api/models/" + fakeRepo + "/revision/" + fakeCommit:
		var siblings []map[string]string
		for name := range f.files {
			siblings = append(siblings, map[string]string{"rfilename": name})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"sha": fakeCommit, "siblings": siblings})
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/"+fakeRepo+"/resolve/"+fakeCommit+"/")
	text, known := f.files[name]
	if !ok || !known {
		w.Header().Set("X-Error-Code", "RepoNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", fakeCommit)
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256([]byte(text)))))
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(text))
	}
}
