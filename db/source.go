package db

import (
	"context"
	"fmt"
	"slices"
)

// Replaced says what ReplaceSource did.
type Replaced struct {
	IDs       []string `json:"ids"`       // of the documents in the call, in order
	Written   int      `json:"written"`   // documents that are new or have changed
	Unchanged int      `json:"unchanged"` // documents that were stored as they are
	Deleted   int      `json:"deleted"`   // documents that the source no longer has
}

// ReplaceSource makes docs all that there is of a source, in one transaction:
// it inserts or replaces them, and deletes other documents with that Source. So
// a file that has become shorter leaves no stray chunks behind. What has not
// changed is neither embedded nor written again. Without docs it deletes the
// source.
//
// It sets every document's Source. A document without an id gets
// "source#chunk", with its place among docs as the chunk where that is 0, so
// that the next call finds it again. Calls for one collection wait for each
// other.
//
// Its errors are those of Upsert.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...Document) (r Replaced, err error) {
	err = c.do("replace source", source, func(v *version) error {
		if err := checkID(source, c.db.opts.Limits.IDBytes); err != nil {
			return err
		}
		docs := slices.Clone(docs)
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
		r, err = c.run(ctx, v, write{mode: replace, docs: docs, sources: []string{source}})
		return err
	})
	if err != nil {
		return Replaced{}, err
	}
	return r, nil
}
