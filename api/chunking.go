package api

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
)

// Chunking says how to cut texts.
type Chunking struct {
	Format  string `json:"format,omitempty" enum:"plain,markdown" doc:"Markdown is cut along its headings; plain if missing"`
	Tokens  int    `json:"tokens,omitzero" minimum:"0" doc:"The longest chunk, in the model's tokens; 128, or the model's limit if lower, if missing"`
	Overlap *int   `json:"overlap,omitempty" minimum:"0" doc:"Tokens that a chunk repeats of the previous one; an eighth of tokens if missing"`
}

const (
	plain    = "plain"
	markdown = "markdown"
)

// FromChunkOptions is the wire form of chunk options. It refuses a Count: the
// server's model counts tokens.
func FromChunkOptions(o chunk.Options) (Chunking, error) {
	c := Chunking{Format: plain, Tokens: o.MaxTokens, Overlap: o.Overlap}
	switch {
	case o.Count != nil:
		return c, fmt.Errorf("%w: Count is set, but the server's model counts tokens", db.ErrInvalidOptions)
	case o.Format == chunk.Markdown:
		c.Format = markdown
	case o.Format != chunk.Plain:
		return c, fmt.Errorf("%w: unknown chunk format %d", db.ErrInvalidOptions, o.Format)
	}
	return c, nil
}

// DB is the chunk options. A format that is not known is plain: ParseChunking and
// the API's schema refuse it.
func (c *Chunking) DB() chunk.Options {
	o := chunk.Options{MaxTokens: c.Tokens, Overlap: c.Overlap}
	if c.Format == markdown {
		o.Format = chunk.Markdown
	}
	return o
}

// The parameters of an upload that say how to cut texts.
const (
	ParamChunk        = "chunk"
	ParamChunkTokens  = "chunk_tokens"
	ParamChunkOverlap = "chunk_overlap"
)

// Values is the chunking in the query of an upload's URL.
func (c *Chunking) Values() url.Values {
	q := url.Values{ParamChunk: {c.Format}, ParamChunkTokens: {strconv.Itoa(c.Tokens)}}
	if c.Overlap != nil {
		q.Set(ParamChunkOverlap, strconv.Itoa(*c.Overlap))
	}
	return q
}

// ParseChunking reads the query of an upload's URL; nil: texts are not cut.
func ParseChunking(q url.Values) (*Chunking, error) {
	if !q.Has(ParamChunk) && !q.Has(ParamChunkTokens) && !q.Has(ParamChunkOverlap) {
		return nil, nil
	}
	c := &Chunking{Format: q.Get(ParamChunk)}
	if c.Format != plain && c.Format != markdown {
		return nil, &FieldError{Field: ParamChunk, Err: fmt.Errorf("chunk %.40q", c.Format), Hint: "use plain or markdown"}
	}
	tokens, err1 := number31(q, ParamChunkTokens)
	overlap, err2 := number31(q, ParamChunkOverlap)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if tokens != nil {
		c.Tokens = *tokens
	}
	c.Overlap = overlap
	return c, nil
}

// number31 reads a number that may be missing.
func number31(q url.Values, name string) (*int, error) {
	if !q.Has(name) {
		return nil, nil
	}
	n, err := strconv.ParseUint(q.Get(name), 10, 31)
	if err != nil {
		return nil, &FieldError{Field: name, Err: fmt.Errorf("%s %.40q", name, q.Get(name)), Hint: "use a number of tokens"}
	}
	return new(int(n)), nil
}
