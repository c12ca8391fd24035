package fronydb

import (
	"github.com/cloudwego/eino/components/indexer"
	"github.com/cloudwego/eino/components/retriever"
)

type readOptions struct{ filter any }

// WithFilter selects the documents that may be retrieved: a filter.Expr, a string in
// frony-db's language or a map, as store.ParseFilter reads it.
func WithFilter(f any) retriever.Option {
	return retriever.WrapImplSpecificOptFn(func(o *readOptions) { o.filter = f })
}

type writeOptions struct{ index string }

// WithIndex stores documents in another collection than that of Options. To retrieve
// them there is retriever.WithIndex.
func WithIndex(name string) indexer.Option {
	return indexer.WrapImplSpecificOptFn(func(o *writeOptions) { o.index = name })
}
