package embedder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Spec is a model's identity: everything that decides which vector a text gets.
// A collection remembers the Spec it was filled with, and refuses an embedder
// whose fingerprint differs.
type Spec struct {
	// Model is the name people use, such as "FronyAI/frony-embed-tiny-ko-v1".
	Model string `json:"model"`
	// Revision is the model's version or commit, if it has one.
	Revision string `json:"revision,omitempty"`
	// Dims is the length of the vectors.
	Dims int `json:"dims"`
	// HeadDims is the length of the Matryoshka head: the first HeadDims
	// dimensions, renormalised, are an embedding of their own. It equals Dims
	// for a model that was not trained so.
	HeadDims int `json:"head_dims"`
	// MaxTokens is where texts are cut, in the model's tokens; 0 is no limit.
	MaxTokens int `json:"max_tokens,omitempty"`
	// QueryPrefix and PassagePrefix are the role tokens put before the text.
	QueryPrefix   string `json:"query_prefix,omitempty"`
	PassagePrefix string `json:"passage_prefix,omitempty"`
	// Pooling says how token vectors become one: "mean", "cls", "bag", ….
	Pooling string `json:"pooling,omitempty"`
	// WeightsHash and TokenizerHash are SHA-256 sums in hexadecimal of the
	// files (or embedded tables) that hold the weights and the tokenizer.
	WeightsHash   string `json:"weights_hash,omitempty"`
	TokenizerHash string `json:"tokenizer_hash,omitempty"`
	// Provider is whose protocol a model asked over HTTP speaks ("openai", …),
	// and Address where that was, if not at the provider's own address: the
	// whole address on this machine, scheme and host elsewhere. They lead back
	// to the model and are no part of the fingerprint. Address is what a
	// database says, and a database may be anyone's: nothing is sent there on
	// its word, unless it is this machine.
	Provider string `json:"provider,omitempty"`
	Address  string `json:"address,omitempty"`
}

// Fingerprint is a SHA-256 sum over every field that changes a vector, in
// hexadecimal. Provider and Address say where, not what. Model and Revision are
// names, not causes, and are left out when the weights' hash is known; a remote model, whose weights nobody can hash,
// is known by its name.
func (s Spec) Fingerprint() string {
	h := sha256.New()
	name := s.Model + "@" + s.Revision
	if s.WeightsHash != "" {
		name = ""
	}
	fmt.Fprintf(h, "frony-db spec 1\n%q\n%d %d %d\n%q %q %q\n%q %q\n",
		name, s.Dims, s.HeadDims, s.MaxTokens,
		s.QueryPrefix, s.PassagePrefix, s.Pooling,
		s.WeightsHash, s.TokenizerHash)
	return hex.EncodeToString(h.Sum(nil))
}

// Validate reports a Spec that no embedder can have.
func (s Spec) Validate() error {
	switch {
	case s.Model == "":
		return fmt.Errorf("embedder spec: model has no name")
	case s.Dims <= 0:
		return fmt.Errorf("embedder spec of %s: dims %d, want at least 1", s.Model, s.Dims)
	case s.HeadDims <= 0 || s.HeadDims > s.Dims:
		return fmt.Errorf("embedder spec of %s: head dims %d, want 1 to %d", s.Model, s.HeadDims, s.Dims)
	}
	return nil
}
