package compat

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/server/problem"
)

// Host is what the protocols need of the server that they are part of.
type Host struct {
	// Spec is the model's, or nil without one.
	Spec    *embedder.Spec
	Version string

	MaxText       int // bytes of a text
	MaxTexts      int // texts in a request
	MaxConcurrent int // requests that run or wait

	// Count counts the tokens that the model reads of texts; nil if it can't tell.
	Count func(texts []string) int
	// Tokens tells the tokens of a text; nil if the model can't.
	Tokens func(text string) []embedder.Token
	// Check refuses texts that are too many, too long or empty.
	Check func(texts []string) *problem.Problem
	// Embed embeds texts: []float32 of unit length and of dims each, or of the
	// model's dims for 0.
	Embed func(ctx context.Context, as Role, texts []string, dims int) ([][]float32, *problem.Problem)
	// Ready answers whether requests should be sent here; IsReady tells.
	Ready   http.HandlerFunc
	IsReady func() bool
	// Answer writes JSON, and Fail a problem in the route's shape.
	Answer func(w http.ResponseWriter, status int, v any)
	Fail   func(w http.ResponseWriter, r *http.Request, p *problem.Problem)
}

// Route is an endpoint of a protocol.
type Route struct {
	Pattern string // as http.ServeMux reads it
	Open    bool   // needs no key
	Embeds  bool   // has a body, and takes a slot
	Shape   Shape  // how failures are told; nil is the server's own way
	Handler http.HandlerFunc
}

// Shape makes the body of a failure as a protocol has it.
type Shape func(p *problem.Problem) any

// count is the number of tokens of texts, or 0 if the model can't tell.
func (h *Host) count(texts []string) int {
	if h.Count == nil {
		return 0
	}
	return h.Count(texts)
}

// Routes are the endpoints of all protocols.
func Routes(h *Host) []Route {
	routes := (openAI{h}).routes()
	routes = append(routes, weaviate{h}.routes()...)
	routes = append(routes, ollama{h}.routes()...)
	return append(routes, tei{h}.routes()...)
}
