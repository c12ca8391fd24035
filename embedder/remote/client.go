package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxReply limits the size of a reply. 2,048 vectors of 4,096 numbers as text are less.
const maxReply = 256 << 20

// firstWait is the wait before the first retry without a Retry-After.
const firstWait = 500 * time.Millisecond

// client sends JSON and retries after transient failures.
type client struct {
	provider Provider
	baseURL  string
	key      string
	maxWait  time.Duration
	log      *slog.Logger
	http     *retryablehttp.Client
}

func newClient(o Options) *client {
	c := &client{provider: o.Provider, baseURL: o.BaseURL, key: o.key(), maxWait: o.MaxWait, log: o.Log}
	c.http = retryablehttp.NewClient()
	c.http.Logger = nil
	if o.HTTP != nil {
		c.http.HTTPClient = o.HTTP
	} else {
		c.http.HTTPClient.Timeout = o.Timeout
	}
	c.http.RetryMax = o.Retries
	c.http.RetryWaitMin, c.http.RetryWaitMax = firstWait, o.MaxWait
	c.http.CheckRetry = c.again
	c.http.Backoff = func(least, most time.Duration, try int, resp *http.Response) time.Duration {
		var header http.Header
		if resp != nil {
			header = resp.Header
		}
		return wait(least, most, try, header)
	}
	// After the last attempt, return the reply itself.
	c.http.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return c
}

// call sends in, if it is not nil, to a path, and decodes the reply into out.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	var body any
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = text
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, c.baseURL+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "frony-db")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	// Read the body within the attempt, so that a connection that breaks halfway is
	// retried.
	req.SetResponseHandler(func(resp *http.Response) error {
		_, err := peek(resp)
		return err
	})
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w: %w", c.provider, ErrUnavailable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := peek(resp)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", c.provider, ErrUnavailable, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.refusal(resp, req.URL.Redacted(), reply)
	}
	if len(reply) > maxReply {
		return fmt.Errorf("%s: %w: more than %d bytes", c.provider, ErrReply, maxReply)
	}
	if err := json.Unmarshal(reply, out); err != nil {
		return fmt.Errorf("%s: %s: %w: %w", c.provider, req.URL.Redacted(), ErrReply, err)
	}
	return nil
}

// peek reads a reply's body and puts it back.
func peek(resp *http.Response) ([]byte, error) {
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(reply))
	return reply, nil
}

// refusal turns an error reply into an error.
func (c *client) refusal(resp *http.Response, url string, reply []byte) error {
	after, _ := retryAfter(resp.Header)
	return &APIError{Provider: c.provider, URL: url, Status: resp.StatusCode, Message: c.message(reply), RetryAfter: after}
}

// message extracts the provider's message from a reply: {"error": {"message": "…"}},
// {"error": "…"}, {"message": "…"} or plain text.
func (c *client) message(reply []byte) string {
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	text := string(reply)
	if json.Unmarshal(reply, &outer) == nil {
		var inner struct {
			Message string `json:"message"`
		}
		var plain string
		switch {
		case json.Unmarshal(outer.Error, &inner) == nil && inner.Message != "":
			text = inner.Message
		case json.Unmarshal(outer.Error, &plain) == nil && plain != "":
			text = plain
		case outer.Message != "":
			text = outer.Message
		}
	}
	if c.key != "" {
		text = strings.ReplaceAll(text, c.key, "[key]")
	}
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "�")
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "…"
	}
	return text
}

// again reports whether an attempt that ended this way should be retried.
func (c *client) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	status := 0
	if err != nil {
		// The policy knows permanent errors: an unknown certificate, an endless
		// redirect.
		if retry, err := retryablehttp.DefaultRetryPolicy(ctx, nil, err); !retry {
			return false, err
		}
	} else {
		status = resp.StatusCode
		switch {
		case status == http.StatusRequestTimeout, status >= 500 && status != http.StatusNotImplemented:
		case status == http.StatusTooManyRequests:
			// Waiting does not help when the quota is spent.
			if body, err := peek(resp); err == nil && bytes.Contains(body, []byte("insufficient_quota")) {
				return false, nil
			}
		default:
			return false, nil
		}
		if after, ok := retryAfter(resp.Header); ok && after > c.maxWait {
			return false, nil
		}
	}
	c.log.WarnContext(ctx, "embedding request failed, may be retried", "provider", c.provider, "status", status, "error", err)
	return true, nil
}

// wait is the Retry-After, or doubles with each attempt, with jitter of half of it, so
// that clients that failed together do not retry together.
func wait(least, most time.Duration, try int, header http.Header) time.Duration {
	if after, ok := retryAfter(header); ok {
		return after
	}
	d := min(most, least<<min(try, 20))
	return d/2 + rand.N(d/2+1)
}

// retryAfter reads the Retry-After header, in seconds or as a date.
func retryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := time.ParseDuration(value + "s"); err == nil {
		return max(0, seconds), true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at)), true
	}
	return 0, false
}
