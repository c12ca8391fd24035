package server

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/server/keys"
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
	Object string `json:"object" enum:"list"`
	Data   []struct {
		Object    string `json:"object" enum:"embedding"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding" doc:"A list of numbers, or base64"`
	} `json:"data"`
	Model string `json:"model"`
	Usage struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	} `json:"usage" doc:"Always 0: tokens are not counted"`
}

// The names of the model that also say the role.
const (
	passageModel = "frony-passage"
	queryModel   = "frony-query"
)

func (s *Server) openAIRoutes() {
	s.handle("POST /v1/embeddings", door{keys.Read, bodyWhole, shapeOwn, gateSearch}, http.HandlerFunc(s.openAIEmbeddings))
	s.handle("GET /v1/models", door{keys.Read, bodyNone, shapeOwn, gateNone}, http.HandlerFunc(s.openAIModels))
	s.handle("GET /v1/models/{model...}", door{keys.Read, bodyNone, shapeOwn, gateNone}, http.HandlerFunc(s.openAIModel))
	schemas := s.api.OpenAPI().Components.Schemas
	text := func(t reflect.Type) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(t, true, "")}}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "embeddings", Method: http.MethodPost, Path: "/v1/embeddings", Tags: []string{"embeddings"},
		Summary:     "Embed texts, in OpenAI's protocol",
		Description: "Texts are embedded as passages unless input_type or the model's name says query. Unknown fields are ignored.\n\nNeeds a key with the role read.",
		RequestBody: &huma.RequestBody{Required: true, Content: text(reflect.TypeFor[EmbeddingsRequest]())},
		Responses: map[string]*huma.Response{
			"200":     {Description: "One embedding per text, in order", Content: text(reflect.TypeFor[EmbeddingsAnswer]())},
			"default": {Description: "What went wrong", Content: text(reflect.TypeFor[Problem]())},
		},
	})
}

func (s *Server) openAIEmbeddings(w http.ResponseWriter, r *http.Request) {
	var in EmbeddingsRequest
	if p := decode(r, &in); p != nil {
		writeProblem(w, r, p)
		return
	}
	texts, p := inputTexts(in.Input, "input")
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	as, p := s.openAIRole(&in)
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	if in.Format != "" && in.Format != "float" && in.Format != "base64" {
		writeProblem(w, r, refuse(http.StatusBadRequest, "invalid_request", "encoding_format %.40q: want float or base64", in.Format).at("encoding_format"))
		return
	}
	vectors, p := s.vectors(r.Context(), as, texts, in.Dimensions)
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	type item struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	data := make([]item, len(vectors))
	for i, v := range vectors {
		data[i] = item{"embedding", i, v}
		if in.Format == "base64" {
			data[i].Embedding = encodeVector(v)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"object": "list", "data": data, "model": s.embed.Spec().Model,
		"usage": map[string]int{"prompt_tokens": 0, "total_tokens": 0},
	})
}

// openAIRole decides what the texts are. A name of a model that is not here is
// an error, as it is at OpenAI: an answer of another model would look right.
func (s *Server) openAIRole(in *EmbeddingsRequest) (role, *Problem) {
	as, ok := parseRole(in.InputType)
	if !ok {
		return 0, refuse(http.StatusBadRequest, "invalid_request", "input_type %.40q: want passage or query", in.InputType).at("input_type")
	}
	switch in.Model {
	case "", "frony":
		return as, nil
	case passageModel, queryModel:
		named := passage
		if in.Model == queryModel {
			named = query
		}
		if in.InputType != "" && named != as {
			return 0, refuse(http.StatusBadRequest, "invalid_request", "the model %s and the input_type %s contradict each other", in.Model, in.InputType).at("input_type")
		}
		return named, nil
	}
	if s.embed != nil && in.Model == s.embed.Spec().Model {
		return as, nil
	}
	return 0, refuse(http.StatusNotFound, "model_not_found", "the model %.100q is not here", in.Model).at("model").
		hint("use frony-passage or frony-query; GET /v1/models lists all names")
}

func (s *Server) modelNames() []string {
	if s.embed == nil {
		return []string{}
	}
	return []string{passageModel, queryModel, s.embed.Spec().Model}
}

func modelJSON(name string) map[string]any {
	return map[string]any{"id": name, "object": "model", "created": 0, "owned_by": "frony-db"}
}

func (s *Server) openAIModels(w http.ResponseWriter, _ *http.Request) {
	data := []any{}
	for _, name := range s.modelNames() {
		data = append(data, modelJSON(name))
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

func (s *Server) openAIModel(w http.ResponseWriter, r *http.Request) {
	for _, name := range s.modelNames() {
		if name == r.PathValue("model") {
			writeJSON(w, http.StatusOK, modelJSON(name))
			return
		}
	}
	writeProblem(w, r, refuse(http.StatusNotFound, "model_not_found", "the model is not here").at("model"))
}

// decode reads a body of a foreign protocol: clients send fields that the
// protocol does not have, and no Content-Type, and are understood.
func decode(r *http.Request, v any) *Problem {
	err := json.NewDecoder(r.Body).Decode(v)
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return refuse(http.StatusBadRequest, "invalid_request", "%s can't be a %s", cmp.Or(e.Field, "the body"), e.Value).at(e.Field)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "invalid_json", "%s", err)
	}
	return nil
}

// inputTexts reads a text or a list of texts.
func inputTexts(v any, param string) ([]string, *Problem) {
	bad := refuse(http.StatusBadRequest, "invalid_request", "a text or a list of texts is wanted").at(param)
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case []any:
		if len(v) == 0 {
			return nil, bad
		}
		texts := make([]string, len(v))
		for i, x := range v {
			t, ok := x.(string)
			if !ok {
				return nil, bad.hint("lists of tokens are not taken: they mean something to one tokenizer only")
			}
			texts[i] = t
		}
		return texts, nil
	}
	return nil, bad
}

func encodeVector(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}
