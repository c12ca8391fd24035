package index

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// updateBatch is the number of documents that UpdateWhere writes in one transaction.
const updateBatch = 1000

// Update changes documents, all in one transaction. patch makes the new record of a
// document from the old one, which has its text and metadata, and its vector; it is
// called again if the document was written meanwhile, so an update is never lost and
// never brings an old text back. check sees all that is to be written. It returns the
// number of documents, and the ids that do not exist. Documents that do not meet where,
// unless it is nil, do not exist.
func (x *Index) Update(ctx context.Context, ids []string, where *filter.Expr, patch func(*store.Record, []float32) error, check func([]Put) error) (n int, missing []string, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, nil, err
	}
	defer x.gate.Leave()
	for {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		puts, missing, err := x.patched(ids, patch, where)
		if err == nil {
			err = x.commitPatched(puts, check)
		}
		if !errors.Is(err, store.ErrChanged) {
			return len(puts), missing, err
		}
	}
}

// UpdateWhere changes the documents that meet the filter as it begins, and still meet it
// when they are written. It works in transactions of a bounded size: an error may leave
// some of them changed.
func (x *Index) UpdateWhere(ctx context.Context, where filter.Expr, patch func(*store.Record, []float32) error, check func([]Put) error) (total int, err error) {
	r, err := x.Read()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	nodes, err := r.matching(where)
	if err != nil {
		return 0, err
	}
	var ids []string
	flush := func() error {
		n, err := x.updateWhere(ctx, ids, where, patch, check)
		total += n
		ids = ids[:0]
		return err
	}
	for node := range nodes {
		rec, ok, err := r.Record(node, 0)
		if err == nil && ok {
			ids = append(ids, rec.ID)
		}
		if err == nil && len(ids) == updateBatch {
			err = flush()
		}
		if err != nil {
			return total, err
		}
	}
	return total, flush()
}

// updateWhere changes those of ids that meet the filter: all in one transaction, or in
// several if they are too large for one.
func (x *Index) updateWhere(ctx context.Context, ids []string, where filter.Expr, patch func(*store.Record, []float32) error, check func([]Put) error) (total int, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		puts, _, err := x.patched(ids, patch, &where)
		if err == nil {
			err = x.commitPatched(puts, check)
		}
		switch {
		case errors.Is(err, store.ErrChanged):
			continue
		case errors.Is(err, store.ErrTooLarge) && len(ids) > 1:
			half := len(ids) / 2
			if total, err = x.updateWhere(ctx, ids[:half], where, patch, check); err != nil {
				return total, err
			}
			n, err := x.updateWhere(ctx, ids[half:], where, patch, check)
			return total + n, err
		case err != nil:
			return 0, err
		}
		return len(puts), nil
	}
}

// patched makes puts of documents as they are by now: of those that meet where, unless it
// is nil; the others are missing. An id that occurs twice is changed once.
func (x *Index) patched(ids []string, patch func(*store.Record, []float32) error, where *filter.Expr) (puts []Put, missing []string, err error) {
	r := &Reader{x: x, guard: x.epochs.Enter(), view: x.st.View(nil), now: time.Now().UnixMicro()}
	defer r.end()
	done := make(map[uint32]bool, len(ids))
	for _, id := range ids {
		node, ok, err := r.Node(id)
		if err != nil {
			return nil, nil, err
		}
		var rec *store.Record
		if ok {
			rec, ok, err = r.Record(node, store.WithText|store.WithMetadata)
			if err != nil {
				return nil, nil, err
			}
		}
		if !ok {
			missing = append(missing, id)
			continue
		}
		if done[node] {
			continue
		}
		done[node] = true
		if where != nil {
			if meets, err := x.meets(*where, rec.ID, columns(rec)); err != nil || !meets {
				if err != nil {
					return nil, nil, err
				}
				missing = append(missing, id)
				continue
			}
		}
		put, err := r.patch(node, rec, patch)
		if err != nil {
			return nil, nil, err
		}
		puts = append(puts, put)
	}
	return puts, missing, nil
}

// patch makes a put of one document.
func (r *Reader) patch(node uint32, rec *store.Record, patch func(*store.Record, []float32) error) (Put, error) {
	vec, ok, err := r.Vector(node)
	if err != nil {
		return Put{}, err
	}
	if !ok || !r.x.sound(vec) {
		return Put{}, reason.For(store.ErrCorrupt, "document %q has no sound vector; upsert it", rec.ID)
	}
	p := Put{Record: *rec, Vector: vec, Was: &store.Was{Node: node, Seq: rec.Seq, Must: true}}
	if err := patch(&p.Record, vec); err != nil {
		return p, err
	}
	p.Unchanged = p.Hash == rec.Hash
	p.keep(node, rec)
	return p, nil
}

// commitPatched writes the documents that have changed.
func (x *Index) commitPatched(puts []Put, check func([]Put) error) error {
	var changed []Put
	for _, p := range puts {
		if !p.Unchanged {
			changed = append(changed, p)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if err := check(changed); err != nil {
		return err
	}
	_, err := x.commit(changed, &store.Batch{})
	return err
}
