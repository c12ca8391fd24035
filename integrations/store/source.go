package store

import (
	"context"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
)

// Source is where the documents are: a database that is open in this process, or a
// client of a server.
type Source interface {
	*db.DB | *client.Client
}

// collection has what a collection in the process and one at a server have in common.
type collection interface {
	Upsert(ctx context.Context, docs ...db.Document) ([]string, error)
	Search(ctx context.Context, q db.Query) ([]db.Match, error)
	Delete(ctx context.Context, ids ...string) (int, error)
}

// source opens collections.
type source interface {
	// open returns a collection that exists. Whether it does may show only when it is used.
	open(ctx context.Context, name string) (collection, error)
	// create creates a collection for embeddings of dims dimensions, or for those of
	// the model if dims is 0. It may exist.
	create(ctx context.Context, name string, dims int) error
}

func sourceOf[S Source](s S) source {
	switch s := any(s).(type) {
	case *db.DB:
		return local{s}
	case *client.Client:
		return remote{s}
	}
	return nil // no other type is a Source
}

type local struct{ d *db.DB }

func (l local) open(ctx context.Context, name string) (collection, error) {
	c, err := l.d.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return nil, err // c would be no nil interface
	}
	return c, nil
}

func (l local) create(ctx context.Context, name string, dims int) error {
	_, err := l.d.Collection(ctx, name, &db.CollectionOptions{Dims: dims, Precomputed: dims > 0})
	return err
}

type remote struct{ c *client.Client }

func (r remote) open(_ context.Context, name string) (collection, error) {
	return r.c.Collection(name), nil
}

func (r remote) create(ctx context.Context, name string, dims int) error {
	_, err := r.c.Create(ctx, name, &db.CollectionOptions{Dims: dims, Precomputed: dims > 0})
	return err
}
