package chroma

import (
	"net/http"

	"github.com/fronyai/frony-db/server/problem"
)

// Failure is {"error": name, "message": "…"}. The names are those that clients turn
// into their own errors.
func Failure(p *problem.Problem) any {
	name := "InternalError"
	switch status := p.GetStatus(); {
	case status == http.StatusUnauthorized:
		name = "AuthError"
	case status == http.StatusForbidden:
		name = "AuthorizationError"
	case status == http.StatusNotFound:
		name = "NotFoundError"
	case status == http.StatusConflict:
		name = "UniqueConstraintError"
	case p.Detail.Code == "batch_too_large":
		name = "BatchSizeExceededError"
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		name = "RateLimitError"
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError:
		name = "InvalidArgumentError"
	}
	return map[string]string{"error": name, "message": p.Text()}
}

// bad refuses a request that says something that can't be.
func bad(param, format string, args ...any) *problem.Problem {
	return problem.Refuse(http.StatusBadRequest, "invalid_request", format, args...).At(param)
}

func noSuch(what, name string) *problem.Problem {
	return problem.Refuse(http.StatusNotFound, "not_found", "%s [%.200s] does not exist", what, name)
}

func exists(what, name string) *problem.Problem {
	return problem.Refuse(http.StatusConflict, "exists", "%s [%.200s] already exists", what, name)
}

// free refuses a name that a look-up, which ended with p, has found. If that failed for
// another reason than that there is no such name, it is the problem.
func free(what, name string, p *problem.Problem) *problem.Problem {
	switch {
	case p == nil:
		return exists(what, name)
	case p.GetStatus() != http.StatusNotFound:
		return p
	}
	return nil
}
