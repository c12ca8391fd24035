package db

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Replaced says what ReplaceSource did.
type Replaced struct {
	IDs       []string `json:"ids"`       // of the documents given, in order
	Written   int      `json:"written"`   // documents that are new or have changed
	Unchanged int      `json:"unchanged"` // documents that were there already
	Deleted   int      `json:"deleted"`   // documents of the source that are no longer there
}

// ReplaceSource makes docs all that there is of a source, in one transaction:
// they are inserted or replaced, and other documents with that Source are
// deleted. So a file that has become shorter leaves no stray chunks behind.
// What has not changed is neither embedded nor written again. Without docs the
// source is deleted.
//
// Every document's Source is set. One without an id gets "source#chunk", with
// its place among docs as the chunk where that is 0, so that the next call finds
// it again. Calls for one collection wait for each other.
//
// Its errors are those of Upsert.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...Document) (Replaced, error) {
	if err := c.enter(); err != nil {
		return Replaced{}, wrap("replace source", source, err)
	}
	defer c.leave()
	if err := checkID(source, c.db.opts.Limits.IDBytes); err != nil {
		return Replaced{}, wrap("replace source", source, err)
	}
	if limit := c.db.opts.Limits.Batch; len(docs) > limit {
		return Replaced{}, &Error{
			Op: "replace source", Input: fmt.Sprintf("%q with %d documents", source, len(docs)),
			Err:  because(ErrBatchTooLarge, "at most %d in one call", limit),
			Hint: "make it several sources",
		}
	}
	var r Replaced
	err := c.whole(func() (err error) {
		r, err = c.replaceSource(ctx, source, slices.Clone(docs))
		return err
	})
	return r, wrap("replace source", source, err)
}

func (c *Collection) replaceSource(ctx context.Context, source string, docs []Document) (Replaced, error) {
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
	return c.replace(ctx, docs, []string{source}, nil)
}

// replace stores documents in place of all others that have one of sources, or
// one of the ids in whole.
func (c *Collection) replace(ctx context.Context, docs []Document, sources, whole []string) (r Replaced, err error) {
	for i := range docs {
		r.IDs = append(r.IDs, docs[i].ID)
	}
	prep, fault := c.prepare(docs)
	if fault != nil {
		return r, fmt.Errorf("%s: %w", fault.input, fault.err)
	}
	c.sourcing.Lock()
	defer c.sourcing.Unlock()
	if err := c.compare(prep); err != nil {
		return r, err
	}
	if err := c.embedAll(ctx, prep); err != nil {
		return r, err
	}
	stray, err := c.strays(sources, whole, r.IDs)
	if err != nil {
		return r, err
	}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	prep = slices.DeleteFunc(prep, func(p prepared) bool { return p.unchanged })
	r.Written, r.Unchanged = len(prep), len(docs)-len(prep)
	if len(prep) == 0 && len(stray) == 0 {
		return r, nil
	}
	done, err := c.commit(prep, &store.Batch{Deletes: stray})
	if err != nil {
		return Replaced{}, err
	}
	r.Deleted = done.Deleted
	return r, nil
}

// strays are the documents with one of sources, or with an id in whole, that are
// not among ids.
func (c *Collection) strays(sources, whole, ids []string) ([]store.Delete, error) {
	keep := make(map[string]bool, len(ids)) // and what is deleted already
	for _, id := range ids {
		keep[id] = true
	}
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	v, m := c.view()
	defer v.Close()
	var deletes []store.Delete
	stray := func(id string, node uint32) {
		if !keep[id] {
			keep[id] = true
			deletes = append(deletes, store.Delete{ID: id, Node: node})
		}
	}
	err := c.having(v, m.seq, sources, func(d *store.Record, node uint32) { stray(d.ID, node) })
	if err != nil {
		return nil, err
	}
	for _, id := range whole {
		node, ok, err := v.Node(c.id, id)
		if err != nil {
			return nil, err
		}
		if ok {
			stray(id, node)
		}
	}
	return deletes, nil
}

// having calls f for each document that has one of sources.
func (c *Collection) having(v *store.View, seq uint64, sources []string, f func(d *store.Record, node uint32)) error {
	values, ours := make([]any, len(sources)), make(map[string]bool, len(sources))
	for i, s := range sources {
		values[i], ours[s] = s, true
	}
	for node := range bits(c.attrs.Having(sourceColumn, c.bound(), values...)).all() {
		if !c.nodes.visible(node, seq) {
			continue
		}
		d, ok, err := v.Record(c.id, node, 0)
		if err != nil {
			return err
		}
		if ok && ours[d.Source] {
			f(d, node)
		}
	}
	return nil
}

// insertSources stores documents unless there is one that has one of sources, as
// its Source or as its id.
func (c *Collection) insertSources(ctx context.Context, docs []Document, sources []string) ([]string, error) {
	prep, fault := c.prepare(docs)
	if fault != nil {
		return nil, fmt.Errorf("%s: %w", fault.input, fault.err)
	}
	if err := c.embedAll(ctx, prep); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(prep) == 0 {
		return nil, nil
	}
	if err := c.sweepDue(ctx); err != nil {
		return nil, err
	}
	// A replacement may have looked for what it takes the place of already.
	c.sourcing.Lock()
	defer c.sourcing.Unlock()
	// The store itself sees to the ids; of sources it knows nothing.
	c.filing.Lock()
	defer c.filing.Unlock()
	if err := c.absent(sources); err != nil {
		return nil, err
	}
	if _, err := c.commitFiling(prep, &store.Batch{Insert: true, Absent: sources}); err != nil {
		return nil, err
	}
	return preparedIDs(prep), nil
}

// absent returns a store.ExistsError for those of sources that there are.
func (c *Collection) absent(sources []string) error {
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	v, m := c.view()
	defer v.Close()
	there := make(map[string]bool)
	err := c.having(v, m.seq, sources, func(d *store.Record, _ uint32) { there[d.Source] = true })
	if err != nil {
		return err
	}
	var ids []string
	for _, id := range sources {
		_, ok, err := v.Node(c.id, id)
		if err != nil {
			return err
		}
		if ok || there[id] {
			ids = append(ids, id)
		}
	}
	if ids != nil {
		return &store.ExistsError{IDs: ids}
	}
	return nil
}

// sourceColumn is the column of sources beside those of the metadata: no field
// can have its name.
const sourceColumn = "\x00source"

// columns are what the columns hold of a document.
func columns(m Metadata, source string) Metadata {
	if source == "" {
		return m
	}
	all := make(Metadata, len(m)+1)
	maps.Copy(all, m)
	all[sourceColumn] = source
	return all
}
