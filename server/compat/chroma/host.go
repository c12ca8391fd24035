package chroma

import (
	"context"
	"iter"
	"net/http"
	"sync"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// Host is what the protocol needs of the server that it is part of.
type Host struct {
	DB engine.DB
	// Model is the server's, or nil without one.
	Model *embedder.Spec
	Reset bool // POST /api/v2/reset is allowed

	MaxBatch   int // documents, or ids, in a request
	MaxK       int // results of a query
	MaxQueries int // queries in a request
	Filter     filter.Limits

	// CheckText refuses a text that is too long.
	CheckText func(text, param string) *problem.Problem
	// EmbedQueries embeds texts with the model.
	EmbedQueries func(ctx context.Context, texts []string) ([][]float32, *problem.Problem)
	// May decides whether the request's key has a role for a collection.
	May func(ctx context.Context, role keys.Role, collection string) *problem.Problem
	// Open opens a collection that exists.
	Open func(ctx context.Context, name string) (engine.Collection, error)
	// Search runs a query and observes it.
	Search func(ctx context.Context, c engine.Collection, q db.Query) ([]db.Match, error)
	// Fits adds documents to the size of the answer, and refuses what would not fit.
	Fits func(ctx context.Context, docs iter.Seq[*db.Document]) *problem.Problem
	// Problem translates an error of the database.
	Problem func(ctx context.Context, err error) *problem.Problem
	// Answer writes JSON, and Fail a problem in the route's shape.
	Answer func(w http.ResponseWriter, status int, v any)
	Fail   func(w http.ResponseWriter, r *http.Request, p *problem.Problem)

	// naming is held while names are given and taken.
	naming sync.Mutex
	// merging has a mutex for each collection, held while documents are read, merged
	// with what a request changes, and written.
	merging sync.Map
}

// Route is an endpoint.
type Route struct {
	Pattern string // as http.ServeMux reads it
	Role    keys.Role
	Body    bool
	Slot    Slot
	Whole   bool // is about all collections
	Handler http.HandlerFunc
}

// Slot says what a request waits for.
type Slot uint8

// The slots.
const (
	SlotNone Slot = iota
	SlotSearch
	SlotWrite
)

// merge takes the mutex of a collection.
func (h *Host) merge(collection string) (unlock func()) {
	v, _ := h.merging.LoadOrStore(collection, new(sync.Mutex))
	mu := v.(*sync.Mutex) //nolint:forcetypeassert // nothing else is stored
	mu.Lock()
	return mu.Unlock
}
