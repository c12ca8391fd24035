package index

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Meets reports whether a document, stored or not, meets a filter. rec has its metadata.
func (x *Index) Meets(where filter.Expr, rec *store.Record) (bool, error) {
	return x.meets(where, rec.ID, columns(rec))
}

// Within reports whether the document at a node meets a filter.
func (r *Reader) Within(where filter.Expr, node uint32) (bool, error) {
	rec, ok, err := r.Record(node, store.WithMetadata)
	if err != nil || !ok {
		return false, err
	}
	return r.x.Meets(where, rec)
}

// ReplaceWithin is Replace for documents that meet a filter: it replaces and deletes no
// others. If one with the id of a put does not meet it, it returns an *OutsideError.
// Without sources and ids it is Upsert. The caller holds LockSources if there are any.
func (x *Index) ReplaceWithin(ctx context.Context, where filter.Expr, puts []Put, sources, ids, kept []string) (deleted int, err error) {
	if err := x.gate.Enter(); err != nil {
		return 0, err
	}
	defer x.gate.Leave()
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		absent, err := x.bind(where, puts)
		if err != nil {
			return 0, err
		}
		stray, err := x.straysWithin(where, sources, ids, kept)
		if err != nil || len(puts)+len(stray) == 0 {
			return 0, err
		}
		done, err := x.commit(puts, &store.Batch{Deletes: stray, Absent: absent})
		switch {
		case err == nil:
			return done.Deleted, nil
		case errors.Is(err, store.ErrExists): // written meanwhile, or expired
			if err := x.sweepDue(ctx); err != nil {
				return 0, err
			}
		case !errors.Is(err, store.ErrChanged):
			return 0, err
		}
	}
}

// straysWithin are the strays that meet a filter.
func (x *Index) straysWithin(where filter.Expr, sources, ids, kept []string) ([]store.Delete, error) {
	if len(sources)+len(ids) == 0 {
		return nil, nil
	}
	all, err := x.strays(sources, ids, kept)
	if err != nil {
		return nil, err
	}
	r := x.read()
	defer r.end()
	var stray []store.Delete
	for _, d := range all {
		rec, ok, err := r.Record(d.Node, store.WithMetadata)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		meets, err := x.Meets(where, rec)
		if err != nil {
			return nil, err
		}
		if meets {
			d.Seq = rec.Seq
			stray = append(stray, d)
		}
	}
	return stray, nil
}

// bind makes puts depend on the documents that they replace as they are by now, and
// returns the ids of those that replace none.
func (x *Index) bind(where filter.Expr, puts []Put) (absent []string, err error) {
	r := &Reader{x: x, guard: x.epochs.Enter(), view: x.st.View(nil), now: time.Now().UnixMicro()}
	defer r.end()
	for i := range puts {
		p := &puts[i]
		node, ok, err := r.Node(p.ID)
		if err != nil {
			return nil, err
		}
		var rec *store.Record
		if ok {
			if rec, ok, err = r.Record(node, store.WithMetadata); err != nil {
				return nil, err
			}
		}
		if !ok {
			p.Was = nil
			absent = append(absent, p.ID)
			continue
		}
		meets, err := x.Meets(where, rec)
		if err != nil {
			return nil, err
		}
		if !meets {
			return nil, &OutsideError{p.ID}
		}
		keeps := p.Was != nil && p.Was.Keeps && p.Was.Node == node && p.Was.Seq == rec.Seq
		p.Was = &store.Was{Node: node, Seq: rec.Seq, Must: true, Keeps: keeps}
	}
	return absent, nil
}

// OutsideError is returned for a document that does not meet the filter of a write.
type OutsideError struct{ ID string }

func (e *OutsideError) Error() string { return "document outside the filter" }
