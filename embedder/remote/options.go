package remote

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/embedder/profile"
)

// Provider is a protocol with a default address.
type Provider string

const (
	// OpenAI is api.openai.com, or any server with a /v1/embeddings like it.
	OpenAI Provider = "openai"
	// Upstage is api.upstage.ai, whose model names carry the role.
	Upstage Provider = "upstage"
	// TEI is a server that runs Hugging Face's Text Embeddings Inference.
	TEI Provider = "tei"
	// Ollama is an Ollama server, local or remote.
	Ollama Provider = "ollama"
)

// traits are the defaults and limits of a provider.
type traits struct {
	baseURL string
	keyEnv  string
	inputs  int // texts in a request
	bytes   int // of text in a request; a token is at least one byte
}

var known = map[Provider]traits{
	// 2,048 inputs and 300,000 tokens a request.
	OpenAI:  {"https://api.openai.com/v1", "OPENAI_API_KEY", 2048, 300_000},
	Upstage: {"https://api.upstage.ai/v1", "UPSTAGE_API_KEY", 100, 200_000},
	// The server's --max-client-batch-size is 32 unless /info says more.
	TEI:    {"http://127.0.0.1:8080", "", 32, 1 << 20},
	Ollama: {"http://127.0.0.1:11434", "", 64, 1 << 20},
}

// Options select a provider and a model. Provider and Model are required (except that a
// TEI server knows its model). For the rest, zero means the default.
type Options struct {
	Provider Provider
	// BaseURL is the server's address without /embeddings, /embed or /api. Empty
	// means the provider's own.
	BaseURL string
	// Model is the model's name at the provider. QueryModel is its name for queries,
	// if that differs.
	Model, QueryModel string
	// KeyEnv names the environment variable that holds the key. Empty means the
	// provider's usual variable for the provider's own address, and no key for any
	// other address.
	KeyEnv string

	// Dims is the length that vectors must have. 0 means that of the first reply.
	Dims int
	// Shorten asks the provider for vectors shortened to this length, with the
	// "dimensions" parameter. 0 does not.
	Shorten int
	// HeadDims is the length of the Matryoshka head. 0 means all dimensions.
	HeadDims int
	// MaxTokens is recorded in the Spec. The provider does the truncation.
	MaxTokens int

	// QueryPrefix and PassagePrefix are put before the text. QueryPrompt and
	// PassagePrompt name prompts that a TEI server finds in its model's files.
	QueryPrefix, PassagePrefix string
	QueryPrompt, PassagePrompt string

	// BatchTexts and BatchBytes limit the size of a request.
	BatchTexts, BatchBytes int
	// Parallel is the number of concurrent requests, 4 by default.
	Parallel int
	// Retries is how often a request is retried: 5 by default, -1 for never.
	Retries int
	// MaxWait is the longest wait before a retry, one minute by default. A provider
	// that asks for a longer wait is not retried.
	MaxWait time.Duration
	// Timeout is for one request and its reply, one minute by default.
	Timeout time.Duration

	// HTTP is the client to use. If nil, the package creates one.
	HTTP *http.Client
	// Log is told about retries. Nil is silent.
	Log *slog.Logger
}

// FromProfile returns the options for a model of the table of profiles.
func FromProfile(p profile.Profile) Options {
	o := Options{
		Provider: Provider(p.Provider), Model: p.Name, QueryModel: p.QueryModel,
		Dims: p.Dims, HeadDims: p.HeadDims, MaxTokens: p.MaxTokens,
	}
	if p.QueryPrefix != nil {
		o.QueryPrefix = *p.QueryPrefix
	}
	if p.PassagePrefix != nil {
		o.PassagePrefix = *p.PassagePrefix
	}
	return o
}

// withDefaults returns a copy with the defaults filled in, and every fault at once.
func (o Options) withDefaults() (Options, error) {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("remote: %w: "+format, append([]any{ErrOptions}, args...)...))
	}
	t, ok := known[o.Provider]
	if !ok {
		fault("provider %q, want %q, %q, %q or %q", o.Provider, OpenAI, Upstage, TEI, Ollama)
	}
	if o.Model == "" && o.Provider != TEI {
		fault("no model name")
	}
	if o.Provider != TEI && (o.QueryPrompt != "" || o.PassagePrompt != "") {
		fault("prompts by name are for provider %q", TEI)
	}
	for name, n := range map[string]int{
		"Dims": o.Dims, "Shorten": o.Shorten, "HeadDims": o.HeadDims, "MaxTokens": o.MaxTokens, "BatchTexts": o.BatchTexts,
		"BatchBytes": o.BatchBytes, "Parallel": o.Parallel, "Retries": o.Retries + 1, "MaxWait": int(o.MaxWait), "Timeout": int(o.Timeout),
	} {
		if n < 0 {
			fault("%s is negative", name)
		}
	}
	if o.Shorten > 0 && o.Dims > 0 && o.Shorten > o.Dims {
		fault("cannot shorten %d dimensions to %d", o.Dims, o.Shorten)
	}
	if o.BaseURL == "" {
		o.KeyEnv = cmp.Or(o.KeyEnv, t.keyEnv)
	}
	if o.KeyEnv != "" && o.key() == "" {
		faults = append(faults, fmt.Errorf("remote: %s: %w: set the environment variable %s", o.Provider, ErrKey, o.KeyEnv))
	}
	o.BaseURL = strings.TrimRight(cmp.Or(o.BaseURL, t.baseURL), "/")
	if u, err := url.Parse(o.BaseURL); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		shown := o.BaseURL
		if err == nil {
			shown = u.Redacted()
		}
		fault("address %q, want http:// or https:// and a host", shown)
	} else if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		fault("the address contains a password or a query: put the key in an environment variable and name it in KeyEnv")
	}
	o.QueryModel = cmp.Or(o.QueryModel, o.Model)
	o.BatchTexts = cmp.Or(o.BatchTexts, t.inputs)
	o.BatchBytes = cmp.Or(o.BatchBytes, t.bytes)
	o.Parallel = cmp.Or(o.Parallel, 4)
	o.Retries = max(0, cmp.Or(o.Retries, 5))
	o.MaxWait = cmp.Or(o.MaxWait, time.Minute)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	slices.SortFunc(faults, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return o, errors.Join(faults...)
}

// key is the provider's key, or empty if none is needed.
func (o *Options) key() string {
	if o.KeyEnv == "" {
		return ""
	}
	return strings.TrimSpace(os.Getenv(o.KeyEnv))
}
