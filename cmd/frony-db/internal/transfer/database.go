package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
)

// Database is what is copied from and to.
type Database interface {
	// Collections yields the collections in the order of their names.
	Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error]
	// open opens a collection. It returns db.ErrNoCollection.
	open(ctx context.Context, name string) (collection, db.Stats, error)
	// create creates an empty collection with the model and the dims of another one. It
	// returns db.ErrModelMismatch if it cannot.
	create(ctx context.Context, name string, like *db.Stats) (collection, error)
	// load calls fill, which writes to a collection.
	load(ctx context.Context, name string, fill func() error) error
}

// collection is a collection of a Database.
type collection interface {
	Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error]
	GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error)
	Count(ctx context.Context, where filter.Expr) (int, error)
	Search(ctx context.Context, q db.Query) ([]db.Match, error)
	Upsert(ctx context.Context, docs ...db.Document) ([]string, error)
}

// Engine is a database of an engine, or a directory (engine.Local). It needs no embedder.
func Engine(d engine.DB) Database { return engineDB{d} }

type engineDB struct{ engine.DB }

func (d engineDB) open(ctx context.Context, name string) (collection, db.Stats, error) {
	c, err := d.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return nil, db.Stats{}, err
	}
	s, err := c.Stats()
	return c, s, err
}

func (d engineDB) create(ctx context.Context, name string, like *db.Stats) (collection, error) {
	o := options(like)
	if like.Model != nil {
		o.Embedder, o.Dims, o.Precomputed = named{*like.Model}, 0, false
	}
	return d.Collection(ctx, name, o)
}

func (d engineDB) load(ctx context.Context, name string, fill func() error) error {
	if l, ok := d.DB.(engine.Loader); ok {
		return l.Load(ctx, name, fill)
	}
	return fill()
}

// options create a collection like another one, but for its model.
func options(like *db.Stats) *db.CollectionOptions {
	return &db.CollectionOptions{Dims: like.Dims, HeadDims: like.HeadDims, Codes: like.Codes, Precomputed: true}
}

// named is a model by its identity alone: all that a collection keeps of it.
type named struct{ spec embedder.Spec }

func (n named) Spec() embedder.Spec { return n.spec }

func (n named) EmbedPassages(context.Context, []string) ([][]float32, error) {
	return nil, errEmbeds
}

func (n named) EmbedQuery(context.Context, string) ([]float32, error) { return nil, errEmbeds }

var errEmbeds = errors.New("a copy embeds nothing")

// Server is the database of a server.
func Server(c *client.Client) Database { return serverDB{c} }

type serverDB struct{ *client.Client }

func (d serverDB) open(ctx context.Context, name string) (collection, db.Stats, error) {
	c := d.Collection(name)
	s, err := c.Stats(ctx)
	return c, s, err
}

func (d serverDB) load(_ context.Context, _ string, fill func() error) error { return fill() }

// create uses the server's own model, which must be the other collection's.
func (d serverDB) create(ctx context.Context, name string, like *db.Stats) (collection, error) {
	o := options(like)
	if like.Model != nil {
		o.Dims, o.Precomputed = 0, false
	}
	info, err := d.Create(ctx, name, o)
	if err != nil {
		return nil, err
	}
	if err := sameModel(name, like, &db.Stats{Dims: info.Dims, Model: info.Model}); err != nil {
		return nil, errors.Join(err, d.Drop(context.WithoutCancel(ctx), name))
	}
	return d.Collection(name), nil
}

// sameModel returns db.ErrModelMismatch if the embeddings of two collections cannot be
// compared. name is that of the second.
func sameModel(name string, from, to *db.Stats) error {
	if from.Dims == to.Dims && fingerprint(from.Model) == fingerprint(to.Model) {
		return nil
	}
	return &db.Error{
		Op: "copy", Input: fmt.Sprintf("%q", name),
		Err:  fmt.Errorf("%w: it has %s, and what is copied has %s", db.ErrModelMismatch, model(to), model(from)),
		Hint: "choose another name with --as, serve with the same --model, or import the texts to embed them again",
	}
}

func fingerprint(s *embedder.Spec) string {
	if s == nil {
		return ""
	}
	return s.Fingerprint()
}

// model names the model of a collection.
func model(s *db.Stats) string {
	if s.Model == nil {
		return fmt.Sprintf("precomputed embeddings of %d dimensions", s.Dims)
	}
	return fmt.Sprintf("%s of %d dimensions (fingerprint %.12s)", s.Model.Model, s.Dims, s.Model.Fingerprint())
}
