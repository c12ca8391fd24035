package compat

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/http"

	"github.com/fronyai/frony-db/server/problem"
)

// EmbeddingsRequest is OpenAI's request for embeddings, with the role added.
type EmbeddingsRequest struct {
	Model      string `json:"model,omitempty" doc:"The model's name, or frony-passage or frony-query, which also say the role" example:"frony-passage"`
	Input      any    `json:"input" doc:"A text, or a list of texts"`
	Dimensions int    `json:"dimensions,omitempty" doc:"The model's, or its Matryoshka head: 384 or 192" example:"192"`
	Format     string `json:"encoding_format,omitempty" enum:"float,base64" doc:"base64 is of float32, little-endian"`
	InputType  string `json:"input_type,omitempty" doc:"What the texts are: passage (or document), which is the default, or query"`
	User       string `json:"user,omitempty" doc:"Ignored"`
}

// EmbeddingsAnswer is OpenAI's answer.
type EmbeddingsAnswer struct {
	Object string      `json:"object" enum:"list"`
	Data   []Embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  Usage       `json:"usage" doc:"Tokens that the model read; 0 if it is behind an API that does not tell"`
}

// Embedding is one of the embeddings in an answer.
type Embedding struct {
	Object    string `json:"object" enum:"embedding"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding" doc:"A list of numbers, or base64"`
}

// Usage counts tokens.
type Usage struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

// The names of the model that also say the role.
const (
	passageModel = "frony-passage"
	queryModel   = "frony-query"
)

// openAI is OpenAI's protocol. Its clients read failures in the server's own shape.
type openAI struct{ *Host }

func (h openAI) routes() []Route {
	return []Route{
		{Pattern: "POST /v1/embeddings", Embeds: true, Handler: func(w http.ResponseWriter, r *http.Request) { h.embeddings(w, r, h.role) }},
		{Pattern: "GET /v1/models", Handler: h.models},
		{Pattern: "GET /v1/models/{model...}", Handler: h.model},
	}
}

func (h openAI) embeddings(w http.ResponseWriter, r *http.Request, role func(*EmbeddingsRequest) (Role, *problem.Problem)) {
	var in EmbeddingsRequest
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	texts, p := inputTexts(in.Input, "input")
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	as, p := role(&in)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	if in.Format != "" && in.Format != "float" && in.Format != "base64" {
		h.Fail(w, r, problem.Refuse(http.StatusBadRequest, "invalid_request", "encoding_format %.40q: want float or base64", in.Format).At("encoding_format"))
		return
	}
	vectors, p := h.Embed(r.Context(), as, texts, in.Dimensions)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	out := EmbeddingsAnswer{Object: "list", Data: make([]Embedding, len(vectors)), Model: h.Spec.Model}
	out.Usage.Prompt = h.count(texts)
	out.Usage.Total = out.Usage.Prompt
	for i, v := range vectors {
		out.Data[i] = Embedding{"embedding", i, v}
		if in.Format == "base64" {
			out.Data[i].Embedding = encodeVector(v)
		}
	}
	h.Answer(w, http.StatusOK, out)
}

// role decides what the texts are. A name of a model that is not here is
// an error, as it is at OpenAI: an answer of another model would look right.
func (h openAI) role(in *EmbeddingsRequest) (Role, *problem.Problem) {
	as, ok := parseRole(in.InputType)
	if !ok {
		return 0, problem.Refuse(http.StatusBadRequest, "invalid_request", "input_type %.40q: want passage or query", in.InputType).At("input_type")
	}
	switch in.Model {
	case "", "frony":
		return as, nil
	case passageModel, queryModel:
		named := Passage
		if in.Model == queryModel {
			named = Query
		}
		if in.InputType != "" && named != as {
			return 0, problem.Refuse(http.StatusBadRequest, "invalid_request", "the model %s and the input_type %s contradict each other", in.Model, in.InputType).At("input_type")
		}
		return named, nil
	}
	if h.Spec != nil && in.Model == h.Spec.Model {
		return as, nil
	}
	return 0, problem.Refuse(http.StatusNotFound, "model_not_found", "the model %.100q is not here", in.Model).At("model").
		Hint("use frony-passage or frony-query; GET /v1/models lists all names")
}

func (h openAI) names() []string {
	if h.Spec == nil {
		return []string{}
	}
	return []string{passageModel, queryModel, h.Spec.Model}
}

func modelJSON(name string) map[string]any {
	return map[string]any{"id": name, "object": "model", "created": 0, "owned_by": "frony-db"}
}

func (h openAI) models(w http.ResponseWriter, _ *http.Request) {
	data := []any{}
	for _, name := range h.names() {
		data = append(data, modelJSON(name))
	}
	h.Answer(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

func (h openAI) model(w http.ResponseWriter, r *http.Request) {
	for _, name := range h.names() {
		if name == r.PathValue("model") {
			h.Answer(w, http.StatusOK, modelJSON(name))
			return
		}
	}
	h.Fail(w, r, problem.Refuse(http.StatusNotFound, "model_not_found", "the model is not here").At("model"))
}

func encodeVector(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}
