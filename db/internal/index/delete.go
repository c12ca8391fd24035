package index

import (
	"context"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// deleteBatch is the number of documents that DeleteWhere deletes in one
// transaction.
const deleteBatch = 1000

// Delete deletes documents by their ids, in one transaction, and returns how
// many of them existed.
func (x *Index) Delete(ids []string) (int, error) {
	r, err := x.Read()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	// What does not exist need not be written down.
	var deletes []store.Delete
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		id, _, ok, err := r.stored(id)
		if err != nil {
			return 0, err
		}
		if ok && !seen[id] {
			seen[id] = true
			deletes = append(deletes, store.Delete{ID: id, Node: store.AnyNode})
		}
	}
	return x.delete(deletes)
}

// DeleteWhere deletes the documents that meet the filter as it begins, and
// returns how many. A document that is replaced meanwhile stays. It works in
// transactions of a bounded size: an error may leave some of them deleted.
func (x *Index) DeleteWhere(ctx context.Context, where filter.Expr) (total int, err error) {
	r, err := x.Read()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var batch []store.Delete
	flush := func() error {
		n, err := x.delete(batch)
		total += n
		batch = batch[:0]
		if err != nil {
			return err
		}
		return ctx.Err()
	}
	nodes, err := r.matching(where)
	if err != nil {
		return 0, err
	}
	for node := range nodes {
		rec, ok, err := r.view.Record(x.id, node, 0)
		if err == nil && ok {
			batch = append(batch, store.Delete{ID: rec.ID, Node: node, Seq: rec.Seq})
		}
		if err == nil && len(batch) == deleteBatch {
			err = flush()
		}
		if err != nil {
			return total, err
		}
	}
	return total, flush()
}

// delete commits deletes. The caller is inside the gate.
func (x *Index) delete(deletes []store.Delete) (int, error) {
	if len(deletes) == 0 {
		return 0, nil
	}
	done, err := x.commit(nil, &store.Batch{Deletes: deletes})
	if err != nil {
		return 0, err
	}
	return done.Deleted, nil
}
