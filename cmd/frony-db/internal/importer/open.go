package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// collection is the collection of a database or of a server.
type collection interface {
	Validate(d db.Document) error
	Chunks(o chunk.Options, docs ...db.Document) ([]db.Document, error)
	Insert(ctx context.Context, docs ...db.Document) ([]string, error)
	Upsert(ctx context.Context, docs ...db.Document) ([]string, error)
	ReplaceSource(ctx context.Context, source string, docs ...db.Document) (db.Replaced, error)
	Delete(ctx context.Context, ids ...string) (int, error)
	GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error)
}

// remoteCollection is a collection of a server.
type remoteCollection struct {
	*client.Collection
	info db.CollectionInfo
}

// Validate implements collection. It finds locally what the server would refuse.
func (c remoteCollection) Validate(d db.Document) error { return c.info.Validate(d) }

// Chunks implements collection. Documents are cut locally, since an import counts
// what becomes of each chunk.
func (c remoteCollection) Chunks(o chunk.Options, docs ...db.Document) ([]db.Document, error) {
	return c.info.Chunks(o, docs...)
}

// lister is a database or a server.
type lister interface {
	Collections(ctx context.Context) iter.Seq2[db.CollectionInfo, error]
}

// open opens the collection, or creates it to fit the first record.
func (im *Importer) open(ctx context.Context, first *source.Record) error {
	if im.to.Server != nil {
		return im.openRemote(ctx, first)
	}
	o := &db.CollectionOptions{}
	info, exists, err := im.find(ctx, im.to.DB)
	switch {
	case err != nil:
		return err
	case exists:
		im.filled = info.Documents > 0
		o.Embedder, err = im.to.Models.For(ctx, info.Model)
	case im.to.Models.Name == models.None && first.Embedding == nil:
		return errors.New("--precomputed: the first record has no embedding, so the dimensions of a new collection are unknown")
	case im.to.Models.Name == models.None || im.to.Models.Name == "" && first.Embedding != nil:
		o.Dims = len(first.Embedding)
	default:
		o.Embedder, err = im.to.Models.Open(ctx, cmp.Or(im.to.Models.Name, models.Builtin))
	}
	if err != nil {
		return err
	}
	if o.Embedder != nil {
		if err := im.checkChunks(o.Embedder.Spec()); err != nil {
			return err
		}
		im.meter.Embedder = o.Embedder
		o.Embedder = im.meter
	} else if !exists {
		im.notePrecomputed("; use --model to choose one")
	}
	col, err := im.to.DB.Collection(ctx, im.to.Collection, o)
	if err != nil {
		return err
	}
	im.col = col
	return nil
}

// checkChunks refuses chunks that exceed the model's context.
func (im *Importer) checkChunks(s embedder.Spec) error {
	if s.MaxTokens > 0 && im.o.Chunk.MaxTokens > s.MaxTokens {
		return usage.Errorf("--chunk %d: the model %s reads at most %d tokens", im.o.Chunk.MaxTokens, s.Model, s.MaxTokens)
	}
	return nil
}

// notePrecomputed explains what it means that a new collection has no model.
func (im *Importer) notePrecomputed(wayOut string) {
	if !im.o.Quiet {
		fmt.Fprintf(im.o.Messages, "frony-db: the collection %s has no model: its embeddings are precomputed, and dense searches need an embedding too%s\n", im.to.Collection, wayOut)
	}
}

// openRemote opens or creates the collection of the server, whose model embeds
// records without embedding.
func (im *Importer) openRemote(ctx context.Context, first *source.Record) error {
	info, exists, err := im.find(ctx, im.to.Server)
	switch {
	case err != nil:
		return err
	case exists:
		im.filled = info.Documents > 0
	default:
		precomputed := first.Embedding != nil
		if info, err = im.to.Server.Create(ctx, im.to.Collection, &db.CollectionOptions{Precomputed: precomputed, Dims: len(first.Embedding)}); err != nil {
			return err
		}
		if precomputed {
			im.notePrecomputed("")
		}
	}
	if info.Model != nil {
		if err := im.checkChunks(*info.Model); err != nil {
			return err
		}
		// If the server's model is builtin too, count its tokens exactly.
		if e := builtin.New(); e.Spec().Fingerprint() == info.Model.Fingerprint() {
			im.o.Chunk.Count = embedder.Counter(e)
		}
	}
	im.col = remoteCollection{im.to.Server.Collection(im.to.Collection), info}
	return nil
}

func (im *Importer) find(ctx context.Context, d lister) (db.CollectionInfo, bool, error) {
	for info, err := range d.Collections(ctx) {
		if err != nil || info.Has(im.to.Collection) {
			return info, err == nil, err
		}
	}
	return db.CollectionInfo{}, false, nil
}
