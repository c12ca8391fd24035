package server

import (
	"net/http"

	"github.com/fronyai/frony-db/server/keys"
)

// Weaviate's text2vec-transformers protocol, as its Go client speaks it: no
// Content-Type, fields of the answer sent along in the request, dims read
// where the reference writes dim, and redirects not followed, so that both
// /vectors and /vectors/ are routes.
func (s *Server) weaviateRoutes() {
	for _, path := range []string{"POST /vectors", "POST /vectors/{$}"} {
		s.handle(path, door{keys.Read, bodyWhole, shapeWeaviate, gateSearch}, http.HandlerFunc(s.weaviateVectors))
	}
	s.handle("GET /meta", door{keys.Read, bodyNone, shapeWeaviate, gateNone}, http.HandlerFunc(s.weaviateMeta))
	for _, path := range []string{"GET /.well-known/live", "GET /.well-known/ready"} {
		s.handle(path, door{keys.None, bodyNone, shapeWeaviate, gateNone}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/.well-known/ready" && s.state.Load() != stateReady {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}))
	}
}

func (s *Server) weaviateVectors(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text   string `json:"text"`
		Config struct {
			TaskType   string `json:"task_type"`
			Dimensions int    `json:"dimensions"`
		} `json:"config"`
	}
	if p := decode(r, &in); p != nil {
		writeProblem(w, r, p)
		return
	}
	as, ok := parseRole(in.Config.TaskType)
	if !ok {
		writeProblem(w, r, refuse(http.StatusBadRequest, "invalid_request", "task_type %.40q: want passage or query", in.Config.TaskType))
		return
	}
	vectors, p := s.vectors(r.Context(), as, []string{in.Text}, in.Config.Dimensions)
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"text": in.Text, "vector": vectors[0], "dim": len(vectors[0]), "dims": len(vectors[0]),
	})
}

func (s *Server) weaviateMeta(w http.ResponseWriter, _ *http.Request) {
	meta := map[string]any{"version": s.opts.Version}
	if s.embed != nil {
		spec := s.embed.Spec()
		meta["model"] = map[string]any{
			"name": spec.Model, "revision": spec.Revision, "hidden_size": spec.Dims,
			"dims": spec.Dims, "head_dims": spec.HeadDims, "fingerprint": spec.Fingerprint(),
		}
		meta["model_path"] = spec.Model
	}
	writeJSON(w, http.StatusOK, meta)
}
