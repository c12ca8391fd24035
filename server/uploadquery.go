package server

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
)

// uploadNames are the names of the parameters of an upload.
var uploadNames = func() (names []string) {
	for _, p := range uploadQuery() {
		names = append(names, p.Name)
	}
	return names
}()

// uploadQuery are the parameters of an upload.
func uploadQuery() []*huma.Param {
	text := func(name, doc string, enum ...any) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString, Enum: enum}}
	}
	number := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(0.0)}}
	}
	return []*huma.Param{
		text("mode", "upsert, or insert, which refuses existing ids", "upsert", "insert"),
		text("results", "all, or errors, which answers only refused lines", "all", "errors"),
		text("create", "Create the collection if it does not exist; needs the role admin", "true", "false"),
		text(api.ParamChunk, "Cuts long texts into chunks that fit the model, markdown along its headings. "+
			"An upsert replaces all that was stored of the documents with them", "plain", "markdown"),
		number(api.ParamChunkTokens, "With chunk: the longest chunk, in the model's tokens; 128, or the model's limit if lower, if missing"),
		number(api.ParamChunkOverlap, "With chunk: tokens that a chunk repeats of the previous one; an eighth if missing"),
	}
}
