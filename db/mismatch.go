package db

import (
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// mismatch is the ErrModelMismatch with which Options.AllowModelMismatch opens a
// version that was filled with another model, or nil.
func (d *DB) mismatch(s *index.Settings) error {
	if !d.opts.AllowModelMismatch || d.opts.Embedder == nil || s.Spec == nil {
		return nil
	}
	return sameModel(s, d.opts.Embedder.Spec())
}

// noEmbedder is the error of a version that can't embed a text.
func (v *version) noEmbedder(format string, args ...any) error {
	if v.mismatch != nil {
		return v.mismatch
	}
	return reason.For(ErrNoEmbedder, format, args...)
}

// outdated returns why the version embeds nothing although the database has a model,
// or nil.
func (v *version) outdated() error {
	if v.embedder() != nil {
		return nil
	}
	return v.mismatch
}

// checkGiven refuses embeddings that come with documents while the collection is of
// another model than the database's: nothing says which of the two made them, and
// their lengths may be equal.
func (v *version) checkGiven(docs []Document, puts []index.Put) error {
	why := v.outdated()
	if why == nil {
		return nil
	}
	for i := range docs {
		if docs[i].Embedding != nil && !puts[i].Unchanged {
			return &Error{Input: "document " + reason.IDs(puts[i].ID), Err: why}
		}
	}
	return nil
}

// byWords reports whether a hybrid query is answered by its words alone, because the
// collection is of another model. A query with a threshold is not: it is meant for
// another score.
func (v *version) byWords(q *Query, mode Mode) bool {
	return mode == Hybrid && !q.hasExamples() && q.MinScore == nil && q.MinCosine == nil && v.outdated() != nil
}
