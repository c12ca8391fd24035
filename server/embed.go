package server

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/server/compat"
	"github.com/fronyai/frony-db/server/problem"
)

// vectors embeds texts: []float32 of length dims each, L2-normalised. dims is the
// model's, or that of its Matryoshka head; 0 is the model's.
func (s *Server) vectors(ctx context.Context, as compat.Role, texts []string, dims int) ([][]float32, *problem.Problem) {
	if s.embed == nil {
		return nil, refuseNoModel()
	}
	if p := s.checkInputs(texts); p != nil {
		return nil, p
	}
	spec := s.embed.Spec()
	if dims != 0 && dims != spec.Dims && dims != spec.HeadDims {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_dimensions", "%d dimensions: the model has %d, or the first %d of them",
			dims, spec.Dims, spec.HeadDims).At("dimensions")
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

func refuseNoModel() *problem.Problem {
	return problem.Refuse(http.StatusBadRequest, "no_embedder", "this server was started without a model").Hint("start it with --model")
}

// checkInputs refuses texts to embed that are too many, too long or empty.
func (s *Server) checkInputs(texts []string) *problem.Problem {
	if p := over("texts", len(texts), s.opts.Limits.Inputs, "input"); p != nil {
		return p
	}
	for i, t := range texts {
		param := "input"
		if len(texts) > 1 {
			param = fmt.Sprintf("input[%d]", i)
		}
		if t == "" {
			return problem.Refuse(http.StatusBadRequest, "invalid_text", "text %d is empty", i).At(param)
		}
		if p := s.checkText(t, param); p != nil {
			return p
		}
	}
	return nil
}

func (s *Server) embedAs(ctx context.Context, as compat.Role, texts []string) ([][]float32, error) {
	if as == compat.Passage {
		return s.embed.EmbedPassages(ctx, texts)
	}
	return embedder.EmbedQueries(ctx, s.embed, texts)
}

// head is the first dims of v, L2-normalised. A head of zeros stays as it is: it has
// no direction.
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
