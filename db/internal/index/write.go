package index

import (
	"context"
	"slices"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Insert writes new documents, all or none, and returns when searches see them.
// It returns a *store.ExistsError that names the ids that are taken. An id is
// free when its document has expired.
func (x *Index) Insert(ctx context.Context, puts []Put) error {
	if err := x.gate.Enter(); err != nil {
		return err
	}
	defer x.gate.Leave()
	if err := x.sweepDue(ctx); err != nil {
		return err
	}
	_, err := x.commit(puts, &store.Batch{Insert: true})
	return err
}

// Upsert writes documents in place of those with the same ids, and deletes
// others, all in one transaction, and returns when searches see that. It returns
// how many documents were deleted.
func (x *Index) Upsert(puts []Put, deletes []store.Delete) (deleted int, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	done, err := x.commit(puts, &store.Batch{Deletes: deletes})
	if err != nil {
		return 0, err
	}
	return done.Deleted, nil
}

// Copy is Upsert for documents of another version of the collection: their ids are taken
// as they are.
func (x *Index) Copy(puts []Put, deletes []store.Delete) (deleted int, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	done, err := x.commit(puts, &store.Batch{Deletes: deletes, Exact: true})
	if err != nil {
		return 0, err
	}
	return done.Deleted, nil
}

// LockSources keeps other replacements and inserts of sources out until unlock:
// from Compare to Replace, or around InsertSources.
func (x *Index) LockSources() (unlock func()) {
	x.sources.Lock()
	return x.sources.Unlock
}

// Replace writes documents in place of all others that have one of sources as
// their source, or one of ids as their id, and returns how many it deleted. kept
// are the ids of all documents that the sources now have, those that Compare has
// found unchanged among them. The caller holds LockSources.
func (x *Index) Replace(puts []Put, sources, ids, kept []string) (deleted int, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	stray, err := x.strays(sources, ids, kept)
	if err != nil || len(puts)+len(stray) == 0 {
		return 0, err
	}
	done, err := x.commit(puts, &store.Batch{Deletes: stray})
	if err != nil {
		return 0, err
	}
	return done.Deleted, nil
}

// InsertSources writes documents unless one exists that has one of sources as
// its source or its id: then it returns a *store.ExistsError. The caller holds
// LockSources, since a replacement may have looked already for what it replaces.
func (x *Index) InsertSources(ctx context.Context, puts []Put, sources []string) error {
	if err := x.gate.Enter(); err != nil {
		return err
	}
	defer x.gate.Leave()
	if err := x.sweepDue(ctx); err != nil {
		return err
	}
	// The store itself checks ids. It knows nothing of sources.
	x.filing.Lock()
	defer x.filing.Unlock()
	if err := x.absent(sources); err != nil {
		return err
	}
	_, err := x.commitFiling(puts, &store.Batch{Insert: true, Absent: sources})
	return err
}

// strays are the documents with one of sources, or with one of ids, that are not
// in kept.
func (x *Index) strays(sources, ids, kept []string) ([]store.Delete, error) {
	keep := make(map[string]bool, len(kept)) // and those that are in deletes already
	for _, id := range kept {
		keep[nfc.Compose(id)] = true
	}
	r := x.read()
	defer r.end()
	var deletes []store.Delete
	stray := func(id string, node uint32) {
		if c := nfc.Compose(id); !keep[c] {
			keep[c] = true
			deletes = append(deletes, store.Delete{ID: id, Node: node})
		}
	}
	if err := r.having(sources, func(rec *store.Record, node uint32) { stray(rec.ID, node) }); err != nil {
		return nil, err
	}
	for _, id := range ids {
		stored, node, ok, err := r.stored(id)
		if err != nil {
			return nil, err
		}
		if ok {
			stray(stored, node)
		}
	}
	return deletes, nil
}

// absent returns a *store.ExistsError for those of sources that exist.
func (x *Index) absent(sources []string) error {
	r := x.read()
	defer r.end()
	there := make(map[string]bool)
	if err := r.having(sources, func(rec *store.Record, _ uint32) { there[nfc.Compose(rec.Source)] = true }); err != nil {
		return err
	}
	var ids []string
	for _, id := range sources {
		_, ok, err := r.Node(id)
		if err != nil {
			return err
		}
		if ok || there[nfc.Compose(id)] {
			ids = append(ids, id)
		}
	}
	if ids != nil {
		return &store.ExistsError{IDs: ids}
	}
	return nil
}

// Compare compares documents with those that they replace. It marks unchanged
// documents, and reuses the vectors of unchanged texts.
func (x *Index) Compare(puts []Put) error {
	r, err := x.Read()
	if err != nil {
		return err
	}
	defer r.Close()
	for i := range puts {
		if err := r.compare(&puts[i]); err != nil {
			return err
		}
	}
	return nil
}

// hasSource reports whether any document has a source.
func hasSource(puts []Put) bool {
	return slices.ContainsFunc(puts, func(p Put) bool { return p.Source != "" })
}
