package embedder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Spec is a model's identity: everything that determines the vector of a text. A
// collection records the Spec that it was filled with, and refuses an embedder with
// another fingerprint.
type Spec struct {
	// Model is the name people use, such as "FronyAI/frony-embed-tiny-ko-v1".
	Model string `json:"model"`
	// Revision is the model's version or commit, if it has one.
	Revision string `json:"revision,omitempty"`
	// Dims is the length of the vectors.
	Dims int `json:"dims"`
	// HeadDims is the length of the Matryoshka head: the first HeadDims
	// dimensions, renormalised, are an embedding of their own. It equals Dims for a
	// model that was not trained that way.
	HeadDims int `json:"head_dims"`
	// WeakHead says that the head was measured to rank worse than codes of all
	// dimensions that take as many bytes. New collections search these instead. It is
	// not part of the fingerprint.
	WeakHead bool `json:"weak_head,omitempty"`
	// MaxTokens is the length at which texts are cut, in tokens. 0 is no limit.
	MaxTokens int `json:"max_tokens,omitempty"`
	// QueryPrefix and PassagePrefix are put before the text.
	QueryPrefix   string `json:"query_prefix,omitempty"`
	PassagePrefix string `json:"passage_prefix,omitempty"`
	// Pooling is how token vectors become one: "mean", "cls", "bag", ….
	Pooling string `json:"pooling,omitempty"`
	// WeightsHash and TokenizerHash are SHA-256 sums in hexadecimal of the
	// files (or embedded tables) that hold the weights and the tokenizer.
	WeightsHash   string `json:"weights_hash,omitempty"`
	TokenizerHash string `json:"tokenizer_hash,omitempty"`
	// Provider is the protocol of a model reached over HTTP ("openai", …). Address
	// is where it was reached, if not at the provider's own address: the full
	// address on this machine, scheme and host elsewhere. They help to find the
	// model again and are not part of the fingerprint. A database from elsewhere may
	// contain any Address, so nothing is sent there without being told to, unless it
	// is this machine.
	Provider string `json:"provider,omitempty"`
	Address  string `json:"address,omitempty"`
}

// Fingerprint is the SHA-256 sum, in hexadecimal, of every field that affects vectors.
// WeakHead, Provider and Address do not. Model and Revision are names, and are left out when the
// hash of the weights is known; a remote model is identified by them.
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

// Validate returns the first reason why no embedder can have this Spec.
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
