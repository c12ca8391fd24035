package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// fakeProvider acts as all four providers. The vector of a text depends only on the
// text.
type fakeProvider struct {
	*httptest.Server

	mu    sync.Mutex
	asked providerAsked
}

// providerAsked is the requests to a provider so far.
type providerAsked struct{ models, texts, keys []string }

func (p *fakeProvider) sofar() providerAsked {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.asked
	return providerAsked{slices.Clone(a.models), slices.Clone(a.texts), slices.Clone(a.keys)}
}

func newFakeProvider(t *testing.T) *fakeProvider {
	t.Helper()
	p := &fakeProvider{}
	vectors := func(r *http.Request, model string, texts []string) [][]float32 {
		p.mu.Lock()
		defer p.mu.Unlock()
		a := &p.asked
		a.models, a.texts, a.keys = append(a.models, model), append(a.texts, texts...), append(a.keys, r.Header.Get("Authorization"))
		out := make([][]float32, len(texts))
		for i, text := range texts {
			h := fnv.New64a()
			_, _ = h.Write([]byte(text))
			rnd := rand.New(rand.NewPCG(h.Sum64(), 0))
			for range 384 {
				out[i] = append(out[i], rnd.Float32()-0.5)
			}
		}
		return out
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Model string
			Input []string
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		type item struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []item
		for i, v := range vectors(r, in.Model, in.Input) {
			data = append(data, item{i, v})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	})
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"model_id":"FronyAI/frony-embed-tiny-ko-v1","model_sha":"c0ffee","max_input_length":512}`)
	})
	mux.HandleFunc("POST /embed", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Inputs []string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		_ = json.NewEncoder(w).Encode(vectors(r, "", in.Inputs))
	})
	mux.HandleFunc("GET /api/tags", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"models":[{"name":"tiny:latest","digest":"d1"}]}`)
	})
	mux.HandleFunc("POST /api/embed", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Model string
			Input []string
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		_ = json.NewEncoder(w).Encode(map[string]any{"embeddings": vectors(r, in.Model, in.Input)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func TestProviders(t *testing.T) {
	for _, test := range []struct {
		name         string
		args         []string
		models       []string // asked of the provider
		query, store string   // what goes before the texts
		head         int
	}{
		{"openai", []string{"--model", "openai:tiny", "--model-url", "URL/v1"}, []string{"tiny"}, "", "", 384},
		{"upstage", []string{"--model", "upstage:tiny", "--model-url", "URL/v1"}, []string{"tiny-passage", "tiny-query"}, "", "", 384},
		{"upstage by role", []string{"--model", "upstage:tiny-query", "--model-url", "URL/v1"}, []string{"tiny-passage", "tiny-query"}, "", "", 384},
		// The server names its model, whose prefixes are known.
		{"tei", []string{"--model", "tei:URL"}, []string{""}, "<Q>", "<P>", 192},
		{"ollama", []string{"--model", "ollama:tiny", "--model-url", "URL"}, []string{"tiny"}, "", "", 384},
		// A known model with another protocol.
		{"known", []string{"--model", "openai:FronyAI/frony-embed-tiny-ko-v1", "--model-url", "URL/v1"}, []string{"FronyAI/frony-embed-tiny-ko-v1"}, "<Q>", "<P>", 192},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, p := newCLI(t), newFakeProvider(t)
			t.Setenv("ACME_KEY", "sk-very-secret")
			args := append([]string{"--model-key-env", "ACME_KEY", "--log-level", "debug"}, test.args...)
			for i := range args {
				args[i] = strings.Replace(args[i], "URL", p.URL, 1)
			}
			c.write("docs.jsonl", threeDocs)
			c.imported(exitOK, append([]string{"docs.jsonl"}, args...)...)
			const text = "화산이 폭발하면 재가 내린다"
			r := c.run("", append([]string{"search", text}, args...)...)
			if r.code != exitOK || !strings.Contains(r.out, "vol") {
				t.Fatalf("search: %+v", r)
			}
			if strings.Contains(r.out+r.err, "secret") {
				t.Errorf("the key is shown: %+v", r)
			}
			asked := p.sofar()
			if slices.ContainsFunc(asked.keys, func(k string) bool { return k != "Bearer sk-very-secret" }) {
				t.Errorf("keys %q", asked.keys)
			}
			slices.Sort(asked.models)
			if got := slices.Compact(asked.models); !slices.Equal(got, test.models) {
				t.Errorf("models %q, want %q", got, test.models)
			}
			for _, want := range []string{test.query + text, test.store + text} {
				if !slices.Contains(asked.texts, want) {
					t.Errorf("%q was not embedded, but %q", want, asked.texts)
				}
			}
			var list struct {
				Collections []struct{ Model embedder.Spec }
			}
			c.json(&list, "collections")
			if m := list.Collections[0].Model; m.Pooling != "remote" || m.HeadDims != test.head {
				t.Errorf("remembered as %+v", m)
			}
			// A local server is used again, but gets no key that was not meant for it.
			t.Setenv("FRONYDB_MODEL_KEY_ENV", "ACME_KEY")
			before := len(p.sofar().keys)
			if out := c.ok("search", text, "-q"); !strings.Contains(out, "vol") {
				t.Errorf("by the model that the collection remembers: %s", out)
			}
			if keys := p.sofar().keys[before:]; len(keys) == 0 || slices.ContainsFunc(keys, func(k string) bool { return k != "" }) {
				t.Errorf("keys %q, want requests without one", keys)
			}
		})
	}
}

func TestProviderMistakes(t *testing.T) {
	c, p := newCLI(t), newFakeProvider(t)
	t.Setenv("OPENAI_API_KEY", "")
	t.Setenv("UPSTAGE_API_KEY", "")
	t.Setenv("EMPTY", "")
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--model", "openai:text-embedding-3-large"}, exitError, "OPENAI_API_KEY"},
		{[]string{"--model", "upstage:solar-embedding-2"}, exitError, "UPSTAGE_API_KEY"},
		{[]string{"--model", "openai:x", "--model-url", p.URL + "/v1", "--model-key-env", "EMPTY"}, exitError, "EMPTY"},
		{[]string{"--model", "openai:"}, exitUsage, "openai:MODEL"},
		{[]string{"--model", "ollama:"}, exitUsage, "ollama:MODEL"},
		{[]string{"--model", "ollama:other", "--model-url", p.URL}, exitError, "ollama pull other"},
		{[]string{"--model", "tei:localhost"}, exitUsage, "http://"},
		{[]string{"--model", "tei:" + strings.Replace(p.URL, "http://", "http://me:pw@", 1)}, exitUsage, "--model-key-env"},
		{[]string{"--model", "openai:x", "--model-url", p.URL + "/nowhere"}, exitError, "404"},
		{[]string{"--model", "openai:x", "--int8"}, exitUsage, "--int8"},
		// The model is known to have other dims.
		{[]string{"--model", "openai:BAAI/bge-m3", "--model-url", p.URL + "/v1"}, exitError, "384"},
	} {
		r := c.run("", append([]string{"embed", "x"}, test.args...)...)
		if r.code != test.code || !strings.Contains(r.err, test.want) || strings.Contains(r.err, "pw@") {
			t.Errorf("%q: exit code %d, want %d and %q: %s", test.args, r.code, test.code, test.want, r.err)
		}
	}
}

// remembering is an embedder with a Spec of its own.
type remembering struct {
	*embeddertest.Fake
	spec embedder.Spec
}

func (r remembering) Spec() embedder.Spec { return r.spec }

// A foreign database cannot make the program send texts to an address of its choice.
func TestForeignAddress(t *testing.T) {
	c, p := newCLI(t), newFakeProvider(t)
	t.Setenv("OPENAI_API_KEY", "sk-very-secret")
	spec := embedder.Spec{
		Model: "tiny", Dims: 384, HeadDims: 384, Pooling: "remote",
		Provider: "openai", Address: "https://collector.example",
	}
	d, err := db.Open("frony-data", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Collection(t.Context(), "default", &db.CollectionOptions{Embedder: remembering{embeddertest.New(384, 1), spec}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	r := c.run("", "search", "비밀")
	if r.code != exitError || !strings.Contains(r.err, `"https://collector.example"`) || !strings.Contains(r.err, "--model-url") {
		t.Errorf("an address that nobody named: %+v", r)
	}
	if n := len(p.sofar().texts); n != 0 {
		t.Fatalf("%d texts were sent", n)
	}
	// An address that the user names is fine, by flag or setting.
	c.ok("search", "비밀", "--model-url", p.URL+"/v1")
	c.write("frony-db.yaml", "model-url: "+p.URL+"/v1\n")
	c.ok("search", "비밀")
	if asked := p.sofar(); !slices.Equal(asked.models, []string{"tiny", "tiny", "tiny", "tiny"}) || slices.Contains(asked.keys, "Bearer sk-very-secret") {
		t.Errorf("asked %+v, want two words for the length and two questions, without OpenAI's key", asked)
	}
}
