package server

import (
	"cmp"
	"math"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/server/compat"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// compatRoutes adds the endpoints of other servers' protocols.
func (s *Server) compatRoutes() {
	l := &s.opts.Limits
	h := &compat.Host{
		Version: s.opts.Version,
		MaxText: l.Text, MaxTexts: l.Inputs, MaxConcurrent: l.Searches + l.Queue,
		Tokens: embedder.Tokens(s.embed), Check: s.checkInputs, Embed: s.vectors, Ready: s.readyz, IsReady: func() bool { return s.state.Load() == stateReady },
		Answer: writeJSON, Fail: writeProblem,
	}
	if count := embedder.Counter(s.embed); s.embed != nil && count != nil {
		most := cmp.Or(s.embed.Spec().MaxTokens, math.MaxInt)
		h.Count = func(texts []string) (n int) {
			for _, t := range texts {
				n += min(count(t), most) // it reads no more
			}
			return n
		}
	}
	if s.embed != nil {
		spec := s.embed.Spec()
		h.Spec = &spec
	}
	for _, r := range compat.Routes(h) {
		e := endpoint{role: keys.Read, shape: r.Shape}
		if r.Open {
			e.role = keys.None
		}
		if r.Embeds {
			e.body, e.slot = bodyWhole, slotSearch
		}
		s.handle(r.Pattern, e, r.Handler)
	}
	s.describeEmbeddings()
}

// describeEmbeddings adds OpenAI's endpoint to the API's description.
func (s *Server) describeEmbeddings() {
	schemas := s.api.OpenAPI().Components.Schemas
	text := func(t reflect.Type) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(t, true, "")}}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "embeddings", Method: http.MethodPost, Path: "/v1/embeddings", Tags: []string{"embeddings"},
		Summary:     "Embed texts, in OpenAI's protocol",
		Description: "Texts are embedded as passages unless input_type or the model's name says query. Unknown fields are ignored.\n\nNeeds a key with the role read.",
		RequestBody: &huma.RequestBody{Required: true, Content: text(reflect.TypeFor[compat.EmbeddingsRequest]())},
		Responses: map[string]*huma.Response{
			"200":     {Description: "One embedding per text, in order", Content: text(reflect.TypeFor[compat.EmbeddingsAnswer]())},
			"default": {Description: "What went wrong", Content: text(reflect.TypeFor[problem.Problem]())},
		},
	})
}
