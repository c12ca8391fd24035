package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
)

// Options configure a client. The zero value is the default.
type Options struct {
	// Key is the secret that the server's operator gave.
	Key string
	// HTTP sends the requests. Set it for your own certificates and proxies; nil is
	// a client with http.DefaultTransport.
	HTTP *http.Client
	// Retries is how often a request is sent again; default 4, negative for never.
	Retries int
	// RetryWait and RetryMax bound the time between attempts; default 100 ms and 5 s.
	RetryWait, RetryMax time.Duration
}

// Client speaks to one server. Its methods may be called concurrently.
type Client struct {
	base  *url.URL
	key   string
	plain *http.Client // for streams, which can't be sent again
	http  *retryablehttp.Client
}

// New returns a client of the server at an address such as http://127.0.0.1:7700. It
// sends nothing yet.
func New(address string, opts *Options) (*Client, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("client: address %q: want http://HOST:PORT or https://HOST:PORT", address)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	c := &Client{base: u, key: o.Key, plain: o.HTTP, http: retryablehttp.NewClient()}
	if c.plain == nil {
		c.plain = &http.Client{}
	}
	c.http.HTTPClient = c.plain
	c.http.Logger = nil
	c.http.RetryMax = max(0, cmp.Or(o.Retries, 4))
	c.http.RetryWaitMin = cmp.Or(o.RetryWait, 100*time.Millisecond)
	c.http.RetryWaitMax = cmp.Or(o.RetryMax, 5*time.Second)
	c.http.CheckRetry = again
	c.http.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return c, nil
}

// again decides whether to send a request again.
func again(ctx context.Context, r *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, r, err)
	}
	switch r.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable:
		return true, nil
	case http.StatusConflict: // the first attempt is still running
		return r.Header.Get("Retry-After") != "", nil
	}
	return false, nil
}

// Collection returns a handle. It sends nothing: whether the collection exists shows
// with its first use.
func (c *Client) Collection(name string) *Collection { return &Collection{c, name} }

// Collections yields the collections that the key has access to, by name.
func (c *Client) Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error] {
	return func(yield func(db.CollectionInfo, error) bool) {
		var out api.Collections
		if err := c.do(ctx, http.MethodGet, "/v1/collections", nil, &out); err != nil {
			yield(db.CollectionInfo{}, err)
			return
		}
		for _, info := range out.Collections {
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Create creates a collection, or returns the one that exists. Nil options are the
// default. Of the options, Embedder and MustExist are not used: the model is the
// server's.
func (c *Client) Create(ctx context.Context, name string, o *db.CollectionOptions) (db.CollectionInfo, error) {
	in := api.FromOptions(name, o)
	in.ExistOK = true
	var out api.CollectionInfo
	err := c.do(ctx, http.MethodPost, "/v1/collections", &in, &out)
	return out, err
}

// Drop deletes a collection with all its documents. It returns db.ErrAliased while aliases
// lead to it.
func (c *Client) Drop(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, c.Collection(name).path(), nil, nil)
}

// Model is the name of the model that the server embeds with.
func (c *Client) Model(ctx context.Context) (string, error) {
	var out struct {
		Model string `json:"model_id"`
	}
	err := c.do(ctx, http.MethodGet, "/info", nil, &out)
	return out.Model, err
}

// EmbedPassages embeds texts as passages: []float32 of the model's dims each,
// L2-normalised.
func (c *Client) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return c.embed(ctx, "passage", texts)
}

// EmbedQuery embeds a question: []float32 of the model's dims, L2-normalised.
func (c *Client) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	v, err := c.embed(ctx, "query", []string{text})
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

func (c *Client) embed(ctx context.Context, role string, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	var out struct {
		Data []struct {
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := c.do(ctx, http.MethodPost, "/v1/embeddings", map[string]any{"input": texts, "input_type": role}, &out); err != nil {
		return nil, err
	}
	if len(out.Data) != len(texts) {
		return nil, fmt.Errorf("client: %d embeddings for %d texts", len(out.Data), len(texts))
	}
	v := make([][]float32, len(texts))
	for i := range v {
		v[i] = out.Data[i].Embedding
	}
	return v, nil
}

// MCP passes a message of the Model Context Protocol to the server and returns the
// message that answers it, or nil if none does.
func (c *Client) MCP(ctx context.Context, message []byte) ([]byte, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+"/mcp", message)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c.sign(req.Header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		return nil, failure(res)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("client: the answer of /mcp: %w", err)
	}
	return bytes.TrimSpace(b), nil
}

// do sends a request and decodes its answer.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body any
	if in != nil {
		if err := checkUTF8(in); err != nil {
			return err
		}
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		body = b
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, c.base.String()+path, body)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	c.sign(req.Header)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	res, err := c.http.Do(req)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		return fmt.Errorf("client: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		return failure(res)
	}
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
	} else {
		err = json.NewDecoder(res.Body).Decode(out)
	}
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		return fmt.Errorf("client: the answer of %s: %w", path, err)
	}
	return nil
}

func (c *Client) sign(h http.Header) {
	if c.key != "" {
		h.Set("Authorization", "Bearer "+c.key)
	}
}
