package main

import (
	"context"
	"errors"
	"iter"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// database is what holds collections: a directory's database, or a server's.
type database interface {
	Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error]
	Drop(ctx context.Context, name string) error
}

// collection is what the verbs do with one, whose database it may be.
type collection interface {
	Delete(ctx context.Context, ids ...string) (int, error)
	DeleteWhere(ctx context.Context, where filter.Expr) (int, error)
	GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error)
	Count(ctx context.Context, where filter.Expr) (int, error)
	Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error]
	Search(ctx context.Context, q db.Query) ([]db.Match, error)
	Stats(ctx context.Context) (db.Stats, error)
}

// localCollection is a collection of a database that is open here.
type localCollection struct{ *db.Collection }

// Stats implements collection.
func (c localCollection) Stats(context.Context) (db.Stats, error) { return c.Collection.Stats() }

// withDatabase calls f with the database that the flags name, a directory's or
// a server's. It must exist.
func (a *app) withDatabase(f func(database) error) error {
	if a.server != "" {
		return a.withServer(func(c *client.Client) error { return f(c) })
	}
	return a.withDB(func(d *db.DB) error { return f(d) })
}

// withCollection calls f with the collection that the flags name. It must
// exist; in a directory it is opened with its model if f embeds anything.
func (a *app) withCollection(ctx context.Context, embeds bool, f func(collection) error) error {
	if a.server == "" {
		return a.withDB(func(d *db.DB) error {
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

// withDB calls f with the database of the directory that --db names.
func (a *app) withDB(f func(*db.DB) error) error {
	d, err := a.open(true)
	if err != nil {
		return err
	}
	defer a.close(d)
	return f(d)
}
