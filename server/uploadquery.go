package server

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
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
		text(api.ParamChunk, "Cuts long texts into chunks that the model can read, markdown by its headings; "+
			"an upsert puts them in place of all that was stored of the documents before", "plain", "markdown"),
		number(api.ParamChunkTokens, "With chunk: the longest chunk, in the model's tokens; 256, or what the model reads, if missing"),
		number(api.ParamChunkOverlap, "With chunk: tokens that a chunk repeats of the one before; an eighth if missing"),
	}
}
