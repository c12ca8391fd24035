package index

import (
	"encoding/json"

	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
)

// Settings are the settings of a version of a collection, as the store keeps them and
// an open index uses them.
type Settings struct {
	Spec           *embedder.Spec `json:"spec,omitempty"` // nil: embeddings are precomputed
	Dims           int            `json:"dims"`
	HeadDims       int            `json:"head_dims"`
	M              int            `json:"m"`
	EfConstruction int            `json:"ef_construction"`
	EfSearch       int            `json:"ef_search"`    // 0: the number of candidates
	Oversampling   int            `json:"oversampling"` // 0: calibrated
	NoTail         bool           `json:"no_tail,omitempty"`
	Full           bool           `json:"full,omitempty"`         // the graph searches codes of all dims, of four bits each
	ChooseCodes    bool           `json:"choose_codes,omitempty"` // nobody asked for codes: Full is what they begin with
	Graph          string         `json:"graph,omitempty"`        // GraphAlways, or empty: when it is worth it
}

// HasTail reports whether codes of the dimensions behind the head are kept.
func (s *Settings) HasTail() bool { return !s.NoTail && !s.Full && s.HeadDims < s.Dims }

// codeDims is the number of dimensions that the graph's codes have.
func (s *Settings) codeDims() int {
	if s.Full {
		return s.Dims
	}
	return s.HeadDims
}

// DecodeSettings reads the settings of a version from the store's description
// of it. It returns store.ErrCorrupt if they cannot be read.
func DecodeSettings(info store.Info) (Settings, error) {
	var s Settings
	if err := json.Unmarshal(info.Settings, &s); err != nil {
		return s, reason.For(store.ErrCorrupt, "settings of collection %q: %v", info.Name, err)
	}
	return s, nil
}
