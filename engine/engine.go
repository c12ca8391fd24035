package engine

import (
	"context"
	"iter"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
)

// DB is a database: collections by name. Its methods may be called concurrently, and
// mean what those of db.DB mean.
type DB interface {
	Collection(ctx context.Context, name string, opts *db.CollectionOptions) (Collection, error)
	Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error]
	Drop(ctx context.Context, name string) error
	Close() error
}

// Collection is a set of documents with embeddings of one model. Its methods may be
// called concurrently, and mean what those of db.Collection mean.
type Collection interface {
	Reader
	Writer

	Name() string
	// Dims and Model are those of the embeddings; Model is nil if they are precomputed.
	Dims() int
	Model() *embedder.Spec
	Stats() (db.Stats, error)
	// Restrict returns the collection as if it had those documents only that meet a
	// filter.
	Restrict(where filter.Expr) (Collection, error)
}

// Reader finds and reads documents.
type Reader interface {
	Search(ctx context.Context, q db.Query) ([]db.Match, error)
	GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error)
	Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error]
	Count(ctx context.Context, where filter.Expr) (int, error)
	Facets(ctx context.Context, q db.FacetQuery) (db.Facets, error)
	Fields(ctx context.Context, where filter.Expr) ([]db.FieldInfo, error)
	FilterWarnings(ctx context.Context, where filter.Expr, fields ...string) ([]string, error)
}

// Writer writes, changes and deletes documents.
type Writer interface {
	Insert(ctx context.Context, docs ...db.Document) ([]string, error)
	Upsert(ctx context.Context, docs ...db.Document) ([]string, error)
	ReplaceSource(ctx context.Context, source string, docs ...db.Document) (db.Replaced, error)
	InsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) ([]string, error)
	UpsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) (db.Replaced, error)
	Update(ctx context.Context, id string, p db.Patch) error
	UpdateIDs(ctx context.Context, p db.Patch, ids ...string) (int, error)
	UpdateWhere(ctx context.Context, where filter.Expr, p db.Patch) (int, error)
	Delete(ctx context.Context, ids ...string) (int, error)
	DeleteWhere(ctx context.Context, where filter.Expr) (int, error)

	// Chunks and Validate say what a write would make of documents.
	Chunks(o chunk.Options, docs ...db.Document) ([]db.Document, error)
	Validate(d db.Document) error
}
