package hub

import (
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

// Options configure a Hub. The zero value of a field takes the environment's
// setting, then the default.
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
	// Refresh asks the Hub what a branch or tag stands for now, although the
	// model is in the cache.
	Refresh bool
	// Select says which of a repository's files to fetch. Default: Safetensors.
	Select Selector
	// Attempts is how often a request is tried, and how often in a row a
	// download may break off without progress. Default: 5.
	Attempts int
	// IdleTimeout is how long a download may stand still before it is tried
	// again. Default: 60 s.
	IdleTimeout time.Duration
	// Transport carries the requests. Default: http.DefaultTransport's settings.
	Transport http.RoundTripper
	// Logger gets what a user may want to know; nil is silent. The token is
	// never logged.
	Logger *slog.Logger
}

// Hub is a cache and the address that fills it. It is safe for concurrent use,
// by several processes as well.
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

// New returns a Hub. It reports every fault in opts at once, wrapping
// ErrInvalid, and touches neither network nor disk.
func New(opts *Options) (*Hub, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	h := &Hub{
		cache:    o.CacheDir,
		token:    o.Token,
		offline:  o.Offline || truthy(os.Getenv("HF_HUB_OFFLINE")),
		refresh:  o.Refresh,
		choose:   o.Select,
		attempts: o.Attempts,
		idle:     o.IdleTimeout,
		wait:     500 * time.Millisecond,
		log:      o.Logger,
	}
	var faults []error
	if h.cache == "" {
		var err error
		if h.cache, err = defaultCache(); err != nil {
			faults = append(faults, err)
		}
	}
	if h.cache != "" {
		abs, err := filepath.Abs(h.cache)
		if err != nil {
			faults = append(faults, fmt.Errorf("cache directory %q: %w", h.cache, err))
		}
		h.cache = abs
	}
	if o.Endpoint == "" {
		o.Endpoint = first(os.Getenv("HF_ENDPOINT"), DefaultEndpoint)
	}
	u, err := url.Parse(strings.TrimRight(o.Endpoint, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		faults = append(faults, fmt.Errorf("endpoint %q, want a URL such as %s", o.Endpoint, DefaultEndpoint))
	}
	h.endpoint = u
	if h.token == "" {
		h.token = envToken()
	}
	if strings.ContainsAny(h.token, " \t\r\n") {
		faults = append(faults, errors.New("token contains white space")) // its value is nobody's business
	}
	switch {
	case o.Attempts < 0:
		faults = append(faults, fmt.Errorf("attempts: %d, want at least 1", o.Attempts))
	case o.Attempts == 0:
		h.attempts = 5
	}
	switch {
	case o.IdleTimeout < 0:
		faults = append(faults, fmt.Errorf("idle timeout: %v, want more than 0", o.IdleTimeout))
	case o.IdleTimeout == 0:
		h.idle = time.Minute
	}
	if h.choose == nil {
		h.choose = Safetensors
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("hub: options: %w: %w", ErrInvalid, errors.Join(faults...))
	}
	h.client = h.newClient(o.Transport)
	return h, nil
}

// CacheDir returns the cache's root.
func (h *Hub) CacheDir() string { return h.cache }
