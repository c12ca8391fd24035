package main

import (
	"context"
	"errors"
	"iter"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

// database is a local database, a server, or that of an engine.
type database interface {
	Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error]
	Drop(ctx context.Context, name string) error
	Rename(ctx context.Context, from, to string) error
	SetAlias(ctx context.Context, alias, collection string) (previous string, err error)
	DropAlias(ctx context.Context, alias string) error
	Aliases(ctx context.Context) ([]db.Alias, error)
}

// collection is a collection of a local database, of a server or of an engine.
type collection interface {
	Delete(ctx context.Context, ids ...string) (int, error)
	DeleteWhere(ctx context.Context, where filter.Expr) (int, error)
	UpdateIDs(ctx context.Context, p db.Patch, ids ...string) (int, error)
	UpdateWhere(ctx context.Context, where filter.Expr, p db.Patch) (int, error)
	GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error)
	FilterWarnings(ctx context.Context, where filter.Expr, fields ...string) ([]string, error)
	Facets(ctx context.Context, q db.FacetQuery) (db.Facets, error)
	Fields(ctx context.Context, where filter.Expr) ([]db.FieldInfo, error)
	Count(ctx context.Context, where filter.Expr) (int, error)
	Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error]
	Search(ctx context.Context, q db.Query) ([]db.Match, error)
	Stats(ctx context.Context) (db.Stats, error)
}

// localCollection is a collection of a local database.
type localCollection struct{ *db.Collection }

// Stats implements collection.
func (c localCollection) Stats(context.Context) (db.Stats, error) { return c.Collection.Stats() }

// withDatabase calls f with the database or server that the flags name. It must
// exist.
func (a *app) withDatabase(f func(database) error) error {
	if a.server != "" {
		return a.withServer(func(c *client.Client) error { return f(c) })
	}
	if a.engine != "" {
		return a.withEngine(context.Background(), false, func(d engine.DB) error { return f(engineDatabase{d}) })
	}
	return a.withDB(func(d *db.DB) error { return f(d) })
}

// readDatabase is withDatabase for commands that only read.
func (a *app) readDatabase(f func(database) error) error {
	if a.server != "" {
		return a.withDatabase(f)
	}
	if a.engine != "" {
		return a.withEngine(context.Background(), true, func(d engine.DB) error { return f(engineDatabase{d}) })
	}
	return a.opened(a.openToRead, func(d *db.DB) error { return f(d) })
}

// withCollection calls f, which only reads, with the collection that the flags name.
// It must exist. A local one is opened with its model if f embeds anything.
func (a *app) withCollection(ctx context.Context, embeds bool, f func(collection) error) error {
	if a.engine != "" {
		return a.engineCollectionOf(ctx, true, embeds, f)
	}
	return a.collectionOf(ctx, a.openToRead, embeds, f)
}

// writeCollection calls f, which writes, with the collection that the flags name.
func (a *app) writeCollection(ctx context.Context, f func(collection) error) error {
	if a.engine != "" {
		return a.engineCollectionOf(ctx, false, false, f)
	}
	return a.collectionOf(ctx, func() (*db.DB, error) { return a.open(true) }, false, f)
}

func (a *app) engineCollectionOf(ctx context.Context, toRead, embeds bool, f func(collection) error) error {
	return a.withEngine(ctx, toRead, func(d engine.DB) error {
		c, err := a.inEngine(ctx, d, embeds)
		if err != nil {
			return err
		}
		return f(engineCollection{c})
	})
}

func (a *app) collectionOf(ctx context.Context, open func() (*db.DB, error), embeds bool, f func(collection) error) error {
	if a.server == "" {
		return a.opened(open, func(d *db.DB) error {
			c, err := a.openCollection(ctx, d, embeds)
			if err != nil {
				return err
			}
			return f(localCollection{c})
		})
	}
	return a.withServer(func(c *client.Client) error {
		err := f(c.Collection(a.collection))
		if errors.Is(err, db.ErrNoCollection) {
			return a.noCollection(ctx, c)
		}
		return err
	})
}

// withDB calls f with the database in the directory --db. It must exist.
func (a *app) withDB(f func(*db.DB) error) error {
	return a.opened(func() (*db.DB, error) { return a.open(true) }, f)
}

// opened calls f with a database and closes it.
func (a *app) opened(open func() (*db.DB, error), f func(*db.DB) error) error {
	d, err := open()
	if err != nil {
		return err
	}
	defer a.close(d)
	return f(d)
}
