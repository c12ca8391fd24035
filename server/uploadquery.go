package server

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// uploadQuery are the parameters of an upload.
func uploadQuery() []*huma.Param {
	text := func(name, doc string, enum ...any) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString, Enum: enum}}
	}
	number := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(0.0)}}
	}
	return []*huma.Param{
		text("mode", "upsert, or insert: a taken id is refused", "upsert", "insert"),
		text("results", "all, or errors: only the lines that were refused", "all", "errors"),
		text("create", "Create the collection if it does not exist; needs the role admin", "true", "false"),
		text("chunk", "Cuts long texts into chunks that the model can read, markdown by its headings; "+
			"an upsert puts them in place of all that was stored of the documents before", "plain", "markdown"),
		number("chunk_tokens", "With chunk: the longest chunk, in the model's tokens; 256, or what the model reads, if missing"),
		number("chunk_overlap", "With chunk: tokens that a chunk repeats of the one before; an eighth if missing"),
	}
}

// uploadChunking is how an upload's texts are cut; nil: not at all.
func uploadChunking(q url.Values) (*Chunking, *Problem) {
	if !q.Has("chunk") && !q.Has("chunk_tokens") && !q.Has("chunk_overlap") {
		return nil, nil
	}
	c := &Chunking{Format: q.Get("chunk")}
	if c.Format != "plain" && c.Format != "markdown" {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "chunk %.40q", c.Format).at("query.chunk").hint("use plain or markdown")
	}
	for name, set := range map[string]func(int){
		"chunk_tokens":  func(n int) { c.Tokens = n },
		"chunk_overlap": func(n int) { c.Overlap = &n },
	} {
		if !q.Has(name) {
			continue
		}
		n, err := strconv.ParseUint(q.Get(name), 10, 31)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "invalid_request", "%s %.40q", name, q.Get(name)).at("query." + name).hint("use a number of tokens")
		}
		set(int(n))
	}
	return c, nil
}
