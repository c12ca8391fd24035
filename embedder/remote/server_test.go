package remote

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// server plays all four providers. Its embedding of a text depends on the text
// and on the model or prompt, so that a test can tell what was asked.
type server struct {
	*httptest.Server
	dims int

	mu       sync.Mutex
	requests []request
	faults   []http.HandlerFunc // each spoils one embedding request, in order
}

// request is what one embedding request asked.
type request struct {
	path, auth string
	body       map[string]any
	texts      []string
}

func newServer(t *testing.T, dims int) *server {
	t.Helper()
	s := &server{dims: dims}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", s.openAI)
	mux.HandleFunc("POST /embed", s.tei)
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"model_id":"acme/embed","model_sha":"c0ffee","max_input_length":512,"max_client_batch_size":3}`)
	})
	mux.HandleFunc("POST /api/embed", s.ollama)
	mux.HandleFunc("GET /api/tags", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"models":[{"name":"other:latest","digest":"d0"},{"name":"bge-m3:latest","digest":"d1"}]}`)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// options ask this server.
func (s *server) options(p Provider) Options {
	o := Options{Provider: p, BaseURL: s.URL, Model: "bge-m3"}
	switch p {
	case OpenAI, Upstage:
		o.BaseURL += "/v1"
	case TEI:
		o.Model = "acme/embed"
	case Ollama:
	}
	return o
}

// spoil makes the next embedding requests fail.
func (s *server) spoil(faults ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// asked returns the requests so far, and forgets them.
func (s *server) asked() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests
	s.requests = nil
	return r
}

// read notes a request; nil means that a fault has answered it.
func (s *server) read(w http.ResponseWriter, r *http.Request, field string) *request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	req := request{path: r.URL.Path, auth: r.Header.Get("Authorization")}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&req.body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil
	}
	for _, text := range req.body[field].([]any) {
		req.texts = append(req.texts, text.(string))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, req)
	if len(s.faults) > 0 {
		fault := s.faults[0]
		s.faults = s.faults[1:]
		fault(w, r)
		return nil
	}
	return &req
}

// vector is the embedding of a text asked of a model, not normalised.
func (s *server) vector(model any, text string, body map[string]any) vector {
	dims := s.dims
	if d, ok := body["dimensions"].(float64); ok {
		dims = int(d)
	}
	v := make(vector, dims)
	for i := range v {
		v[i] = 1
	}
	for i, b := range []byte(fmt.Sprint(model, "|", text)) {
		v[i%dims] += float32(b) * float32(i+1) / 100
	}
	return v
}

// want is what an Embedder is to make of it.
func (s *server) want(model any, text string) []float32 {
	v := s.vector(model, text, nil)
	norm := 0.0
	for _, x := range v {
		norm += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(norm))
	}
	return v
}

func reply(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (s *server) openAI(w http.ResponseWriter, r *http.Request) {
	req := s.read(w, r, "input")
	if req == nil {
		return
	}
	var data []map[string]any
	for i, text := range req.texts {
		v := s.vector(req.body["model"], text, req.body)
		item := map[string]any{"object": "embedding", "index": i, "embedding": []float32(v)}
		if req.body["encoding_format"] == "base64" || i%2 == 1 {
			item["embedding"] = encode(v)
		}
		data = append(data, item)
	}
	slices.Reverse(data) // the order is by index, not by place
	reply(w, map[string]any{"data": data})
}

func (s *server) tei(w http.ResponseWriter, r *http.Request) {
	req := s.read(w, r, "inputs")
	if req == nil {
		return
	}
	var out []vector
	for _, text := range req.texts {
		out = append(out, s.vector(req.body["prompt_name"], text, req.body))
	}
	reply(w, out)
}

func (s *server) ollama(w http.ResponseWriter, r *http.Request) {
	req := s.read(w, r, "input")
	if req == nil {
		return
	}
	var out []vector
	for _, text := range req.texts {
		out = append(out, s.vector(req.body["model"], text, req.body))
	}
	reply(w, map[string]any{"embeddings": out})
}

// Faults.

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", strconv.Itoa(1000))
	fmt.Fprint(w, `{"data":[`)
	panic(http.ErrAbortHandler)
}

// encode is the base64 form of a vector.
func encode(v []float32) string {
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}
