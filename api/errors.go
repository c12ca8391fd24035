package api

// FieldError says which field of a request is at fault. It wraps the cause, often
// one of the errors of package db or filter.
type FieldError struct {
	Field string // as it is called on the wire
	Err   error
	Hint  string // what to do, or empty
}

func (e *FieldError) Error() string {
	if e.Hint == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + "; " + e.Hint
}

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// ProblemBody is the body of every answer that is not a success.
type ProblemBody struct {
	Error ProblemDetail `json:"error"`
}

// ProblemDetail says what went wrong. Code is stable, for programs to decide by; the
// rest is for people.
type ProblemDetail struct {
	Code      string `json:"code" doc:"A stable name of the kind of error" example:"invalid_filter"`
	Message   string `json:"message" doc:"What happened, for people"`
	Type      string `json:"type" doc:"The kind of error, in OpenAI's terms" example:"invalid_request_error"`
	Param     string `json:"param,omitempty" doc:"The part of the request at fault, as the request names it" example:"filter"`
	Hint      string `json:"hint,omitempty" doc:"What to do"`
	RequestID string `json:"request_id,omitempty" doc:"The id of the request in the server's log"`
}
