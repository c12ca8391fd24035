package server

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// role says what a text is to the model. The zero value is a passage.
type role uint8

const (
	passage role = iota
	query
)

// parseRole reads the names that clients have for the roles.
func parseRole(name string) (role, bool) {
	switch strings.ToLower(name) {
	case "", "passage", "document", "search_document":
		return passage, true
	case "query", "search_query":
		return query, true
	}
	return passage, false
}

// vectors embeds texts, []float32 of length dims each, unit length. dims is 0
// for the model's, or its Matryoshka head.
func (s *Server) vectors(ctx context.Context, as role, texts []string, dims int) ([][]float32, *Problem) {
	if s.embed == nil {
		return nil, refuse(http.StatusBadRequest, "no_embedder", "this server was started without a model").
			hint("start it with --model")
	}
	if p := over("texts", len(texts), s.opts.Limits.Inputs, "input"); p != nil {
		return nil, p
	}
	for i, t := range texts {
		if t == "" {
			return nil, refuse(http.StatusBadRequest, "invalid_text", "text %d is empty", i).at("input")
		}
		if p := s.checkText(t, "input"); p != nil {
			return nil, p
		}
	}
	spec := s.embed.Spec()
	if dims != 0 && dims != spec.Dims && dims != spec.HeadDims {
		return nil, refuse(http.StatusBadRequest, "invalid_dimensions", "%d dimensions: the model has %d, or the first %d of them",
			dims, spec.Dims, spec.HeadDims).at("dimensions")
	}
	start := time.Now()
	out, err := s.embedAs(ctx, as, texts)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	s.span(ctx, "embed", start, time.Now(), attribute.Int("frony.texts", len(texts)))
	if dims != 0 && dims < spec.Dims {
		for i := range out {
			out[i] = head(out[i], dims)
		}
	}
	return out, nil
}

func (s *Server) embedAs(ctx context.Context, as role, texts []string) ([][]float32, error) {
	if as == passage {
		return s.embed.EmbedPassages(ctx, texts)
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		var err error
		if out[i], err = s.embed.EmbedQuery(ctx, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// head is the first dims of v at unit length. A head without length stays as
// it is: it has no direction to keep.
func head(v []float32, dims int) []float32 {
	h := slices.Clone(v[:dims])
	var sum float64
	for _, x := range h {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return h
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range h {
		h[i] *= scale
	}
	return h
}
