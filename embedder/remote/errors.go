package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"
)

var (
	// ErrOptions is returned by Open for invalid options. It names every fault.
	ErrOptions = errors.New("invalid options")

	// ErrKey is returned when a provider needs a key and its environment
	// variable is not set, or when the provider refuses the key (401, 403).
	ErrKey = errors.New("no valid key")

	// ErrModel is returned when the provider doesn't have the model (404).
	ErrModel = errors.New("no such model")

	// ErrRefused is returned when the provider rejects a request (other 4xx), for
	// instance because a text is too long for the model.
	ErrRefused = errors.New("request refused")

	// ErrLimit is returned when requests are still rate limited after retries, or the
	// quota is spent (429).
	ErrLimit = errors.New("rate limit or quota reached")

	// ErrUnavailable is returned when the provider cannot be reached or keeps failing
	// (5xx).
	ErrUnavailable = errors.New("provider unavailable")

	// ErrReply is returned for a reply that does not have one vector of numbers for
	// each text.
	ErrReply = errors.New("unusable reply")

	// ErrDims is returned when the vectors have the wrong length for the collection.
	// None of the batch is used.
	ErrDims = errors.New("vectors of the wrong length")
)

// APIError is an error that a provider returned.
type APIError struct {
	Provider   Provider
	URL        string
	Status     int           // of HTTP
	Message    string        // the provider's, shortened
	RetryAfter time.Duration // from the reply; 0 if it has none
}

// Error names the provider, the status and the provider's message.
func (e *APIError) Error() string {
	s := fmt.Sprintf("%s: %s: %d %s", e.Provider, e.URL, e.Status, cmp.Or(e.Message, http.StatusText(e.Status)))
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(" (retry after %s)", e.RetryAfter)
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
