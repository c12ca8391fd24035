package compat

import (
	"net/http"
	"strings"
	"time"

	"github.com/fronyai/frony-db/server/problem"
)

// ollama is Ollama's protocol, as far as it is about embeddings. Its names of models
// may end in ":latest".
type ollama struct{ *Host }

func (h ollama) routes() []Route {
	return []Route{
		{Pattern: "POST /api/embed", Embeds: true, Shape: ollamaFailure, Handler: h.embed},
		{Pattern: "GET /api/tags", Shape: ollamaFailure, Handler: h.tags},
	}
}

func (h ollama) embed(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	var in struct {
		Model      string `json:"model"`
		Input      any    `json:"input"`
		Dimensions int    `json:"dimensions"`
	}
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	texts, p := inputTexts(in.Input, "input")
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	as, p := openAI(h).role(&EmbeddingsRequest{Model: strings.TrimSuffix(in.Model, ":latest")})
	if p != nil {
		h.Fail(w, r, p.Hint("use frony-passage or frony-query; GET /api/tags lists all names"))
		return
	}
	vectors, p := h.Embed(r.Context(), as, texts, in.Dimensions)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, http.StatusOK, map[string]any{
		"model": in.Model, "embeddings": vectors, "prompt_eval_count": h.count(texts),
		"total_duration": time.Since(began).Nanoseconds(), "load_duration": 0,
	})
}

func (h ollama) tags(w http.ResponseWriter, _ *http.Request) {
	models := []any{}
	for _, name := range openAI(h).names() {
		models = append(models, map[string]any{
			"name": name + ":latest", "model": name + ":latest", "modified_at": time.Unix(0, 0).UTC(), "size": 0, "digest": h.Spec.Fingerprint(),
			"details": map[string]any{
				"format": "", "family": "embedding", "families": []string{"embedding"}, "parameter_size": "", "quantization_level": "", "parent_model": "",
			},
		})
	}
	h.Answer(w, http.StatusOK, map[string]any{"models": models})
}

// ollamaFailure is {"error": "…"}.
func ollamaFailure(p *problem.Problem) any { return map[string]string{"error": p.Text()} }
