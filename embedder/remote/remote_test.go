package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/embedder/profile"
)

func open(t *testing.T, o Options) *Embedder {
	t.Helper()
	e, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-6 })
}

var providers = []Provider{OpenAI, Upstage, TEI, Ollama}

// Every provider gives each text its vector, of unit length, in order, over
// several requests, and for the role that was asked for.
func TestEmbed(t *testing.T) {
	t.Parallel()
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			s := newServer(t, 7)
			o := s.options(p)
			o.QueryPrefix, o.PassagePrefix, o.BatchTexts = "<Q>", "<P>", 3
			model := any(o.Model)
			var queryModel any
			if p == TEI {
				o.QueryPrompt, o.PassagePrompt = "query", "passage"
				model, queryModel = "passage", "query"
			} else {
				o.QueryModel = "bge-m3-query"
				queryModel = o.QueryModel
			}
			e := open(t, o)
			if sp := e.Spec(); sp.Dims != 7 || sp.HeadDims != 7 || sp.Validate() != nil {
				t.Errorf("spec %+v", sp)
			}
			s.asked()
			texts := []string{"하나", "two", "셋", "four", "다섯", "six", "", "eight"}
			got, err := e.EmbedPassages(t.Context(), texts)
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range texts {
				if !near(got[i], s.want(model, "<P>"+text)) {
					t.Errorf("passage %q has another text's vector", text)
				}
			}
			for _, r := range s.asked() {
				if len(r.texts) > 3 {
					t.Errorf("a request of %d texts, want at most 3", len(r.texts))
				}
			}
			q, err := e.EmbedQuery(t.Context(), "둘")
			if err != nil {
				t.Fatal(err)
			}
			if !near(q, s.want(queryModel, "<Q>둘")) {
				t.Error("the query has another vector")
			}
			none, err := e.EmbedPassages(t.Context(), nil)
			if err != nil || len(none) != 0 {
				t.Errorf("no texts: got %v, %v", none, err)
			}
		})
	}
}

// A server's own knowledge of its model becomes its identity.
func TestDescribe(t *testing.T) {
	t.Parallel()
	s := newServer(t, 4)
	o := s.options(TEI)
	o.Model = ""
	e := open(t, o)
	if sp := e.Spec(); sp.Model != "acme/embed" || sp.Revision != "c0ffee" || sp.MaxTokens != 512 || e.options.BatchTexts != 3 {
		t.Errorf("spec %+v, batches of %d", sp, e.options.BatchTexts)
	}
	o.Model = "acme/other"
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), "acme/embed") {
		t.Errorf("another model: got %v, want ErrModel that names what runs", err)
	}
	if sp := open(t, s.options(Ollama)).Spec(); sp.Revision != "d1" {
		t.Errorf("revision %q, want the digest d1", sp.Revision)
	}
	o = s.options(Ollama)
	o.Model = "absent"
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), "ollama pull absent") {
		t.Errorf("got %v, want ErrModel with the way out", err)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, p := range providers {
		s := newServer(t, 16)
		o := s.options(p)
		o.Shorten = 6
		e := open(t, o)
		v, err := e.EmbedQuery(t.Context(), "짧게")
		if err != nil || len(v) != 6 || e.Spec().Dims != 6 {
			t.Errorf("%s: got %d dims, %v", p, len(v), err)
		}
	}
}

// Vectors of another length are refused before anyone sees them.
func TestDims(t *testing.T) {
	t.Parallel()
	s := newServer(t, 8)
	o := s.options(OpenAI)
	o.Dims = 8
	e := open(t, o)
	s.dims = 9
	v, err := e.EmbedPassages(t.Context(), []string{"a", "b"})
	if !errors.Is(err, ErrDims) || v != nil || !strings.Contains(err.Error(), "9 dimensions, want 8") {
		t.Errorf("got %v, %v, want ErrDims with both lengths", v, err)
	}
}

// What may pass is tried again, after the time asked for.
func TestRetries(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{
		"429":     status(429, `{"error":{"message":"slow down"}}`, "Retry-After", "0"),
		"500":     status(500, "oops", "Retry-After", "0.01"),
		"503":     status(503, "", "Retry-After", time.Now().UTC().Format(http.TimeFormat)),
		"408":     status(408, "", "Retry-After", "0"),
		"cut off": cutOff,
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, 5)
			o := s.options(OpenAI)
			o.Dims = 5
			var log bytes.Buffer
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
			e := open(t, o)
			s.spoil(fault)
			if _, err := e.EmbedQuery(t.Context(), "다시"); err != nil {
				t.Fatal(err)
			}
			if n := len(s.asked()); n != 2 {
				t.Errorf("%d requests, want 2", n)
			}
			if !strings.Contains(log.String(), "provider=openai") {
				t.Errorf("log says nothing: %q", log.String())
			}
		})
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	with := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	if d := wait(firstWait, time.Minute, 3, with("7")); d != 7*time.Second {
		t.Errorf("waits %v, want 7s", d)
	}
	at := time.Now().Add(30 * time.Second)
	if d := wait(firstWait, time.Minute, 0, with(at.UTC().Format(http.TimeFormat))); d < 28*time.Second || d > 31*time.Second {
		t.Errorf("waits %v, want half a minute", d)
	}
	for try := range 70 {
		most := min(time.Minute, firstWait<<min(try, 20))
		for range 50 {
			if d := wait(firstWait, time.Minute, try, with("nonsense")); d < most/2 || d > most {
				t.Fatalf("try %d waits %v, want %v to %v", try, d, most/2, most)
			}
		}
	}
}

func TestGivingUp(t *testing.T) {
	for _, test := range []struct {
		name     string
		faults   []http.HandlerFunc
		want     error
		requests int
		says     string
	}{
		{"still limited", slices.Repeat([]http.HandlerFunc{status(429, `{"error":{"message":"slow down"}}`, "Retry-After", "0")}, 9), ErrLimit, 3, "slow down"},
		{"asks for an hour", []http.HandlerFunc{status(429, "", "Retry-After", "3600")}, ErrLimit, 1, "1h0m0s"},
		{"quota", []http.HandlerFunc{status(429, `{"error":{"message":"You exceeded","code":"insufficient_quota"}}`)}, ErrLimit, 1, "You exceeded"},
		{"still failing", slices.Repeat([]http.HandlerFunc{status(502, "<html>bad gateway</html>", "Retry-After", "0")}, 9), ErrUnavailable, 3, "bad gateway"},
		{"unauthorized", []http.HandlerFunc{status(401, `{"error":{"message":"Incorrect API key provided: sk-secret."}}`)}, ErrKey, 1, "Incorrect API key provided: [key]."},
		{"forbidden", []http.HandlerFunc{status(403, `{"error":"no"}`)}, ErrKey, 1, "no"},
		{"no model", []http.HandlerFunc{status(404, `{"error":"model not found"}`)}, ErrModel, 1, "model not found"},
		{"too long", []http.HandlerFunc{status(400, `{"message":"maximum context length is 8192 tokens"}`)}, ErrRefused, 1, "8192 tokens"},
		{"too large", []http.HandlerFunc{status(413, "")}, ErrRefused, 1, "Request Entity Too Large"},
		{"not JSON", []http.HandlerFunc{status(200, "<html>")}, ErrReply, 1, ""},
		{"too few", []http.HandlerFunc{status(200, `{"data":[]}`)}, ErrReply, 1, "0 vectors for 2 texts"},
		{"twice the same", []http.HandlerFunc{status(200, `{"data":[{"index":1,"embedding":[1,1,1]},{"index":1,"embedding":[1,1,1]}]}`)}, ErrReply, 1, "index 1"},
		{"index outside", []http.HandlerFunc{status(200, `{"data":[{"index":7,"embedding":[1,1,1]},{"index":1,"embedding":[1,1,1]}]}`)}, ErrReply, 1, "index 7"},
		{"zeros", []http.HandlerFunc{status(200, `{"data":[{"index":0,"embedding":[0,0,0]},{"index":1,"embedding":[1,1,1]}]}`)}, ErrReply, 1, "direction"},
		{"odd base64", []http.HandlerFunc{status(200, `{"data":[{"index":0,"embedding":"AAAA"},{"index":1,"embedding":"AAAA"}]}`)}, ErrReply, 1, "3 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("TEST_KEY", "sk-secret")
			s := newServer(t, 3)
			o := s.options(OpenAI)
			o.Dims, o.Retries, o.KeyEnv = 3, 2, "TEST_KEY"
			e := open(t, o)
			s.spoil(test.faults...)
			_, err := e.EmbedPassages(t.Context(), []string{"a", "b"})
			if !errors.Is(err, test.want) || !strings.Contains(fmt.Sprint(err), test.says) {
				t.Errorf("got %v, want %v that says %q", err, test.want, test.says)
			}
			if strings.Contains(fmt.Sprint(err), "sk-secret") {
				t.Errorf("the key is in the message: %v", err)
			}
			if n := len(s.asked()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := newServer(t, 3)
	o := s.options(OpenAI)
	o.Dims, o.Retries = 3, -1
	e := open(t, o)
	s.Close()
	if _, err := e.EmbedQuery(t.Context(), "a"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newServer(t, 3)
	o := s.options(OpenAI)
	o.Dims, o.BatchTexts = 3, 1
	e := open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	s.spoil(status(429, "", "Retry-After", "50"))
	time.AfterFunc(30*time.Millisecond, cancel)
	start := time.Now()
	if _, err := e.EmbedPassages(ctx, []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v to stop waiting", d)
	}
	if _, err := e.EmbedQuery(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled at once", err)
	}
}

// A failed batch stops the others.
func TestFirstFailureStops(t *testing.T) {
	t.Parallel()
	s := newServer(t, 3)
	o := s.options(OpenAI)
	o.Dims, o.BatchTexts, o.Parallel = 3, 1, 1
	e := open(t, o)
	s.spoil(status(400, "no"))
	if _, err := e.EmbedPassages(t.Context(), slices.Repeat([]string{"a"}, 50)); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v, want ErrRefused", err)
	}
	if n := len(s.asked()); n > 2 {
		t.Errorf("%d requests after the first failed", n)
	}
}

func TestKeys(t *testing.T) {
	s := newServer(t, 3)
	t.Setenv("OPENAI_API_KEY", "sk-own")
	t.Setenv("OTHER_KEY", "sk-other")

	// The key of OpenAI's own address stays away from any other.
	o := s.options(OpenAI)
	open(t, o)
	if r := s.asked(); r[0].auth != "" {
		t.Errorf("sent %q to another address", r[0].auth)
	}
	o.KeyEnv = "OTHER_KEY"
	open(t, o)
	if r := s.asked(); r[0].auth != "Bearer sk-other" {
		t.Errorf("sent %q, want the key that was named", r[0].auth)
	}
	o.KeyEnv = "NO_SUCH_KEY"
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "NO_SUCH_KEY") {
		t.Errorf("got %v, want ErrKey that names the variable", err)
	}
	t.Setenv("UPSTAGE_API_KEY", "")
	if _, err := Open(t.Context(), Options{Provider: Upstage, Model: "m"}); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "UPSTAGE_API_KEY") {
		t.Errorf("got %v, want ErrKey that names the variable", err)
	}

	// Nor does it follow a redirect to another host.
	var seen string
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		status(400, "no")(w, r)
	}))
	t.Cleanup(stranger.Close)
	o.KeyEnv, o.Dims = "OTHER_KEY", 3
	e := open(t, o)
	s.spoil(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
	})
	if _, err := e.EmbedQuery(t.Context(), "a"); err == nil {
		t.Error("no error")
	}
	if seen != "" {
		t.Errorf("the key %q followed a redirect", seen)
	}
}

// Every fault of the options is reported at once.
func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Options{Provider: "acme", BaseURL: "ftp://x", Dims: -1, Parallel: -2, QueryPrompt: "q"})
	for _, part := range []string{`"acme"`, `"ftp://x"`, "Dims", "Parallel", "no model", "prompts"} {
		if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want ErrOptions that names %s", err, part)
		}
	}
	_, err = Open(t.Context(), Options{Provider: OpenAI, Model: "m", BaseURL: "https://user:pass@host"})
	if !errors.Is(err, ErrOptions) || strings.Contains(err.Error(), "pass@") {
		t.Errorf("got %v, want ErrOptions without the password", err)
	}
}

func TestFromProfile(t *testing.T) {
	t.Parallel()
	for _, p := range profile.Known() {
		if p.Runtime != profile.Remote {
			continue
		}
		o := FromProfile(p)
		o.BaseURL = "http://127.0.0.1:1"
		e, err := Open(t.Context(), o)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		if s := e.Spec(); s.Model != p.Name || s.Dims != p.Dims {
			t.Errorf("%s: spec %+v", p.Name, s)
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		texts        string // split at spaces
		count, bytes int
		want         string
	}{
		{"", 3, 10, "[]"},
		{"a b c d e f g", 3, 10, "[{0 3} {3 6} {6 7}]"},
		{"aaaa bbbb cccc d", 9, 8, "[{0 2} {2 4}]"},
		{"a bbbbbbbbbbbbbbbb c", 9, 8, "[{0 1} {1 2} {2 3}]"},
	} {
		if got := fmt.Sprint(batches(strings.Fields(test.texts), test.count, test.bytes)); got != test.want {
			t.Errorf("%q: got %s, want %s", test.texts, got, test.want)
		}
	}
}
