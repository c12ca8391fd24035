package problem

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/fronyai/frony-db/api"
)

// Problem is an answer that is not a success. It is written as api.ProblemBody.
type Problem struct { //nolint:errname // it is a body first, and an error on the way there
	Detail api.ProblemDetail `json:"error"`

	status int
	retry  int // seconds, for Retry-After
}

// StatusClosed is nginx's status for a client that went away. Only the log shows
// it.
const StatusClosed = 499

// Refuse makes a problem. Its type follows from the status.
func Refuse(status int, code, format string, args ...any) *Problem {
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

// At names the part of the request at fault as the request does, wherever it is: filter,
// documents[0].text.
func (p *Problem) At(param string) *Problem { p.Detail.Param = param; return p }

// Within puts the param inside an outer one: "filter" within "queries[1]" is
// "queries[1].filter".
func (p *Problem) Within(outer string) *Problem { return p.At(Join(outer, p.Detail.Param)) }

// Join is a param inside an outer one.
func Join(outer, inner string) string {
	if inner == "" || outer == "" {
		return outer + inner
	}
	return outer + "." + inner
}

// Hint says what to do.
func (p *Problem) Hint(hint string) *Problem { p.Detail.Hint = hint; return p }

// After says in how many seconds to try again.
func (p *Problem) After(seconds int) *Problem { p.retry = seconds; return p }

// Error implements error.
func (p *Problem) Error() string { return p.Detail.Code + ": " + p.Detail.Message }

// Text is the message with the hint, for people.
func (p *Problem) Text() string {
	if p.Detail.Hint == "" || strings.Contains(p.Detail.Message, p.Detail.Hint) {
		return p.Detail.Message
	}
	return p.Detail.Message + "; " + p.Detail.Hint
}

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
