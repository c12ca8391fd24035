// Package fronydb is an indexer and a retriever for Eino, in the process or at a server:
//
//	s, err := fronydb.New(d, &fronydb.Options{Collection: "notes"})   // d is a *db.DB or a *client.Client
//	ids, err := s.Store(ctx, docs)
//	found, err := s.Retrieve(ctx, "spring in Seoul", retriever.WithTopK(3), fronydb.WithFilter(`lang = "ko"`))
//
// The database or the server embeds, documents as passages and questions as queries,
// unless Options or WithEmbedding have an embedder, or a document has a DenseVector.
//
// A document's ID is kept; without one it is derived from the content and metadata. "source" in
// MetaData groups the parts of a file. An index of Eino is a collection:
// retriever.WithIndex and WithIndex. Sub-indexes are a list in the metadata, by which
// retriever.WithSubIndex filters. retriever.WithDSLInfo is a filter as store.ParseFilter
// reads it, beside that of WithFilter. The score and its threshold are cosines, from
// -1 to 1. See package integrations/store for the rest.
package fronydb

import (
	"context"
	"fmt"
	"maps"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components"
	"github.com/cloudwego/eino/components/embedding"
	"github.com/cloudwego/eino/components/indexer"
	"github.com/cloudwego/eino/components/retriever"
	"github.com/cloudwego/eino/schema"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/integrations/store"
)

// Options configure a store.
type Options struct {
	// Collection is where documents without an index are.
	Collection string
	// Query holds the rest of every search: see store.Options. Its K is the number of
	// results of a retrieval without WithTopK.
	Query db.Query
	// Embedding, if set, embeds documents in place of the database or the server, and
	// QueryEmbedding questions; if that is nil, Embedding does.
	Embedding, QueryEmbedding embedding.Embedder
}

// Store is an indexer.Indexer and a retriever.Retriever. Its methods may be called
// concurrently.
type Store struct {
	store   *store.Store
	options Options
}

var (
	_ indexer.Indexer     = (*Store)(nil)
	_ retriever.Retriever = (*Store)(nil)
	_ components.Checker  = (*Store)(nil)
	_ components.Typer    = (*Store)(nil)
)

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
	out := &Store{store: s, options: *o}
	if out.options.QueryEmbedding == nil {
		out.options.QueryEmbedding = o.Embedding
	}
	return out, nil
}

// GetType is the name of the component.
func (s *Store) GetType() string { return "FronyDB" }

// IsCallbacksEnabled says that Store and Retrieve call the callbacks themselves.
func (s *Store) IsCallbacksEnabled() bool { return true }

// Store adds documents and returns their ids in order. One with the id of another
// replaces that.
func (s *Store) Store(ctx context.Context, docs []*schema.Document, opts ...indexer.Option) (ids []string, err error) {
	ctx = callbacks.EnsureRunInfo(ctx, s.GetType(), components.ComponentOfIndexer)
	ctx = callbacks.OnStart(ctx, &indexer.CallbackInput{Docs: docs})
	defer func() {
		if err != nil {
			callbacks.OnError(ctx, err)
			return
		}
		callbacks.OnEnd(ctx, &indexer.CallbackOutput{IDs: ids})
	}()

	o := indexer.GetCommonOptions(&indexer.Options{Embedding: s.options.Embedding}, opts...)
	own := indexer.GetImplSpecificOptions(&writeOptions{}, opts...)
	b := store.Batch{Namespace: own.index, Embedder: embedder(o.Embedding), Documents: make([]store.Document, len(docs))}
	for i, d := range docs {
		if d == nil {
			return nil, fmt.Errorf("document %d is nil: %w", i+1, db.ErrInvalidText)
		}
		metadata := maps.Clone(d.MetaData)
		delete(metadata, keyScore)
		delete(metadata, keyVector)
		if len(o.SubIndexes) > 0 {
			if metadata == nil {
				metadata = map[string]any{}
			}
			metadata[keySubIndexes] = o.SubIndexes
		}
		b.Documents[i] = store.Document{ID: d.ID, Text: d.Content, Metadata: metadata, Embedding: narrow(d.DenseVector())}
	}
	return s.store.Add(ctx, b)
}

// Retrieve returns the documents nearest to a question, best first.
func (s *Store) Retrieve(ctx context.Context, query string, opts ...retriever.Option) (docs []*schema.Document, err error) {
	o := retriever.GetCommonOptions(&retriever.Options{Embedding: s.options.QueryEmbedding}, opts...)
	own := retriever.GetImplSpecificOptions(&readOptions{}, opts...)
	in := store.Search{Query: query, Embedder: embedder(o.Embedding)}
	if o.Index != nil {
		in.Namespace = *o.Index
	}
	if o.TopK != nil {
		if in.K = *o.TopK; in.K == 0 {
			return nil, nil // as asked
		}
	}
	if o.ScoreThreshold != nil {
		in.MinCosine = new(float32(*o.ScoreThreshold))
	}
	where, err := filterOf(o, own)
	in.Filter = where

	ctx = callbacks.EnsureRunInfo(ctx, s.GetType(), components.ComponentOfRetriever)
	ctx = callbacks.OnStart(ctx, &retriever.CallbackInput{
		Query: query, TopK: in.K, Filter: where.String(), ScoreThreshold: o.ScoreThreshold, Extra: o.DSLInfo,
	})
	defer func() {
		if err != nil {
			callbacks.OnError(ctx, err)
			return
		}
		callbacks.OnEnd(ctx, &retriever.CallbackOutput{Docs: docs})
	}()
	if err != nil {
		return nil, err
	}
	found, err := s.store.Search(ctx, in)
	if err != nil {
		return nil, err
	}
	docs = make([]*schema.Document, len(found))
	for i := range found {
		docs[i] = document(&found[i])
	}
	return docs, nil
}

// Delete deletes documents by their ids from an index, or from that of Options if it is
// empty. An id that does not exist is no error.
func (s *Store) Delete(ctx context.Context, index string, ids ...string) error {
	_, err := s.store.Delete(ctx, index, ids...)
	return err
}

// filterOf joins the filters of a retrieval.
func filterOf(o *retriever.Options, own *readOptions) (filter.Expr, error) {
	where, err := store.ParseFilter(own.filter)
	if err != nil {
		return filter.None(), err
	}
	if o.DSLInfo != nil {
		dsl, err := store.ParseFilter(o.DSLInfo)
		if err != nil {
			return filter.None(), err
		}
		where = filter.And(where, dsl)
	}
	if o.SubIndex != nil {
		where = filter.And(where, filter.Contains(keySubIndexes, *o.SubIndex))
	}
	return where, nil
}

// Eino's names for these.
const (
	keyScore      = "_score"
	keyVector     = "_dense_vector"
	keySubIndexes = "_sub_indexes"
)

func document(d *store.Document) *schema.Document {
	out := &schema.Document{ID: d.ID, Content: d.Text, MetaData: d.Metadata}
	if len(d.Embedding) > 0 {
		out.WithDenseVector(widen(d.Embedding))
	}
	return out.WithScore(float64(d.Score))
}
