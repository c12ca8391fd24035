package hub

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// DefaultEndpoint is the Hugging Face Hub.
const DefaultEndpoint = "https://huggingface.co"

// Options configure a Hub. A zero field takes its value from the environment, or else
// the default.
type Options struct {
	// CacheDir is the cache's root. Environment: HF_HUB_CACHE.
	CacheDir string
	// Endpoint is the Hub's address. Environment: HF_ENDPOINT; default:
	// DefaultEndpoint.
	Endpoint string
	// Token gives access to private and gated repositories. Environment:
	// HF_TOKEN, then the file that `hf auth login` writes.
	Token string
	// Offline never uses the network. Environment: HF_HUB_OFFLINE.
	Offline bool
	// Refresh asks the Hub which commit a branch or tag points at now, even if the
	// model is in the cache.
	Refresh bool
	// Select picks the files of a repository to fetch. Default: Safetensors.
	Select Selector
	// Attempts is the number of attempts at a request, and the number of times in a
	// row that a download may break without progress. Default: 5.
	Attempts int
	// IdleTimeout is how long a download may stall before it is retried. Default:
	// 60 s.
	IdleTimeout time.Duration
	// Transport carries the requests. Default: http.DefaultTransport's settings.
	Transport http.RoundTripper
	// Logger receives messages for the user; nil is silent. The token is never
	// logged.
	Logger *slog.Logger
}

// Hub is a cache and the address that fills it. It is safe for concurrent use, also by
// several processes.
type Hub struct {
	cache    string
	endpoint *url.URL
	token    string
	offline  bool
	refresh  bool
	choose   Selector
	attempts int
	idle     time.Duration
	wait     time.Duration // unit of the pauses between attempts
	client   *retryablehttp.Client
	log      *slog.Logger
}

// New returns a Hub. It reports every fault in opts at once, wrapping ErrInvalid, and
// touches neither network nor disk.
func New(opts *Options) (*Hub, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("hub: options: %w: %w", ErrInvalid, err)
	}
	endpoint, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	h := &Hub{
		cache:    o.CacheDir,
		endpoint: endpoint,
		token:    o.Token,
		offline:  o.Offline,
		refresh:  o.Refresh,
		choose:   o.Select,
		attempts: o.Attempts,
		idle:     o.IdleTimeout,
		wait:     500 * time.Millisecond,
		log:      o.Logger,
	}
	h.client = h.newClient(o.Transport)
	return h, nil
}

// withDefaults returns a copy with the environment's settings and the defaults filled
// in, and every fault at once.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	var err error
	if c.CacheDir == "" {
		c.CacheDir, err = defaultCache()
		fault(err)
	}
	if c.CacheDir != "" {
		abs, err := filepath.Abs(c.CacheDir)
		if err != nil {
			err = fmt.Errorf("cache directory %q: %w", c.CacheDir, err)
		}
		fault(err)
		c.CacheDir = abs
	}
	c.Endpoint = cmp.Or(c.Endpoint, os.Getenv("HF_ENDPOINT"), DefaultEndpoint)
	_, err = parseEndpoint(c.Endpoint)
	fault(err)
	if c.Token == "" {
		c.Token = envToken()
	}
	if strings.ContainsAny(c.Token, " \t\r\n") {
		fault(errors.New("token contains white space")) // without the token itself
	}
	c.Offline = c.Offline || truthy(os.Getenv("HF_HUB_OFFLINE"))
	if c.Attempts < 0 {
		fault(fmt.Errorf("attempts: %d, want at least 1", c.Attempts))
	}
	c.Attempts = cmp.Or(c.Attempts, 5)
	if c.IdleTimeout < 0 {
		fault(fmt.Errorf("idle timeout: %v, want more than 0", c.IdleTimeout))
	}
	c.IdleTimeout = cmp.Or(c.IdleTimeout, time.Minute)
	if c.Select == nil {
		c.Select = Safetensors
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(faults...)
}

func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(endpoint, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("endpoint %q, want a URL such as %s", endpoint, DefaultEndpoint)
	}
	return u, nil
}

// CacheDir returns the cache's root.
func (h *Hub) CacheDir() string { return h.cache }
