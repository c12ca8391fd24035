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

// prepare gives a record an id and cuts it into chunks. The first record opens the
// collection, whose model determines their length.
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
		rec.Format = source.Text // from here on a document with chunks
		return im.chunks(rec)
	}
	return []source.Record{rec}, nil
}

// chunks cuts a record into chunks.
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
		p.ID, p.Text, p.Title, p.Metadata, p.Source, p.Chunk = d.ID, d.Text, d.Title, d.Metadata, d.Source, d.Chunk
		pieces[i] = p
	}
	return pieces, nil
}

// contentID derives an id from a record's content, so that importing it again, from
// any file, finds it. Identical records are one document. When it expires is not
// content.
func contentID(rec *source.Record) (string, error) {
	b, err := json.Marshal([]any{rec.Text, rec.Title, rec.Metadata, rec.Embedding, rec.Source, rec.Chunk}) // sorts the keys of maps
	if err != nil {
		return "", fmt.Errorf("no id could be derived: %w", err)
	}
	h := sha256.Sum256(b)
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:15])), nil
}
