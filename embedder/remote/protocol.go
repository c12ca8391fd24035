package remote

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// role is what a text is embedded as.
type role int

const (
	passage role = iota
	query
)

// protocol is how one kind of provider is spoken to.
type protocol interface {
	// describe asks the server about its model, and fills in the options from the
	// answer.
	describe(ctx context.Context, o *Options) (revision string, err error)
	// embed sends one request. Vectors are in the order of the texts.
	embed(ctx context.Context, r role, texts []string) ([]vector, error)
}

func newProtocol(c *client, o *Options) protocol {
	switch o.Provider {
	case TEI:
		return &tei{c, o}
	case Ollama:
		return &ollama{c, o}
	case OpenAI, Upstage:
	}
	return &openAI{c, o}
}

func (o *Options) model(r role) string {
	if r == query {
		return o.QueryModel
	}
	return o.Model
}

// openAI speaks to OpenAI, Upstage and compatible servers.
type openAI struct {
	*client
	o *Options
}

type openAIVector struct {
	Index     int    `json:"index"`
	Embedding vector `json:"embedding"`
}

func (p *openAI) describe(context.Context, *Options) (string, error) { return "", nil }

func (p *openAI) embed(ctx context.Context, r role, texts []string) ([]vector, error) {
	in := struct {
		Model    string   `json:"model"`
		Input    []string `json:"input"`
		Encoding string   `json:"encoding_format,omitempty"`
		Dims     int      `json:"dimensions,omitempty"`
	}{p.o.model(r), texts, "", p.o.Shorten}
	if p.baseURL == known[OpenAI].baseURL {
		in.Encoding = "base64" // other servers may not support it
	}
	var out struct {
		Data []openAIVector `json:"data"`
	}
	if err := p.call(ctx, http.MethodPost, "/embeddings", in, &out); err != nil {
		return nil, err
	}
	// The order is that of the index, which some servers omit.
	indexed := slices.ContainsFunc(out.Data, func(v openAIVector) bool { return v.Index != 0 })
	vectors := make([]vector, len(out.Data))
	for i, d := range out.Data {
		if indexed {
			i = d.Index
		}
		if i < 0 || i >= len(vectors) || vectors[i] != nil {
			return nil, fmt.Errorf("%s: %w: index %d of %d vectors", p.provider, ErrReply, i, len(vectors))
		}
		vectors[i] = d.Embedding
	}
	return vectors, nil
}

// tei speaks to Text Embeddings Inference.
type tei struct {
	*client
	o *Options
}

func (p *tei) describe(ctx context.Context, o *Options) (string, error) {
	var info struct {
		Model  string `json:"model_id"`
		SHA    string `json:"model_sha"`
		Tokens int    `json:"max_input_length"`
		Batch  int    `json:"max_client_batch_size"`
	}
	if err := p.call(ctx, http.MethodGet, "/info", nil, &info); err != nil {
		return "", err
	}
	if o.Model != "" && info.Model != o.Model {
		return "", fmt.Errorf("%s: %w: the server runs %q, not %q", p.provider, ErrModel, info.Model, o.Model)
	}
	o.Model = info.Model
	if o.MaxTokens == 0 {
		o.MaxTokens = info.Tokens
	}
	if info.Batch > 0 {
		o.BatchTexts = info.Batch
	}
	return info.SHA, nil
}

func (p *tei) embed(ctx context.Context, r role, texts []string) ([]vector, error) {
	in := struct {
		Inputs    []string `json:"inputs"`
		Truncate  bool     `json:"truncate"`
		Normalize bool     `json:"normalize"`
		Prompt    string   `json:"prompt_name,omitempty"`
		Dims      int      `json:"dimensions,omitempty"`
	}{texts, true, true, p.o.PassagePrompt, p.o.Shorten}
	if r == query {
		in.Prompt = p.o.QueryPrompt
	}
	var out []vector
	return out, p.call(ctx, http.MethodPost, "/embed", in, &out)
}

// ollama speaks to Ollama.
type ollama struct {
	*client
	o *Options
}

// describe finds the model's digest: a name such as "bge-m3:latest" may mean
// another model tomorrow.
func (p *ollama) describe(ctx context.Context, o *Options) (string, error) {
	var tags struct {
		Models []struct {
			Name   string `json:"name"`
			Digest string `json:"digest"`
		} `json:"models"`
	}
	if err := p.call(ctx, http.MethodGet, "/api/tags", nil, &tags); err != nil {
		return "", err
	}
	for _, m := range tags.Models {
		if m.Name == o.Model || m.Name == o.Model+":latest" {
			return m.Digest, nil
		}
	}
	return "", fmt.Errorf("%s: %w: %q is not on the server (run: ollama pull %s)", p.provider, ErrModel, o.Model, o.Model)
}

func (p *ollama) embed(ctx context.Context, r role, texts []string) ([]vector, error) {
	in := struct {
		Model    string   `json:"model"`
		Input    []string `json:"input"`
		Truncate bool     `json:"truncate"`
		Dims     int      `json:"dimensions,omitempty"`
	}{p.o.model(r), texts, true, p.o.Shorten}
	var out struct {
		Embeddings []vector `json:"embeddings"`
	}
	err := p.call(ctx, http.MethodPost, "/api/embed", in, &out)
	return out.Embeddings, err
}
