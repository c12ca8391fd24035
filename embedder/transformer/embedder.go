package transformer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/profile"
)

// Options configure how a model is opened. Nil means the zero value, which is the default.
type Options struct {
	// Profile supplies what the model's files do not say. Nil means frony-db.yaml in
	// the model's directory, if there is one.
	Profile *profile.Profile
	// Revision is recorded in the Spec. Empty means the commit that the directory is
	// named after, if it is in a hub's cache.
	Revision string
	// Threads is the maximum number of cores per call; 0 means all.
	Threads int
	// Engine runs the layers: EngineGo or EngineONNX. Empty means the profile's
	// choice, which is EngineGo unless it says onnx.
	Engine string
	// Kernel names the Go engine's inner loops: "generic", "avx2", "avx512" or
	// "neon". Empty means the fastest that the processor supports.
	Kernel string
	// Int8 makes the Go engine store and multiply the layers' weights as bytes: see
	// [purego.Options]. The fingerprint differs, so to a collection it is another
	// model.
	Int8 bool
	// Library is the path of ONNX Runtime's shared library, for EngineONNX. Empty means
	// the first one found.
	Library string
}

// Embedder embeds texts with a model held in this process. It implements
// [embedder.Embedder]; all methods may be called concurrently.
type Embedder struct {
	spec   embedder.Spec
	lower  bool
	tokens Tokenizer

	mu     sync.RWMutex // held for reading while tokens and engines are in use
	loaded *loaded      // nil once closed; guarded by mu
}

var (
	_ embedder.Embedder     = (*Embedder)(nil)
	_ embedder.TokenCounter = (*Embedder)(nil)
)

// Open opens the model in a directory. It returns a FileError for a file that is missing,
// damaged or unsupported, [profile.ErrInvalid] for an invalid profile, and, with
// EngineONNX, the errors of package ort. The caller closes the Embedder. The weight files
// must not change while it is open.
func Open(dir string, opts *Options) (*Embedder, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	p, err := o.profile(dir)
	if err != nil {
		return nil, err
	}
	runtime, err := o.runtime(p)
	if err != nil {
		return nil, err
	}
	r, err := readRepository(dir, p, runtime)
	if err != nil {
		return nil, err
	}
	tokens, err := OpenTokenizer(filepath.Join(r.dir, "tokenizer.json"))
	if err != nil {
		return nil, err
	}
	e, err := o.open(r, tokens)
	if err != nil {
		return nil, errors.Join(err, tokens.Close())
	}
	return e, nil
}

// open assembles the model.
func (o *Options) open(r *repository, tokens Tokenizer) (*Embedder, error) {
	if err := r.checkTokens(tokens); err != nil {
		return nil, err
	}
	spec, err := r.spec()
	if err != nil {
		return nil, err
	}
	l, err := o.load(r)
	if err != nil {
		return nil, err
	}
	spec.WeightsHash, spec.TokenizerHash = l.hash, tokens.Hash()
	if o.Revision != "" {
		spec.Revision = o.Revision
	}
	return &Embedder{spec: spec, lower: r.lower, tokens: tokens, loaded: l}, nil
}

// profile returns the profile to use: the caller's, the directory's, or the zero Profile.
func (o *Options) profile(dir string) (profile.Profile, error) {
	if o.Profile != nil {
		return *o.Profile, o.Profile.Validate()
	}
	p, err := profile.Load(filepath.Join(dir, "frony-db.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return profile.Profile{}, nil
	}
	return p, err
}

// spec is the model's identity without the hashes.
func (r *repository) spec() (embedder.Spec, error) {
	config := filepath.Join(r.dir, "config.json")
	p := r.profile
	if p.Dims > 0 && p.Dims != r.config.Hidden {
		return embedder.Spec{}, &FileError{
			Path: config, Field: "hidden_size", Hint: "the files or the profile belong to another model",
			Err: fmt.Errorf("%w: %d, the profile of %s has dims %d", ErrInvalid, r.config.Hidden, p.Name, p.Dims),
		}
	}
	s := embedder.Spec{
		Dims: r.config.Hidden, HeadDims: r.config.Hidden, MaxTokens: r.limit,
		QueryPrefix: r.query, PassagePrefix: r.passage, Pooling: r.pooling.String(),
	}
	if p.HeadDims > 0 {
		s.HeadDims = p.HeadDims
	}
	s.Model, s.Revision = r.name()
	return s, s.Validate()
}

// role is a prefix that looks like a token, such as <Q>.
var role = regexp.MustCompile(`^(<[^<>\s]+>|\[[^\[\]\s]+\])$`)

// checkTokens rejects a tokenizer that does not belong to the model. A role token missing
// from it would be split into letters, and no result would look wrong.
func (r *repository) checkTokens(t Tokenizer) error {
	path := filepath.Join(r.dir, "tokenizer.json")
	if n := t.VocabSize(); n > r.config.Vocab {
		return &FileError{Path: path, Field: "vocab", Err: fmt.Errorf("%w: %d tokens, config.json has vocab_size %d", ErrInvalid, n, r.config.Vocab)}
	}
	for _, prefix := range []string{r.query, r.passage} {
		if _, ok := t.TokenID(prefix); role.MatchString(prefix) && !ok {
			return &FileError{
				Path: path, Field: "added_tokens", Err: fmt.Errorf("%w: the prefix %q is not a token", ErrInvalid, prefix),
				Hint: "the tokenizer may belong to another model; if not, set query_prefix and passage_prefix in a profile",
			}
		}
	}
	if least := len(t.EncodeTruncated(nil, "", math.MaxInt)) + 1; r.limit < least {
		return &FileError{Path: path, Err: fmt.Errorf("%w: texts are cut at %d tokens, special ones included; at least %d are needed", ErrInvalid, r.limit, least)}
	}
	return nil
}

// Spec implements [embedder.Embedder].
func (e *Embedder) Spec() embedder.Spec { return e.spec }

// EmbedPassages implements [embedder.Embedder].
func (e *Embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, passage, texts)
}

// EmbedQuery implements [embedder.Embedder].
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	v, err := e.embed(ctx, query, []string{text})
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// EmbedQueries implements [embedder.QueryBatcher].
func (e *Embedder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, query, texts)
}

// side is what a text is embedded as.
type side int

const (
	passage side = iota
	query
)

func (e *Embedder) embed(ctx context.Context, s side, texts []string) ([][]float32, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.loaded == nil {
		return nil, ErrClosed
	}
	prefix, run := e.spec.PassagePrefix, e.loaded.passage
	if s == query {
		prefix, run = e.spec.QueryPrefix, e.loaded.query
	}
	ids := make([][]int32, len(texts))
	out := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ids[i] = e.tokens.EncodeTruncated(nil, e.input(prefix, text), e.spec.MaxTokens)
		out[i] = make([]float32, e.spec.Dims)
	}
	if err := run.Embed(ctx, ids, out); err != nil {
		return nil, err
	}
	for i, v := range out {
		if !embedder.Normalize(v) {
			return nil, fmt.Errorf("text %d of %d: %w", i, len(out), ErrNumber)
		}
	}
	return out, nil
}

// CountTokens implements [embedder.TokenCounter]. It includes the prefix and the special
// tokens of a passage. It returns 0 once the Embedder is closed.
func (e *Embedder) CountTokens(text string) int {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.loaded == nil {
		return 0
	}
	return len(e.tokens.EncodeTruncated(nil, e.input(e.spec.PassagePrefix, text), math.MaxInt))
}

// Close releases the model. It waits for running calls; later ones return ErrClosed.
func (e *Embedder) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.loaded == nil {
		return nil
	}
	err := errors.Join(e.loaded.close(), e.tokens.Close())
	e.loaded = nil
	return err
}

// input returns what the tokenizer reads, as in Sentence Transformers: prefix and text,
// stripped, and lowercased if the model asks for it.
func (e *Embedder) input(prefix, text string) string {
	s := strings.TrimFunc(prefix+text, space)
	if e.lower {
		s = strings.ToLower(s)
	}
	return s
}

// space reports whether Python's str.strip removes r.
func space(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}
