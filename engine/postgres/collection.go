package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
)

// Collection is a collection in PostgreSQL. Its methods may be called concurrently.
type Collection struct {
	*db.Rules
	d       *DB
	id      int64
	name    string
	created time.Time
	t       tables
}

var (
	_ engine.DB        = (*DB)(nil)
	_ engine.Namer     = (*DB)(nil)
	_ engine.Joiner    = (*DB)(nil)
	_ engine.Loader    = (*DB)(nil)
	_ engine.Delegator = (*DB)(nil)
	_ engine.Delegator = (*Collection)(nil)
)

// Name is the collection's name.
func (c *Collection) Name() string { return c.name }

// Dims is the number of dimensions of the embeddings.
func (c *Collection) Dims() int { return c.Info().Dims }

// Model is the model of the embeddings, or nil if they are precomputed.
func (c *Collection) Model() *embedder.Spec { return c.Info().Model }

// Instead says what does what the collection does not.
func (c *Collection) Instead(op string) string { return instead(op) }

// Restrict is db.Collection.Restrict.
func (c *Collection) Restrict(where filter.Expr) (engine.Collection, error) {
	r, err := c.Rules.Restrict(where)
	if err != nil {
		return nil, err
	}
	restricted := *c
	restricted.Rules = r
	return &restricted, nil
}

// Stats measures the collection. The bytes on disk are those of all of its tables and
// indexes; nothing of it is in this process's memory.
func (c *Collection) Stats() (db.Stats, error) {
	ctx := context.Background() // the method has none
	s := db.Stats{Name: c.name, Created: c.created.UTC()}
	info := c.Info()
	s.Dims, s.HeadDims, s.Model = info.Dims, info.HeadDims, info.Model
	if c.Restricted() {
		return s, failed("stats", c.name, db.ErrOutside)
	}
	err := c.d.read(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT documents, (SELECT count(DISTINCT name) FROM `+c.t.fields+`),
			pg_total_relation_size($2) + pg_total_relation_size($3) + pg_total_relation_size($4)
			FROM frony.collections WHERE id = $1`, c.id, c.t.docs, c.t.words, c.t.terms).Scan(&s.Documents, &s.Fields, &s.Disk.Store)
	})
	return s, failed("stats", c.name, err)
}

// Chunks is db.Collection.Chunks.
func (c *Collection) Chunks(o chunk.Options, docs ...db.Document) ([]db.Document, error) {
	return c.Rules.Chunks(o, docs...)
}
