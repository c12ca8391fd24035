package db

import (
	"context"

	"github.com/fronyai/frony-db/internal/writes"
)

// Insert adds documents, all or none, and returns their ids in order. It embeds
// the text of each document that has no embedding.
//
// It returns ErrExists if an id is taken, ErrDuplicateID, ErrInvalidID,
// ErrInvalidText, ErrInvalidEmbedding, ErrInvalidMetadata, ErrBatchTooLarge,
// ErrNoEmbedder, ErrDiskFull, ErrReadOnly and ErrClosed, and the embedder's errors.
func (c *Collection) Insert(ctx context.Context, docs ...Document) ([]string, error) {
	return c.write(ctx, "insert", write{Mode: writes.Insert, Docs: docs})
}

// Upsert adds documents or replaces existing ones, all or none, and returns their
// ids in order. A document replaces all of the one that it replaces: metadata that it
// does not have is gone then; to change some of it, use Update. A document whose text
// has not changed is not embedded again, and an unchanged document is not written.
//
// Its errors are those of Insert, without ErrExists.
func (c *Collection) Upsert(ctx context.Context, docs ...Document) ([]string, error) {
	return c.write(ctx, "upsert", write{Mode: writes.Upsert, Docs: docs})
}

func (c *Collection) write(ctx context.Context, op string, w write) (ids []string, err error) {
	err = c.do(op, "", func(v *version) error {
		r, err := c.run(ctx, v, w)
		ids = r.IDs
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}
