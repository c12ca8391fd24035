package compat

import (
	"net/http"

	"github.com/fronyai/frony-db/server/problem"
)

// weaviate is the protocol of Weaviate's text2vec-transformers, as its Go client
// speaks it: without a Content-Type, with fields of the answer in the request, with
// dims where the reference has dim. It follows no redirects, so both /vectors and
// /vectors/ are routes.
type weaviate struct{ *Host }

func (h weaviate) routes() []Route {
	return []Route{
		{Pattern: "POST /vectors", Embeds: true, Shape: weaviateFailure, Handler: h.vectors},
		{Pattern: "POST /vectors/{$}", Embeds: true, Shape: weaviateFailure, Handler: h.vectors},
		{Pattern: "GET /meta", Shape: weaviateFailure, Handler: h.meta},
		{Pattern: "GET /.well-known/live", Open: true, Shape: weaviateFailure, Handler: h.live},
		{Pattern: "GET /.well-known/ready", Open: true, Shape: weaviateFailure, Handler: h.ready},
	}
}

func (h weaviate) live(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func (h weaviate) ready(w http.ResponseWriter, _ *http.Request) {
	if !h.IsReady() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h weaviate) vectors(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text   string `json:"text"`
		Config struct {
			TaskType   string `json:"task_type"`
			Dimensions int    `json:"dimensions"`
		} `json:"config"`
	}
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	as, ok := parseRole(in.Config.TaskType)
	if !ok {
		h.Fail(w, r, problem.Refuse(http.StatusBadRequest, "invalid_request", "task_type %.40q: want passage or query", in.Config.TaskType))
		return
	}
	vectors, p := h.Embed(r.Context(), as, []string{in.Text}, in.Config.Dimensions)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, http.StatusOK, map[string]any{
		"text": in.Text, "vector": vectors[0], "dim": len(vectors[0]), "dims": len(vectors[0]),
	})
}

func (h weaviate) meta(w http.ResponseWriter, _ *http.Request) {
	meta := map[string]any{"version": h.Version}
	if h.Spec != nil {
		meta["model"] = map[string]any{
			"name": h.Spec.Model, "revision": h.Spec.Revision, "hidden_size": h.Spec.Dims,
			"dims": h.Spec.Dims, "head_dims": h.Spec.HeadDims, "fingerprint": h.Spec.Fingerprint(),
		}
		meta["model_path"] = h.Spec.Model
	}
	h.Answer(w, http.StatusOK, meta)
}

// weaviateFailure is {"error": "…"}.
func weaviateFailure(p *problem.Problem) any { return map[string]string{"error": p.Text()} }
