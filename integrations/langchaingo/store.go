// Package fronydb is a vector store for LangChainGo, in the process or at a server:
//
//	s, err := fronydb.New(d, &fronydb.Options{Collection: "notes"})   // d is a *db.DB or a *client.Client
//	ids, err := s.AddDocuments(ctx, docs)
//	found, err := s.SimilaritySearch(ctx, "spring in Seoul", 3, vectorstores.WithFilters(`lang = "ko"`))
//
// The database or the server embeds, documents as passages and questions as queries,
// unless Options or vectorstores.WithEmbedder have an embedder.
//
// A document's id is its metadata "id", a string or an integer; without one it is derived from the
// text and metadata, and results have it there. "source" groups the parts of a
// file. A name space is a collection. Filters are what store.ParseFilter reads.
// WithScoreThreshold is a cosine from -1 to 1, as Document.Score is; 0 is no threshold. See package
// integrations/store for the rest.
package fronydb

import (
	"context"
	"fmt"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/integrations/store"
)

// Options configure a store.
type Options struct {
	// Collection is where documents without a name space are.
	Collection string
	// Query holds the rest of every search: see store.Options.
	Query db.Query
	// Embedder, if set, embeds in place of the database or the server.
	Embedder embeddings.Embedder
}

// Store is a vectorstores.VectorStore. Its methods may be called concurrently.
type Store struct {
	store    *store.Store
	embedder embeddings.Embedder
}

var _ vectorstores.VectorStore = (*Store)(nil)

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
	return &Store{store: s, embedder: o.Embedder}, nil
}

// AddDocuments adds documents, but for those that the Deduplicater reports, and returns
// the ids of those that it added. One with the id of another replaces that.
func (s *Store) AddDocuments(ctx context.Context, docs []schema.Document, options ...vectorstores.Option) ([]string, error) {
	o := s.options(options)
	b := store.Batch{Namespace: o.NameSpace, Embedder: embedder(o.Embedder)}
	for i, d := range docs {
		if o.Deduplicater != nil && o.Deduplicater(ctx, d) {
			continue
		}
		id, err := store.IDOf(d.Metadata)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
		b.Documents = append(b.Documents, store.Document{ID: id, Text: d.PageContent, Metadata: d.Metadata})
	}
	return s.store.Add(ctx, b)
}

// SimilaritySearch returns the documents nearest to a question, best first.
func (s *Store) SimilaritySearch(ctx context.Context, query string, numDocuments int, options ...vectorstores.Option) ([]schema.Document, error) {
	o := s.options(options)
	in := store.Search{Namespace: o.NameSpace, Query: query, K: numDocuments, Filter: o.Filters, Embedder: embedder(o.Embedder)}
	if o.ScoreThreshold != 0 {
		in.MinCosine = &o.ScoreThreshold
	}
	found, err := s.store.Search(ctx, in)
	if err != nil {
		return nil, err
	}
	docs := make([]schema.Document, len(found))
	for i, d := range found {
		docs[i] = schema.Document{PageContent: d.Text, Metadata: d.MetadataWithID(), Score: d.Score}
	}
	return docs, nil
}

// Delete deletes documents by their ids. One that does not exist is no error. Of the
// options, the name space is used.
func (s *Store) Delete(ctx context.Context, ids []string, options ...vectorstores.Option) error {
	_, err := s.store.Delete(ctx, s.options(options).NameSpace, ids...)
	return err
}

func (s *Store) options(options []vectorstores.Option) vectorstores.Options {
	o := vectorstores.Options{Embedder: s.embedder}
	for _, option := range options {
		option(&o)
	}
	return o
}

// Embedder returns a model as an embedder for LangChainGo: one of package embedder, or
// a *client.Client for the model of a server.
func Embedder(e store.Embedder) embeddings.Embedder { return ours{e} }

type ours struct{ store.Embedder }

func (o ours) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	return o.EmbedPassages(ctx, texts)
}

// embedder returns an embedder of LangChainGo as one for the store, nil for none.
func embedder(e embeddings.Embedder) store.Embedder {
	if e == nil {
		return nil
	}
	return theirs{e}
}

type theirs struct{ embeddings.Embedder }

func (t theirs) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return t.EmbedDocuments(ctx, texts)
}
