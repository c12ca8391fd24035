package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"
)

var (
	// ErrOptions is returned by Open for options that can't be; it names every
	// fault.
	ErrOptions = errors.New("invalid options")

	// ErrKey is returned when a provider needs a key and its environment
	// variable is not set, or when the provider refuses the key (401, 403).
	ErrKey = errors.New("no valid key")

	// ErrModel is returned when the provider doesn't have the model (404).
	ErrModel = errors.New("no such model")

	// ErrRefused is returned when the provider won't do what is asked (other
	// 4xx), such as embedding a text that is too long for the model.
	ErrRefused = errors.New("request refused")

	// ErrLimit is returned when the provider goes on refusing for the number of
	// requests, or for a spent quota (429).
	ErrLimit = errors.New("rate limit or quota reached")

	// ErrUnavailable is returned when the provider can't be reached, or goes on
	// failing (5xx).
	ErrUnavailable = errors.New("provider unavailable")

	// ErrReply is returned for a reply that is not what was asked for: other
	// than one vector for each text, or not numbers.
	ErrReply = errors.New("unusable reply")

	// ErrDims is returned when the vectors have another length than the
	// collection's model: nothing of the batch is used.
	ErrDims = errors.New("vectors of another length than expected")
)

// APIError is a provider's refusal.
type APIError struct {
	Provider   Provider
	URL        string
	Status     int           // of HTTP
	Message    string        // the provider's, shortened
	RetryAfter time.Duration // how long it asks to wait, if it does
}

// Error names provider, status and the provider's own message.
func (e *APIError) Error() string {
	s := fmt.Sprintf("%s: %s: %d %s", e.Provider, e.URL, e.Status, cmp.Or(e.Message, http.StatusText(e.Status)))
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(" (try again in %s)", e.RetryAfter)
	}
	return s
}

// Unwrap returns the sentinel of the status.
func (e *APIError) Unwrap() error {
	switch {
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return ErrKey
	case e.Status == http.StatusNotFound:
		return ErrModel
	case e.Status == http.StatusTooManyRequests:
		return ErrLimit
	case e.Status >= 500:
		return ErrUnavailable
	}
	return ErrRefused
}
