package importer

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/db/chunk"
)

// prepare gives a record an id and cuts it into chunks. The first opens the
// collection, whose model decides how long they are.
func (im *Importer) prepare(ctx context.Context, rec source.Record) ([]source.Record, error) {
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
	case rec.Format != "" && im.o.Files:
		return im.chunks(rec)
	case rec.Format == "" && im.o.Rows && rec.Source == "" && rec.Embedding == nil:
		rec.Format = source.Text // from here on it is a document with chunks
		return im.chunks(rec)
	}
	return []source.Record{rec}, nil
}

// chunks cuts a record as the collection cuts a document.
func (im *Importer) chunks(rec source.Record) ([]source.Record, error) {
	o := im.o.Chunk
	if rec.Format == source.Markdown {
		o.Format = chunk.Markdown
	}
	docs, err := im.col.Chunks(o, rec.Document())
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
