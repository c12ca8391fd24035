package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/pipeline"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// importer brings records into one collection, which it opens when it sees the
// first of them: a collection of given embeddings takes their length.
//
// The store itself is the ledger. A document's id says where it belongs, and a
// hash of its content whether it is there: so an import that was killed at any
// moment is completed by the same command, and nothing is stored twice.
type importer struct {
	*app
	d      *db.DB
	remote *client.Client // in place of d, if set
	o      importOptions
	quiet  bool // shows no progress

	col    collection
	filled bool // the collection had documents when the import began
	meter  *meter

	seed maphash.Seed
	seen map[uint64]struct{} // hashes of the ids that came by, 20 bytes each

	refusing sync.Mutex // guards refused
	refused  []*source.Reject

	count importCounters
	stats pipeline.Stats
	rj    rejectFile

	rejected func(*source.Reject) error    // told of each record that was not taken
	failed   func(*source.FileError) error // told of each file that can't be read on
}

func newImporter(a *app, o importOptions) *importer {
	im := &importer{app: a, o: o, quiet: a.quiet, meter: &meter{}, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	im.rejected = im.rj.add
	im.failed = func(fe *source.FileError) error {
		fmt.Fprintf(im.err, "frony-db: %v\n", fe)
		return nil
	}
	return im
}

// run imports what a reader gives. The database must be open.
func (im *importer) run(ctx context.Context, label string, r source.Reader, rejects string) (err error) {
	im.rj.path = rejects
	defer func() { err = errors.Join(err, im.rj.close()) }()
	p, err := pipeline.New(r, pipeline.Stages{
		Prepare: im.prepare,
		Write:   im.write,
		Reject:  im.rejected,
		Failed:  im.failed,
	}, &pipeline.Options{Window: windowSize, WindowBytes: 16 << 20, Windows: 2})
	if err != nil {
		return err
	}
	stop := im.watchProgress(p, label)
	err = p.Run(ctx)
	stop()
	im.stats = p.Stats()
	return err
}

// prepare gives a record an id and cuts it into chunks. The first opens the
// collection, whose model decides how long they are.
func (im *importer) prepare(ctx context.Context, rec source.Record) ([]source.Record, error) {
	if rec.ID == "" {
		id, err := contentID(&rec)
		if err != nil {
			return nil, reject(&rec, err)
		}
		rec.ID = id
	}
	if im.col == nil {
		if err := im.open(ctx, &rec); err != nil {
			return nil, err
		}
	}
	h := maphash.String(im.seed, rec.ID)
	if _, ok := im.seen[h]; ok {
		im.count.repeated.Add(1)
	}
	im.seen[h] = struct{}{}
	switch {
	case rec.Format != "" && im.o.files:
		return im.chunks(rec)
	case rec.Format == "" && im.o.rows && rec.Source == "" && rec.Embedding == nil:
		rec.Format = source.Text // from here on it is a document with chunks
		return im.chunks(rec)
	}
	return []source.Record{rec}, nil
}

// chunks cuts a record as the collection cuts a document.
func (im *importer) chunks(rec source.Record) ([]source.Record, error) {
	o := im.o.chunk
	if rec.Format == source.Markdown {
		o.Format = chunk.Markdown
	}
	docs, err := im.col.Chunks(o, document(&rec))
	if err != nil {
		return nil, err
	}
	pieces := make([]source.Record, len(docs))
	for i, d := range docs {
		p := rec
		p.ID, p.Text, p.Metadata, p.Source, p.Chunk = d.ID, d.Text, d.Metadata, d.Source, d.Chunk
		pieces[i] = p
	}
	return pieces, nil
}

// contentID is the id of a record that has none: made of its content, so that
// reading it again, from wherever, finds it there. Records that are the same in
// everything are one document.
func contentID(rec *source.Record) (string, error) {
	b, err := json.Marshal([]any{rec.Text, rec.Title, rec.Metadata, rec.Embedding, rec.Source, rec.Chunk}) // maps in order of their keys
	if err != nil {
		return "", fmt.Errorf("no id could be made for it: %w", err)
	}
	h := sha256.Sum256(b)
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:15])), nil
}

// open opens the collection, or creates it to fit the first record.
func (im *importer) open(ctx context.Context, first *source.Record) error {
	if im.remote != nil {
		return im.openRemote(ctx, first)
	}
	o := &db.CollectionOptions{}
	info, exists, err := im.find(ctx, im.d)
	switch {
	case err != nil:
		return err
	case exists:
		im.filled = info.Documents > 0
		o.Embedder, err = im.models.For(ctx, info.Model)
	case im.models.Name == "none" && first.Embedding == nil:
		return errors.New("--model none: the first record has no embedding, so that the dims of a new collection can't be known")
	case im.models.Name == "none" || im.models.Name == "" && first.Embedding != nil:
		o.Dims = len(first.Embedding)
	default:
		o.Embedder, err = im.models.Open(ctx, cmp.Or(im.models.Name, "builtin"))
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
		im.noteGiven("; --model names one")
	}
	col, err := im.d.Collection(ctx, im.collection, o)
	if err != nil {
		return err
	}
	im.col = localCollection{col}
	return nil
}

// checkChunks refuses chunks that the model can't read to their end.
func (im *importer) checkChunks(s embedder.Spec) error {
	if s.MaxTokens > 0 && im.o.chunk.MaxTokens > s.MaxTokens {
		return usage.Errorf("--chunk %d: the model %s reads %d tokens at most", im.o.chunk.MaxTokens, s.Model, s.MaxTokens)
	}
	return nil
}

// noteGiven says what it means that a new collection has no model.
func (im *importer) noteGiven(wayOut string) {
	if !im.quiet {
		fmt.Fprintf(im.err, "frony-db: the collection %s has no model: its embeddings are given, and searches by meaning need theirs%s\n", im.collection, wayOut)
	}
}

// openRemote opens or creates the collection at the server, whose model embeds
// what has no embedding.
func (im *importer) openRemote(ctx context.Context, first *source.Record) error {
	info, exists, err := im.find(ctx, im.remote)
	switch {
	case err != nil:
		return err
	case exists:
		im.filled = info.Documents > 0
	default:
		given := first.Embedding != nil
		if info, err = im.remote.Create(ctx, im.collection, &db.CollectionOptions{Precomputed: given, Dims: len(first.Embedding)}); err != nil {
			return err
		}
		if given {
			im.noteGiven("")
		}
	}
	if info.Model != nil {
		if err := im.checkChunks(*info.Model); err != nil {
			return err
		}
		// The server's model counts tokens as the same one does here.
		if e := builtin.New(); e.Spec().Fingerprint() == info.Model.Fingerprint() {
			im.o.chunk.Count = embedder.Counter(e)
		}
	}
	im.col = remoteCollection{im.remote.Collection(im.collection), info}
	return nil
}

func (im *importer) find(ctx context.Context, d database) (db.CollectionInfo, bool, error) {
	for info, err := range d.Collections(ctx) {
		if err != nil || info.Name == im.collection {
			return info, err == nil, err
		}
	}
	return db.CollectionInfo{}, false, nil
}
