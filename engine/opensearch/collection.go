package opensearch

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
)

// Collection is a collection in OpenSearch. Its methods may be called concurrently.
type Collection struct {
	*db.Rules
	d    *DB
	meta meta
	seen *seen
}

var (
	_ engine.DB        = (*DB)(nil)
	_ engine.Delegator = (*DB)(nil)
	_ engine.Monitor   = (*DB)(nil)
	_ engine.Delegator = (*Collection)(nil)
)

// path is that of an endpoint of the collection's index.
func (c *Collection) path(endpoint string) string { return "/" + c.meta.Alias + "/" + endpoint }

// Name is the collection's name.
func (c *Collection) Name() string { return c.meta.Name }

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

// Stats measures the collection. The bytes on disk are those of the primary shards, with
// what merges have not given back yet; nothing of it is in this process's memory.
func (c *Collection) Stats() (db.Stats, error) {
	ctx := context.Background() // the method has none
	s := db.Stats{Name: c.meta.Name, Created: c.meta.Created}
	info := c.Info()
	s.Dims, s.HeadDims, s.Model = info.Dims, info.HeadDims, info.Model
	if c.Restricted() {
		return s, failed("stats", c.meta.Name, db.ErrOutside)
	}
	err := c.reads(ctx, func(at *state) error {
		all, err := c.all(ctx, at)
		if err != nil {
			return err
		}
		if s.Documents, err = c.count(ctx, all); err != nil {
			return err
		}
		fields, _, err := c.known(ctx, at)
		s.Fields = len(fields)
		return err
	})
	if err == nil {
		s.Disk.Store, err = c.bytes(ctx)
	}
	return s, failed("stats", c.meta.Name, err)
}

func (c *Collection) bytes(ctx context.Context) (int64, error) {
	var answer struct {
		All struct {
			Primaries struct {
				Store struct {
					Bytes int64 `json:"size_in_bytes"`
				} `json:"store"`
			} `json:"primaries"`
		} `json:"_all"`
	}
	err := c.d.client.do(ctx, call{method: http.MethodGet, path: c.path("_stats/store")}, &answer)
	return answer.All.Primaries.Store.Bytes, err
}

// Chunks is db.Collection.Chunks.
func (c *Collection) Chunks(o chunk.Options, docs ...db.Document) ([]db.Document, error) {
	return c.Rules.Chunks(o, docs...)
}
