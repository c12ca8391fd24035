package server

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/server/problem"
)

// problem translates an error of the database. An error without a code is logged
// and answered as "internal": its text may name files.
func (s *Server) problem(ctx context.Context, err error) *problem.Problem {
	if p := problem.Of(err); p != nil {
		if p.Detail.Code == "model_mismatch" && p.Detail.Hint == "" {
			p = p.Hint(reembedHint)
		}
		return p
	}
	s.log.ErrorContext(ctx, "request failed", "id", requestID(ctx), "err", err)
	return refuseInternal()
}

// reembedHint is the way out for a collection of another model.
const reembedHint = "an administrator can change its model while it is served: frony-db reembed --server, or POST /v1/tasks; " +
	"until then, search it in mode lexical or with embeddings of its own model"

func refuseInternal() *problem.Problem {
	return problem.Refuse(http.StatusInternalServerError, "internal", "internal error; the server's log says more under this request_id")
}

// statusCodes are the codes of what the framework refuses before a handler runs.
var statusCodes = map[int]string{
	http.StatusBadRequest:            "invalid_json",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        "timeout",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   "invalid_request",
}

// transform gives the framework's own errors the shape of all others, without the
// values that it would echo.
func (s *Server) transform(ctx huma.Context, _ string, v any) (any, error) {
	switch v := v.(type) {
	case *problem.Problem:
		callOf(ctx.Context()).code = v.Detail.Code
		v.Detail.RequestID = requestID(ctx.Context())
	case *huma.ErrorModel:
		code := statusCodes[v.Status]
		if code == "" {
			s.log.ErrorContext(ctx.Context(), "request failed", "id", requestID(ctx.Context()), "err", v.Detail)
			code, v.Detail, v.Errors = "internal", "internal error", nil
		}
		p := problem.Refuse(v.Status, code, "%s", v.Detail)
		ctx.SetHeader("Content-Type", "application/json") // the shape is ours
		for i, e := range v.Errors {
			at, message, hint := s.fault(ctx.Operation(), e)
			if i == 0 {
				p.Detail.Param, p.Detail.Message, p.Detail.Hint = at, message, hint
				continue
			}
			p.Detail.Message += "; " + message
			if hint != "" {
				p.Detail.Message += ", " + hint
			}
			if i == 10 {
				p.Detail.Message += fmt.Sprintf("; and %d more", len(v.Errors)-i-1)
				break
			}
		}
		if v.Status == http.StatusUnsupportedMediaType {
			p.Detail.Message = "the body must be JSON"
			p.Detail.Hint = "send Content-Type: application/json"
		}
		callOf(ctx.Context()).code = code
		p.Detail.RequestID = requestID(ctx.Context())
		return p, nil
	}
	return v, nil
}

// writeProblem answers a problem where the framework is not involved.
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	c := callOf(r.Context())
	c.code, p.Detail.RequestID = p.Detail.Code, c.id
	maps.Copy(w.Header(), p.GetHeaders())
	var body any = p
	if c.shape != nil {
		body = c.shape(p)
	}
	writeJSON(w, p.GetStatus(), body)
}
