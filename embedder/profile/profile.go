package profile

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Runtime is what runs a model.
type Runtime string

const (
	// Transformer runs the model's files in this process, in pure Go.
	Transformer Runtime = "transformer"
	// ONNX needs ONNX Runtime: the model's layers are not the ones that the
	// pure Go engine knows.
	ONNX Runtime = "onnx"
	// Remote asks a provider over HTTP.
	Remote Runtime = "remote"
)

// Profile describes how to use one model.
type Profile struct {
	// Name is the model's: a repository's id or a provider's name for it.
	Name string `yaml:"name"`
	// Runtime is what runs it; empty is Transformer.
	Runtime Runtime `yaml:"runtime,omitempty"`
	// Provider is the protocol of a Remote model: "openai" or "upstage".
	Provider string `yaml:"provider,omitempty"`
	// QueryModel is the model name for queries, if the provider's model names carry
	// the role. Name is then the model name for passages.
	QueryModel string `yaml:"query_model,omitempty"`

	// QueryPrefix and PassagePrefix are put directly before the text. Nil leaves
	// them to the model's files.
	QueryPrefix   *string `yaml:"query_prefix,omitempty"`
	PassagePrefix *string `yaml:"passage_prefix,omitempty"`
	// Pooling is "mean" or "cls"; empty leaves it to the model's files.
	Pooling string `yaml:"pooling,omitempty"`
	// Dims is the length of the embedding; 0 leaves it to the model's files.
	Dims int `yaml:"dims,omitempty"`
	// HeadDims is the length of the Matryoshka head. 0 means that there is none.
	HeadDims int `yaml:"head_dims,omitempty"`
	// MaxTokens is the length at which texts are cut; 0 leaves it to the model's files.
	MaxTokens int `yaml:"max_tokens,omitempty"`
	// Licence is for information only.
	Licence string `yaml:"licence,omitempty"`
}

// Find returns the profile of a known model. Case is ignored.
func Find(name string) (Profile, bool) {
	i := slices.IndexFunc(known, func(p Profile) bool { return strings.EqualFold(p.Name, name) })
	if i < 0 {
		return Profile{}, false
	}
	return known[i], true
}

// Known returns the profiles of all known models, in the order of the table in
// docs/models.md.
func Known() []Profile { return slices.Clone(known) }

// Load reads a YAML file. It returns ErrInvalid with the line number if the file is not a
// profile, for instance because of an unknown field.
func Load(path string) (Profile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, err
	}
	p, err := Parse(text)
	if err != nil {
		return Profile{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Parse reads YAML.
func Parse(text []byte) (Profile, error) {
	var p Profile
	if err := yaml.UnmarshalWithOptions(text, &p, yaml.Strict()); err != nil {
		return Profile{}, fmt.Errorf("%w: %s", ErrInvalid, yaml.FormatError(err, false, true))
	}
	return p, p.Validate()
}

// Validate reports every fault of the profile at once, as ErrInvalid.
func (p Profile) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
	}
	switch cmp.Or(p.Runtime, Transformer) {
	case Transformer, ONNX:
		if p.Provider != "" || p.QueryModel != "" {
			fault("provider and query_model are for runtime %q", Remote)
		}
	case Remote:
		if p.Provider == "" {
			fault("runtime %q needs a provider", Remote)
		}
	default:
		fault("runtime %q, want %q, %q or %q", p.Runtime, Transformer, ONNX, Remote)
	}
	if p.Pooling != "" && p.Pooling != "mean" && p.Pooling != "cls" {
		fault("pooling %q, want mean or cls", p.Pooling)
	}
	for _, f := range []struct {
		name string
		n    int
	}{{"dims", p.Dims}, {"head_dims", p.HeadDims}, {"max_tokens", p.MaxTokens}} {
		if f.n < 0 {
			fault("%s %d, want 1 or more, or 0 to leave it to the model's files", f.name, f.n)
		}
	}
	if p.Dims > 0 && p.HeadDims > p.Dims {
		fault("head_dims %d is more than dims %d", p.HeadDims, p.Dims)
	}
	return errors.Join(faults...)
}
