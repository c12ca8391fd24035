package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Problem is the body of every answer that is not a success.
type Problem struct { //nolint:errname // it is a body first, and an error on the way there
	Detail api.ProblemDetail `json:"error"`

	status int
	retry  int // seconds, for Retry-After
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail.Code + ": " + p.Detail.Message }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retry))
	}
	if p.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="frony-db"`)
	}
	return h
}

func (p *Problem) at(param string) *Problem { p.Detail.Param = param; return p }

func (p *Problem) hint(hint string) *Problem { p.Detail.Hint = hint; return p }

func (p *Problem) after(seconds int) *Problem { p.retry = seconds; return p }

func refuse(status int, code, format string, args ...any) *Problem {
	kind := "invalid_request_error"
	switch {
	case status == http.StatusUnauthorized:
		kind = "authentication_error"
	case status == http.StatusForbidden:
		kind = "permission_error"
	case status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case status >= http.StatusInternalServerError:
		kind = "server_error"
	}
	return &Problem{status: status, Detail: api.ProblemDetail{Code: code, Type: kind, Message: fmt.Sprintf(format, args...)}}
}

// statusClosed is what nginx says when the client went away: nobody reads it
// but the log.
const statusClosed = 499

// sentinels are the statuses of the database's errors, and the field that is
// usually at fault. What is not here is the server's own fault.
var sentinels = []struct {
	err    error
	status int
	code   string
	param  string
}{
	{db.ErrNoCollection, http.StatusNotFound, "no_collection", "collection"},
	{db.ErrNotFound, http.StatusNotFound, "not_found", "id"},
	{db.ErrExists, http.StatusConflict, "exists", "id"},
	{db.ErrDuplicateID, http.StatusBadRequest, "duplicate_id", "id"},
	{db.ErrInvalidID, http.StatusBadRequest, "invalid_id", "id"},
	{db.ErrInvalidText, http.StatusBadRequest, "invalid_text", "text"},
	{db.ErrInvalidEmbedding, http.StatusBadRequest, "invalid_embedding", "embedding"},
	{db.ErrInvalidMetadata, http.StatusBadRequest, "invalid_metadata", "metadata"},
	{db.ErrInvalidFilter, http.StatusBadRequest, "invalid_filter", "filter"},
	{filter.ErrSyntax, http.StatusBadRequest, "invalid_filter", "filter"},
	{filter.ErrValue, http.StatusBadRequest, "invalid_filter", "filter"},
	{filter.ErrLimit, http.StatusBadRequest, "limit_exceeded", "filter"},
	{api.ErrCursor, http.StatusBadRequest, "invalid_cursor", "cursor"},
	{db.ErrInvalidQuery, http.StatusBadRequest, "invalid_query", ""},
	{db.ErrInvalidName, http.StatusBadRequest, "invalid_name", "name"},
	{db.ErrInvalidOptions, http.StatusBadRequest, "invalid_options", ""},
	{db.ErrNoEmbedder, http.StatusBadRequest, "no_embedder", "text"},
	{db.ErrModelMismatch, http.StatusConflict, "model_mismatch", "collection"},
	{db.ErrBatchTooLarge, http.StatusRequestEntityTooLarge, "batch_too_large", "documents"},
	{db.ErrLimit, http.StatusConflict, "limit_exceeded", ""},
	{db.ErrDiskFull, http.StatusInsufficientStorage, "disk_full", ""},
	{db.ErrReadOnly, http.StatusForbidden, "read_only", ""},
	{db.ErrClosed, http.StatusServiceUnavailable, "stopping", ""},
	{context.Canceled, statusClosed, "cancelled", ""},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout", ""},
}

// problem translates an error of the database. Errors that it does not know are
// logged and answered as "internal": their text may name files.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	if p := known(err); p != nil {
		return p
	}
	s.log.ErrorContext(ctx, "request failed", "id", requestID(ctx), "err", err)
	return refuse(http.StatusInternalServerError, "internal", "internal error; the server's log says more under this request_id")
}

// refusal is the problem of an error that is the request's fault.
func refusal(err error) *Problem {
	if p := known(err); p != nil {
		return p
	}
	return refuse(http.StatusBadRequest, "invalid_request", "%s", err)
}

// known translates an error if it is one that has a code, or returns nil.
func known(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*api.FieldError](err); ok {
		p := refusal(e.Err).at(e.Field)
		if e.Hint != "" {
			p.Detail.Hint = e.Hint
		}
		// The parser says filter too, for a filter on its own.
		p.Detail.Message = strings.Replace(p.Detail.Message, "filter: filter: ", "filter: ", 1)
		return p
	}
	for _, c := range sentinels {
		if !errors.Is(err, c.err) {
			continue
		}
		p := refuse(c.status, c.code, "%s", err).at(c.param)
		if e, ok := errors.AsType[*db.Error](err); ok && e.Hint != "" {
			p.Detail.Message = strings.TrimSuffix(err.Error(), "; "+e.Hint)
			p.Detail.Hint = e.Hint
		}
		if errors.Is(c.err, db.ErrInvalidMetadata) && p.Detail.Hint == "" {
			p.Detail.Hint = "values are strings, numbers, booleans, times (RFC 3339) and lists of strings"
		}
		if e, ok := errors.AsType[*filter.ParseError](err); ok && e.Hint != "" {
			p.Detail.Hint = e.Hint
		}
		if c.status == http.StatusServiceUnavailable {
			p.retry = 1
		}
		return p
	}
	return nil
}

// statusCodes name what the framework refuses before a handler sees it.
var statusCodes = map[int]string{
	http.StatusBadRequest:            "invalid_json",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        "timeout",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   "invalid_request",
}

// transform gives the framework's own errors the shape of all others, without
// the values that it would echo.
func (s *Server) transform(ctx huma.Context, _ string, v any) (any, error) {
	switch v := v.(type) {
	case *Problem:
		callOf(ctx.Context()).code = v.Detail.Code
		v.Detail.RequestID = requestID(ctx.Context())
	case *huma.ErrorModel:
		code := statusCodes[v.Status]
		if code == "" {
			s.log.ErrorContext(ctx.Context(), "request failed", "id", requestID(ctx.Context()), "err", v.Detail)
			code, v.Detail, v.Errors = "internal", "internal error", nil
		}
		p := refuse(v.Status, code, "%s", v.Detail)
		ctx.SetHeader("Content-Type", "application/json") // the shape is ours
		for i, e := range v.Errors {
			if i == 0 {
				p.Detail.Message = e.Message
				p.Detail.Param = e.Location
				if e.Message == "unexpected property" {
					name := e.Location[strings.LastIndexByte(e.Location, '.')+1:]
					p.Detail.Message = fmt.Sprintf("there is no field %q", name)
					if m := meant(name); m != "" {
						p.Detail.Hint = "did you mean " + m + "?"
					}
				}
				continue
			}
			p.Detail.Message += "; " + e.Location + ": " + e.Message
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

// writeProblem answers where the framework is not involved.
func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	c := callOf(r.Context())
	c.code, p.Detail.RequestID = p.Detail.Code, c.id
	maps.Copy(w.Header(), p.GetHeaders())
	writeJSON(w, p.status, c.says.body(p))
}
