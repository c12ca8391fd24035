package server

import (
	"context"
	"errors"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// upsert stores all documents in chunks if the model asked for it, and otherwise only
// those that need it.
func (in *mcpUpsertIn) upsert(ctx context.Context, c engine.Collection, docs []db.Document) (ids []string, err error) {
	cut := &api.Chunking{Tokens: in.MaxTokens}
	chunks := upserting(cut, new(db.Replaced))
	if in.Chunk || in.MaxTokens != 0 {
		return chunks(c, ctx, docs...)
	}
	if m := c.Model(); m != nil {
		cut.Tokens = m.MaxTokens
		chunks = upserting(cut, new(db.Replaced))
	}
	long, short, err := split(ctx, c, cut, docs)
	if err != nil {
		return nil, err
	}
	if len(long) > 0 {
		if ids, err = chunks(c, ctx, long...); err != nil {
			return nil, err
		}
	}
	if len(short) == 0 {
		return ids, nil
	}
	more, err := c.Upsert(ctx, short...)
	return append(ids, more...), err
}

// split separates the documents that must be stored in chunks: those whose text is
// longer than the model reads, and those stored in chunks now, which a plain upsert
// would leave behind.
func split(ctx context.Context, c engine.Collection, cut *api.Chunking, docs []db.Document) (long, short []db.Document, err error) {
	first := make([]string, len(docs))
	for i, d := range docs {
		first[i] = d.ID + "#0"
	}
	stored, err := c.GetFields(ctx, db.FieldsNone, first...)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, nil, err
	}
	parts := make(map[string]bool, len(stored))
	for _, d := range stored {
		parts[d.Source] = d.Source != "" && d.ID == d.Source+"#0"
	}
	seen := make(map[string]bool, len(docs))
	for _, d := range docs {
		if d.ID != "" && seen[d.ID] {
			return nil, docs, nil // the upsert will refuse it
		}
		seen[d.ID] = true
		pieces := 1
		if cut.Tokens > 0 {
			all, err := c.Chunks(cut.DB(), d)
			if err != nil {
				return nil, nil, err
			}
			pieces = len(all)
		}
		if pieces > 1 || parts[d.ID] {
			long = append(long, d)
		} else {
			short = append(short, d)
		}
	}
	return long, short, nil
}
