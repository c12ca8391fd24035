package compat

import (
	"cmp"
	"net/http"

	"github.com/fronyai/frony-db/server/problem"
)

// tei is the protocol of Hugging Face's Text Embeddings Inference. prompt_name is
// the role, as in Sentence Transformers.
type tei struct{ *Host }

func (h tei) routes() []Route {
	return []Route{
		{Pattern: "POST /embed", Embeds: true, Shape: teiFailure, Handler: h.embed},
		{Pattern: "POST /{$}", Embeds: true, Shape: teiFailure, Handler: h.embed},
		{Pattern: "POST /embeddings", Embeds: true, Handler: h.embeddings},
		{Pattern: "POST /similarity", Embeds: true, Shape: teiFailure, Handler: h.similarity},
		{Pattern: "POST /tokenize", Embeds: true, Shape: teiFailure, Handler: h.tokenize},
		{Pattern: "GET /info", Shape: teiFailure, Handler: h.info},
		{Pattern: "GET /health", Open: true, Shape: teiFailure, Handler: h.Ready},
	}
}

func (h tei) embed(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Inputs     any    `json:"inputs"`
		PromptName string `json:"prompt_name"`
		Normalize  *bool  `json:"normalize"`
		Dimensions int    `json:"dimensions"`
	}
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	texts, p := inputTexts(in.Inputs, "inputs")
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	as, ok := parseRole(in.PromptName)
	switch {
	case !ok:
		p = problem.Refuse(http.StatusUnprocessableEntity, "invalid_request", "prompt_name %.40q: want query or passage", in.PromptName)
	case in.Normalize != nil && !*in.Normalize:
		p = problem.Refuse(http.StatusUnprocessableEntity, "invalid_request", "normalize false: the embeddings of this model have unit length")
	}
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	vectors, p := h.Embed(r.Context(), as, texts, in.Dimensions)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, http.StatusOK, vectors)
}

// embeddings is OpenAI's request at TEI's path. The model's name is not looked at, as
// in TEI: there is one.
func (h tei) embeddings(w http.ResponseWriter, r *http.Request) {
	o := openAI(h)
	o.embeddings(w, r, func(in *EmbeddingsRequest) (Role, *problem.Problem) {
		if in.Model != passageModel && in.Model != queryModel {
			in.Model = ""
		}
		return o.role(in)
	})
}

// similarity compares a sentence with others, all in one role.
func (h tei) similarity(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Inputs struct {
			Source    string   `json:"source_sentence"`
			Sentences []string `json:"sentences"`
		} `json:"inputs"`
		Parameters struct {
			PromptName string `json:"prompt_name"`
		} `json:"parameters"`
	}
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	as, ok := parseRole(in.Parameters.PromptName)
	switch {
	case !ok:
		h.Fail(w, r, problem.Refuse(http.StatusUnprocessableEntity, "invalid_request", "prompt_name %.40q: want query or passage", in.Parameters.PromptName))
		return
	case len(in.Inputs.Sentences) == 0:
		h.Fail(w, r, problem.Refuse(http.StatusUnprocessableEntity, "invalid_request", "inputs.sentences is empty: want texts to compare with inputs.source_sentence"))
		return
	}
	vectors, p := h.Embed(r.Context(), as, append([]string{in.Inputs.Source}, in.Inputs.Sentences...), 0)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	scores := make([]float32, len(in.Inputs.Sentences))
	for i, v := range vectors[1:] {
		for j, x := range v {
			scores[i] += x * vectors[0][j]
		}
	}
	h.Answer(w, http.StatusOK, scores)
}

// token is TEI's SimpleToken. Places are in characters.
type token struct {
	ID      int32  `json:"id"`
	Text    string `json:"text"`
	Special bool   `json:"special"`
	Start   int    `json:"start"`
	Stop    int    `json:"stop"`
}

// tokenize tells the tokens of texts. The embedded model has no special ones, so
// add_special_tokens changes nothing.
func (h tei) tokenize(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Inputs any `json:"inputs"`
	}
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	texts, p := inputTexts(in.Inputs, "inputs")
	switch {
	case p != nil:
	case h.Tokens == nil:
		p = problem.Refuse(http.StatusFailedDependency, "no_tokenizer", "the model of this server does not tell where the tokens of a text are").
			Hint("the embedded model does: start the server with --model builtin")
	default:
		p = h.Check(texts)
	}
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	out := make([][]token, len(texts))
	for i, text := range texts {
		out[i] = []token{}
		for _, t := range h.Tokens(text) {
			out[i] = append(out[i], token{ID: t.ID, Text: t.Text, Start: t.Start, Stop: t.End})
		}
	}
	h.Answer(w, http.StatusOK, out)
}

func (h tei) info(w http.ResponseWriter, r *http.Request) {
	if h.Spec == nil {
		h.Fail(w, r, problem.Refuse(http.StatusFailedDependency, "no_embedder", "this server was started without a model"))
		return
	}
	h.Answer(w, http.StatusOK, map[string]any{
		"model_id": h.Spec.Model, "model_sha": h.Spec.Revision, "model_dtype": "float32",
		"model_type":              map[string]any{"embedding": map[string]string{"pooling": h.Spec.Pooling}},
		"max_input_length":        cmp.Or(h.Spec.MaxTokens, h.MaxText), // clients cut to it: 0 would leave nothing
		"max_client_batch_size":   h.MaxTexts,
		"max_concurrent_requests": h.MaxConcurrent,
		"auto_truncate":           true,
		"version":                 h.Version,
	})
}

// teiFailure is {"error": "…", "error_type": "…"}.
func teiFailure(p *problem.Problem) any {
	kind := "Backend"
	switch status := p.GetStatus(); {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		kind = "Overloaded"
	case status == http.StatusFailedDependency:
		kind = "Unhealthy"
	case status == http.StatusUnauthorized:
		kind = "Unauthorized"
	case status < http.StatusInternalServerError:
		kind = "Validation"
	}
	return map[string]string{"error": p.Text(), "error_type": kind}
}
