// Package fronydb is a retriever for Genkit, in the process or at a server:
//
//	s, err := fronydb.New(d, &fronydb.Options{Collection: "notes"})   // d is a *db.DB or a *client.Client
//	notes := s.DefineRetriever(g, "notes")                            // fronydb/notes
//	ids, err := s.Index(ctx, docs, nil)
//	found, err := genkit.Retrieve(ctx, g, ai.WithRetriever(notes), ai.WithTextDocs("spring in Seoul"),
//		ai.WithConfig(&fronydb.RetrieverOptions{K: 3, Filter: `lang = "ko"`}))
//
// The database or the server embeds, documents as passages and questions as queries,
// unless Options have an embedder.
//
// What is embedded is the text of a document; its other parts are kept. Its id is its metadata
// "id", a string or an integer; without one it is derived from the document. "source" groups
// the parts of a file. Results have their id in the metadata, and in "_score" the cosine with the
// question, from -1 to 1. A name space is a collection. See package integrations/store for
// the rest.
package fronydb

import (
	"context"
	"fmt"
	"maps"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core"
	"github.com/firebase/genkit/go/core/api"
	"github.com/firebase/genkit/go/genkit"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/integrations/store"
)

const provider = "fronydb"

// Options configure a store.
type Options struct {
	// Collection is where documents without a name space are.
	Collection string
	// Query holds the rest of every search: see store.Options. Its K is the number of
	// results of a retrieval without one.
	Query db.Query
	// Embedder, if set, embeds in place of the database or the server. DocumentOptions
	// and QueryOptions are its options for documents and for questions.
	Embedder                      ai.Embedder
	DocumentOptions, QueryOptions any
}

// Store keeps documents. Its methods may be called concurrently.
type Store struct {
	store    *store.Store
	embedder store.Embedder
}

// New returns a store in a database or at a server. A collection is created when
// the first document is added to it.
func New[S store.Source](source S, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	s, err := store.New(source, &store.Options{Collection: o.Collection, Query: o.Query})
	if err != nil {
		return nil, err
	}
	out := &Store{store: s}
	if o.Embedder != nil {
		out.embedder = theirs{o.Embedder, o.DocumentOptions, o.QueryOptions}
	}
	return out, nil
}

// IndexOptions say where to index.
type IndexOptions struct {
	// Namespace is the collection; empty means that of the store.
	Namespace string
}

// Index adds documents and returns their ids in order. One with the id of another
// replaces that. Nil options are the default.
func (s *Store) Index(ctx context.Context, docs []*ai.Document, o *IndexOptions) ([]string, error) {
	if o == nil {
		o = &IndexOptions{}
	}
	b := store.Batch{Namespace: o.Namespace, Embedder: s.embedder, Documents: make([]store.Document, len(docs))}
	for i, d := range docs {
		var err error
		if b.Documents[i], err = pack(d); err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	return s.store.Add(ctx, b)
}

// RetrieverOptions are the options of a retrieval: a value, a pointer, or the same as JSON.
type RetrieverOptions struct {
	// K is the number of results; zero means that of Options.Query, or 4.
	K int `json:"k,omitempty"`
	// Filter is a filter.Expr, a string in frony-db's language or a map, as
	// store.ParseFilter reads it.
	Filter any `json:"filter,omitempty"`
	// MinCosine, if set, drops documents with a lower cosine.
	MinCosine *float32 `json:"minCosine,omitempty"`
	// Namespace is the collection; empty means that of the store.
	Namespace string `json:"namespace,omitempty"`
}

// DefineRetriever registers the store as the retriever fronydb/NAME.
func (s *Store) DefineRetriever(g *genkit.Genkit, name string) ai.Retriever {
	return genkit.DefineRetriever(g, api.NewName(provider, name), &ai.RetrieverOptions{
		Label:        "frony-db: " + name,
		ConfigSchema: core.InferSchemaMap(RetrieverOptions{}),
	}, s.Retrieve)
}

// Retrieve returns the documents nearest to the text of req.Query, best first.
func (s *Store) Retrieve(ctx context.Context, req *ai.RetrieverRequest) (*ai.RetrieverResponse, error) {
	o, err := optionsOf[RetrieverOptions](req.Options)
	if err != nil {
		return nil, err
	}
	found, err := s.store.Search(ctx, store.Search{
		Namespace: o.Namespace, Query: textOf(req.Query), K: o.K, Filter: o.Filter, MinCosine: o.MinCosine, Embedder: s.embedder,
	})
	if err != nil {
		return nil, err
	}
	out := &ai.RetrieverResponse{Documents: make([]*ai.Document, len(found))}
	for i := range found {
		if out.Documents[i], err = unpack(&found[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Delete deletes documents by their ids from a name space, or from the store's own
// collection if it is empty. An id that does not exist is no error.
func (s *Store) Delete(ctx context.Context, namespace string, ids ...string) error {
	_, err := s.store.Delete(ctx, namespace, ids...)
	return err
}

// Names in metadata.
const (
	keyScore   = "_score"
	keyContent = "_frony_content" // parts of a document that is not one text
)

func pack(d *ai.Document) (store.Document, error) {
	if d == nil {
		return store.Document{}, fmt.Errorf("it is nil: %w", db.ErrInvalidText)
	}
	id, err := store.IDOf(d.Metadata)
	if err != nil {
		return store.Document{}, err
	}
	metadata := maps.Clone(d.Metadata)
	delete(metadata, keyScore)
	if len(d.Content) != 1 || !d.Content[0].IsText() || d.Content[0].Metadata != nil {
		if metadata == nil {
			metadata = map[string]any{}
		}
		metadata[keyContent] = content(d.Content)
	}
	return store.Document{ID: id, Text: textOf(d), Metadata: metadata}, nil
}

func unpack(d *store.Document) (*ai.Document, error) {
	metadata := d.MetadataWithID()
	kept, ok := metadata[keyContent]
	delete(metadata, keyContent)
	metadata[keyScore] = d.Score
	if !ok {
		return ai.DocumentFromText(d.Text, metadata), nil
	}
	parts, err := partsOf(kept)
	if err != nil {
		return nil, fmt.Errorf("document %q: %w", d.ID, err)
	}
	return &ai.Document{Content: parts, Metadata: metadata}, nil
}
