package server

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/fronyai/frony-db/server/keys"
)

// Hugging Face's Text Embeddings Inference protocol. prompt_name says the role,
// as in Sentence Transformers.
func (s *Server) teiRoutes() {
	s.handle("POST /embed", door{keys.Read, bodyWhole, shapeTEI, gateSearch}, http.HandlerFunc(s.teiEmbed))
	s.handle("GET /info", door{keys.Read, bodyNone, shapeTEI, gateNone}, http.HandlerFunc(s.teiInfo))
	s.handle("GET /health", door{keys.None, bodyNone, shapeTEI, gateNone}, http.HandlerFunc(s.readyz))
}

func (s *Server) teiEmbed(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Inputs     any    `json:"inputs"`
		PromptName string `json:"prompt_name"`
		Normalize  *bool  `json:"normalize"`
		Dimensions int    `json:"dimensions"`
	}
	if p := decode(r, &in); p != nil {
		writeProblem(w, r, p)
		return
	}
	texts, p := inputTexts(in.Inputs, "inputs")
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	as, ok := parseRole(in.PromptName)
	switch {
	case !ok:
		p = refuse(http.StatusUnprocessableEntity, "invalid_request", "prompt_name %.40q: want query or passage", in.PromptName)
	case in.Normalize != nil && !*in.Normalize:
		p = refuse(http.StatusUnprocessableEntity, "invalid_request", "normalize false: the embeddings of this model have unit length")
	}
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	vectors, p := s.vectors(r.Context(), as, texts, in.Dimensions)
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	writeJSON(w, http.StatusOK, vectors)
}

func (s *Server) teiInfo(w http.ResponseWriter, r *http.Request) {
	if s.embed == nil {
		writeProblem(w, r, refuse(http.StatusFailedDependency, "no_embedder", "this server was started without a model"))
		return
	}
	spec := s.embed.Spec()
	writeJSON(w, http.StatusOK, map[string]any{
		"model_id": spec.Model, "model_sha": spec.Revision, "model_dtype": "float32",
		"model_type":              map[string]any{"embedding": map[string]string{"pooling": spec.Pooling}},
		"max_input_length":        cmp.Or(spec.MaxTokens, s.opts.Limits.Text), // clients cut to it: 0 would leave nothing
		"max_client_batch_size":   s.opts.Limits.Inputs,
		"max_concurrent_requests": s.opts.Limits.Searches + s.opts.Limits.Queue,
		"auto_truncate":           true,
		"version":                 s.opts.Version,
	})
}

// shape is how a protocol says that something went wrong.
type shape uint8

const (
	shapeOwn      shape = iota // {"error": {"code", "message", …}}, which OpenAI's clients read too
	shapeWeaviate              // {"error": "…"}
	shapeTEI                   // {"error": "…", "error_type": "…"}
)

func (s shape) body(p *Problem) any {
	text := p.Detail.Message
	if p.Detail.Hint != "" {
		text += "; " + p.Detail.Hint
	}
	switch s {
	case shapeWeaviate:
		return map[string]string{"error": text}
	case shapeTEI:
		kind := "Backend"
		switch {
		case p.status == http.StatusTooManyRequests || p.status == http.StatusServiceUnavailable:
			kind = "Overloaded"
		case p.status == http.StatusFailedDependency:
			kind = "Unhealthy"
		case p.status < http.StatusInternalServerError:
			kind = "Validation"
			if strings.HasPrefix(p.Detail.Code, "no_key") || p.Detail.Code == "wrong_key" {
				kind = "Unauthorized"
			}
		}
		return map[string]string{"error": text, "error_type": kind}
	default:
		return p
	}
}
