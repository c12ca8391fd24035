package db

import (
	"context"
	"fmt"
	"slices"

	"github.com/fronyai/frony-db/internal/writes"
)

// Replaced says what ReplaceSource did.
type Replaced struct {
	IDs       []string `json:"ids"`       // of the documents in the call, in order
	Written   int      `json:"written"`   // documents that are new or have changed
	Unchanged int      `json:"unchanged"` // documents that were already stored as they are
	Deleted   int      `json:"deleted"`   // documents that are no longer part of the source
}

// ReplaceSource replaces the documents of a source with docs, in one transaction.
// It inserts or replaces docs and deletes all other documents with that Source, so
// a file that has become shorter leaves no stray chunks. Unchanged documents are
// neither embedded nor written again. Without docs it deletes the source.
//
// It sets the Source of each document. A document without an id gets the id
// "source#chunk", so that the next call finds it again; if its Chunk is 0, its index
// in docs is used. Calls on one collection run one after another.
//
// Its errors are those of Upsert.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...Document) (r Replaced, err error) {
	err = c.do("replace source", source, func(v *version) error {
		if err := checkID(source, c.db.opts.Limits.IDBytes); err != nil {
			return err
		}
		r, err = c.run(ctx, v, write{Mode: writes.Replace, Docs: sourced(source, docs), Sources: []string{source}})
		return err
	})
	if err != nil {
		return Replaced{}, err
	}
	return r, nil
}

// sourced returns the documents with the source, and with an id.
func sourced(source string, docs []Document) []Document {
	docs = slices.Clone(docs)
	for i := range docs {
		d := &docs[i]
		d.Source = source
		if d.ID == "" {
			if d.Chunk == 0 {
				d.Chunk = i
			}
			d.ID = fmt.Sprintf("%s#%d", source, d.Chunk)
		}
	}
	return docs
}
