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

// Provider is a protocol and, with it, a default address.
type Provider string

const (
	// OpenAI is api.openai.com, or any server with its /v1/embeddings.
	OpenAI Provider = "openai"
	// Upstage is api.upstage.ai, whose model names carry the role.
	Upstage Provider = "upstage"
	// TEI is a server of Hugging Face's Text Embeddings Inference.
	TEI Provider = "tei"
	// Ollama is a local or other Ollama server.
	Ollama Provider = "ollama"
)

// traits are what is known of a provider.
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

// Options say whom to ask for what. Provider and Model are required (TEI knows
// its model itself); zero means the default for the rest.
type Options struct {
	Provider Provider
	// BaseURL is the server's address, up to and without /embeddings, /embed or
	// /api. Empty is the provider's own.
	BaseURL string
	// Model is the provider's name for it, and QueryModel the one for queries
	// where it differs.
	Model, QueryModel string
	// KeyEnv names the environment variable that holds the key. Empty is the
	// provider's own variable for the provider's own address, and no key for
	// any other address.
	KeyEnv string

	// Dims is the length that vectors must have; 0 is what the first reply has.
	Dims int
	// Shorten asks the provider for vectors cut to this length, by its
	// "dimensions" parameter; 0 asks for nothing.
	Shorten int
	// HeadDims is the length of the Matryoshka head; 0 is all dimensions.
	HeadDims int
	// MaxTokens is recorded in the Spec; the provider does the cutting.
	MaxTokens int

	// QueryPrefix and PassagePrefix are put before the text here; QueryPrompt
	// and PassagePrompt name prompts that a TEI server has in its model's files.
	QueryPrefix, PassagePrefix string
	QueryPrompt, PassagePrompt string

	// BatchTexts and BatchBytes bound a request.
	BatchTexts, BatchBytes int
	// Parallel is how many requests are out at a time; 4 by default.
	Parallel int
	// Retries is how often a request is repeated; 5 by default, -1 is never.
	Retries int
	// MaxWait is the longest wait before a repetition; a provider that asks for
	// more gets none. One minute by default.
	MaxWait time.Duration
	// Timeout is for one request and its reply; one minute by default.
	Timeout time.Duration

	// HTTP is used for requests; nil is a client of the package's own.
	HTTP *http.Client
	// Log tells of repeated requests; nil is silent.
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
		fault("no model is named")
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
		fault("can't shorten %d dimensions to %d", o.Dims, o.Shorten)
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
		fault("the address holds a password or a query: put the key into an environment variable and name it in KeyEnv")
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
