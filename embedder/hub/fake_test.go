package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testRepo   = "FronyAI/test-model"
	testCommit = "0123456789abcdef0123456789abcdef01234567"
	testToken  = "hf_secretsecret"
)

// fakeHub speaks the Hub's protocol: small files from its own host, large ones
// by redirect from another (the "content delivery network").
type fakeHub struct {
	tb     testing.TB
	server *httptest.Server
	cdn    *httptest.Server

	mu       sync.Mutex
	commit   string
	files    map[string]string
	large    map[string]bool
	requests []string // "METHOD path" on both hosts
	leaked   []string // Authorization headers that reached the other host
	token    string   // wanted, if not empty
	ranged   int64    // where the last Range request began

	// Faults. Each counts down, where it is a count.
	status     int            // answer every request so
	statusLeft int            // how often; -1 always
	statusPath string         // only for paths that contain this
	header     http.Header    // with that status
	cutAfter   int            // close the connection after so many bytes of a body
	cutLeft    int            // how often
	noRange    bool           // ignore Range
	corrupt    map[string]int // files whose content is wrong, how often
	stall      int            // how often a large body stops in the middle
	tooLong    bool
	delay      time.Duration // before every body
}

func newFakeHub(tb testing.TB) *fakeHub {
	f := &fakeHub{
		tb: tb, commit: testCommit, corrupt: map[string]int{},
		large: map[string]bool{"model.safetensors": true, "onnx/model.onnx": true},
		files: map[string]string{
			"config.json":                 `{"model_type":"bert"}`,
			"modules.json":                `[]`,
			"tokenizer.json":              `{"version":"1.0"}`,
			"1_Pooling/config.json":       `{"pooling_mode_mean_tokens":true}`,
			"sentence_bert_config.json":   `{"max_seq_length":512}`,
			"model.safetensors":           strings.Repeat("weights of the model. ", 50_000),
			"onnx/model.onnx":             "graph",
			"onnx/model_quantized.onnx":   "another",
			"pytorch_model.bin":           "not wanted",
			"README.md":                   "# not wanted",
			".gitattributes":              "*",
			"openvino/openvino_model.bin": "not wanted",
		},
	}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	f.cdn = httptest.NewServer(http.HandlerFunc(f.serveCDN))
	tb.Cleanup(f.server.Close)
	tb.Cleanup(f.cdn.Close)
	return f
}

// hub returns a Hub for the server, with short pauses.
func (f *fakeHub) hub(opts Options) *Hub {
	f.tb.Helper()
	if opts.CacheDir == "" {
		opts.CacheDir = f.tb.TempDir()
	}
	opts.Endpoint = f.server.URL
	h, err := New(&opts)
	if err != nil {
		f.tb.Fatal(err)
	}
	h.wait = time.Millisecond
	h.client.RetryWaitMin = time.Millisecond
	return h
}

func (f *fakeHub) etag(name string) string {
	body := f.files[name]
	if f.large[name] {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(body)))
	}
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(body), body)))
}

func (f *fakeHub) log(r *http.Request) {
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
}

// count returns how many requests had method and a path that contains part.
func (f *fakeHub) count(method, part string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.HasPrefix(r+" ", method+" ") && strings.Contains(r, part) {
			n++
		}
	}
	return n
}

func (f *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.log(r)
	if f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token {
		f.mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if f.status != 0 && f.statusLeft != 0 && strings.Contains(r.URL.Path, f.statusPath) {
		f.statusLeft--
		maps.Copy(w.Header(), f.header)
		f.mu.Unlock()
		w.WriteHeader(f.status)
		return
	}
	commit := f.commit
	f.mu.Unlock()
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/api/models/"+testRepo+"/revision/"); ok {
		rev, _ := url.PathUnescape(rest)
		if rev != "main" && rev != "refs/pr/1" && rev != commit {
			w.Header().Set("X-Error-Code", "RevisionNotFound")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		var siblings []map[string]string
		for name := range f.files {
			siblings = append(siblings, map[string]string{"rfilename": name})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": siblings})
		return
	}
	name, ok := strings.CutPrefix(strings.Replace(path, "/resolve/main/", "/resolve/"+commit+"/", 1), "/"+testRepo+"/resolve/"+commit+"/")
	if !ok {
		w.Header().Set("X-Error-Code", "RepoNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body, ok := f.files[name]
	if !ok {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", commit)
	if f.large[name] {
		w.Header().Set("X-Linked-Etag", `"`+f.etag(name)+`"`)
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(body)))
		http.Redirect(w, r, f.cdn.URL+"/"+name+"?signature=abc", http.StatusFound)
		return
	}
	w.Header().Set("ETag", `W/"`+f.etag(name)+`"`)
	f.body(w, r, name)
}

func (f *fakeHub) serveCDN(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.log(r)
	if a := r.Header.Get("Authorization"); a != "" {
		f.leaked = append(f.leaked, a)
	}
	f.mu.Unlock()
	f.body(w, r, strings.TrimPrefix(r.URL.Path, "/"))
}

// body sends a file, with the faults that are set.
func (f *fakeHub) body(w http.ResponseWriter, r *http.Request, name string) {
	time.Sleep(f.delay)
	f.mu.Lock()
	defer f.mu.Unlock()
	body := f.files[name]
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		return
	}
	if f.corrupt[name] > 0 {
		f.corrupt[name]--
		body = strings.Repeat("X", len(body))
	}
	if f.tooLong {
		body += "more"
	}
	if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && !f.noRange {
		n, err := strconv.Atoi(strings.TrimSuffix(from, "-"))
		if err != nil || n >= len(body) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		f.ranged = int64(n)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", n, len(body)-1, len(body)))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)-n))
		w.WriteHeader(http.StatusPartialContent)
		body = body[n:]
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if f.cutLeft > 0 && f.cutAfter < len(body) {
		f.cutLeft--
		_, _ = w.Write([]byte(body[:f.cutAfter]))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	if f.stall > 0 && len(body) > 1000 {
		f.stall--
		_, _ = w.Write([]byte(body[:len(body)/2]))
		_ = http.NewResponseController(w).Flush()
		f.mu.Unlock()
		<-r.Context().Done()
		f.mu.Lock()
		return
	}
	_, _ = w.Write([]byte(body))
}
