package opensearch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/internal/writes"
)

// commitTogether writes the changed documents of a write in a transaction: readers see
// all of it or nothing. It returns how many other documents it deleted.
func (c *Collection) commitTogether(ctx context.Context, w write, docs []db.Prepared, fresh *batch) (deleted int, err error) {
	ctx, cancel := c.d.client.limited(ctx)
	defer cancel()
	s, err := c.begin(ctx)
	if err != nil {
		return 0, err
	}
	tx := s.Open.N
	t := &transaction{Collection: c, state: s, n: tx, write: w}
	deleted, err = t.prepare(c.d.client.pinned(ctx), docs, fresh)
	if err != nil && transient(err) && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", errChanged, err) // another node may answer
	}
	if err != nil || len(t.actions) == 0 && len(t.gone) == 0 {
		return 0, errors.Join(err, c.inTime(func(ctx context.Context) error { return c.end(ctx, tx) }))
	}
	if err = t.apply(ctx); err == nil {
		err = c.commit(ctx, tx, t.gone)
	}
	if err != nil {
		if err = c.abandon(tx, err); err != nil {
			return 0, err
		}
	}
	if len(t.gone) > 0 {
		c.settleLater(tx)
	}
	return deleted, nil
}

// inTime runs f although the caller may have no time left.
func (c *Collection) inTime(f func(ctx context.Context) error) error {
	ctx, cancel := c.d.client.limited(context.WithoutCancel(c.d.ctx))
	defer cancel()
	return f(ctx)
}

// abandon ends a transaction that failed. It returns nil if it was committed all the
// same, and errUnknown if that cannot be found out.
func (c *Collection) abandon(tx int64, why error) error {
	err := c.inTime(func(ctx context.Context) error {
		if err := c.abort(ctx, tx); err != nil {
			return err
		}
		s, err := c.state(ctx)
		if err == nil && errors.Is(why, errUnknown) {
			if s.dead(tx) {
				why = fmt.Errorf("%w: the write was not done in time", errConflict)
			} else {
				why = nil
			}
		}
		return err
	})
	if err != nil && errors.Is(why, errUnknown) {
		return why
	}
	if err != nil {
		c.d.log.Warn("a transaction was left to be ended by another process", "collection", c.meta.Name, "err", err)
	}
	return why
}

// transaction is one that this process runs.
type transaction struct {
	*Collection
	state   *state
	n       int64
	write   write
	actions []action
	gone    []string
}

// prepare decides what is written and what goes.
func (t *transaction) prepare(ctx context.Context, docs []db.Prepared, fresh *batch) (deleted int, err error) {
	keys := make([]string, len(docs))
	for i := range docs {
		keys[i] = db.Composed(docs[i].ID)
	}
	// What others wrote just before is to be seen, and no old copy.
	if err := t.refresh(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", errChanged, err)
	}
	places, err := t.places(ctx, t.state, reading{fields: db.FieldMetadata}, keys)
	if err != nil {
		return 0, err
	}
	own := map[string]*place{}
	for i := range docs {
		p := places[keys[i]]
		if o := p.live(); docs[i].Unchanged && (o == nil || o.Hash != docs[i].Hash) {
			return 0, errChanged
		}
		if !docs[i].Unchanged {
			own[keys[i]] = p
		}
	}
	if t.write.Mode == writes.InsertSources {
		if err := t.absent(ctx); err != nil {
			return 0, err
		}
	}
	if err := t.checkPlaces(t.write, fresh, own); err != nil {
		return 0, err
	}
	gone := t.state.gone()
	for _, f := range fresh.all {
		key, p := f.key, own[f.key]
		body, err := t.encode(f.Prepared, f.words, t.n, f.number, t.write.token)
		if err != nil {
			return 0, err
		}
		t.actions = append(t.actions, p.fill(p.beside(key, gone), body))
		if p.current != nil {
			t.gone = append(t.gone, p.current.slot)
		}
	}
	if t.write.Mode == writes.Replace {
		strays, err := t.strays(ctx, keys)
		if err != nil {
			return 0, err
		}
		deleted = len(strays)
		t.gone = append(t.gone, strays...)
	}
	return deleted, nil
}

// absent returns db.ErrExists for the sources that exist, whole or in chunks.
func (t *transaction) absent(ctx context.Context) error {
	sources := db.AllComposed(t.write.Sources)
	there := map[string]bool{}
	found := t.selected(or(append(anyOf("key", sources), anyOf("source", sources)...)))
	err := t.each(ctx, found, reading{fields: db.FieldsNone}, func(d *stored) error {
		there[d.key], there[db.Composed(d.Source)] = true, true
		return nil
	})
	if err != nil {
		return err
	}
	taken := slices.DeleteFunc(slices.Clone(t.write.Sources), func(s string) bool { return !there[db.Composed(s)] })
	if len(taken) > 0 {
		return db.Exists(taken...)
	}
	return nil
}

func (t *transaction) selected(where object) *selection {
	return &selection{state: t.state, query: t.state.live(where)}
}

// strays are the slots of the documents of a write's sources, or with one of its wholes'
// ids, that it does not have.
func (t *transaction) strays(ctx context.Context, keys []string) (slots []string, err error) {
	of := append(anyOf("source", db.AllComposed(t.write.Sources)), anyOf("key", db.AllComposed(t.write.Wholes))...)
	all, err := t.all(ctx, t.state)
	if err != nil {
		return nil, err
	}
	kept := make(map[string]bool, len(keys))
	for _, key := range keys {
		kept[key] = true
	}
	err = t.each(ctx, all.narrowed(or(of)), reading{fields: db.FieldsNone}, func(d *stored) error {
		if !kept[d.key] {
			slots = append(slots, d.slot)
		}
		return nil
	})
	return slots, err
}

// apply writes the documents, which nobody sees yet.
func (t *transaction) apply(ctx context.Context) error {
	left := t.actions
	for attempt := 0; len(left) > 0; attempt++ {
		if attempt > 0 {
			if err := backoff(ctx, attempt); err != nil {
				return errConflict
			}
		}
		results, err := t.bulk(ctx, left)
		if err != nil {
			return err
		}
		var again []action
		for i, r := range results {
			if r.outcome != done {
				again = append(again, left[i])
			}
		}
		if again == nil {
			return nil
		}
		// Some may have been written by requests whose answers were lost. What others
		// have written in a place is to be compared anew.
		if left, err = t.unwritten(ctx, again); err != nil {
			return err
		}
	}
	return t.refresh(ctx)
}

// unwritten returns the actions that have not been done. It returns errChanged if a slot
// holds another version than the action is for.
func (t *transaction) unwritten(ctx context.Context, actions []action) (left []action, err error) {
	slots := make([]string, len(actions))
	for i := range actions {
		slots[i] = actions[i].slot
	}
	at, err := t.now(ctx, slots)
	if err != nil {
		return nil, err
	}
	for _, a := range actions {
		d := at[a.slot]
		switch {
		case d != nil && d.token == t.write.token && d.tx == t.n:
		case d == nil && a.term == 0, d != nil && d.seqNo == a.seqNo && d.term == a.term:
			left = append(left, a)
		default:
			return nil, errChanged
		}
	}
	return left, nil
}

// begin begins a transaction: there is one at a time.
func (c *Collection) begin(ctx context.Context) (*state, error) {
	owner := token()
	for attempt := 0; ; attempt++ {
		s, err := c.changeState(ctx, func(s *state) error {
			if s.Open != nil {
				return errNothing
			}
			s.tidy()
			s.Open = &opened{N: s.Next, Owner: owner}
			s.Next++
			return nil
		})
		if err != nil || s.Open.Owner == owner {
			return s, err
		}
		if err := c.await(ctx, s, attempt); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				err = errConflict
			}
			return nil, err
		}
	}
}

// errAborted is returned by a transaction that another process has ended.
var errAborted = errors.New("the transaction took too long, and another process has ended it")

// commit makes a transaction visible.
func (c *Collection) commit(ctx context.Context, tx int64, gone []string) error {
	tried := false
	_, err := c.changeState(ctx, func(s *state) error {
		if s.Open == nil || s.Open.N != tx {
			if tried && !s.dead(tx) {
				return errNothing // it was done, and the answer lost
			}
			return errAborted
		}
		tried = true
		s.Open = nil
		if len(gone) > 0 {
			s.Done = append(s.Done, finished{N: tx, Gone: gone})
		}
		return nil
	})
	if err != nil && tried && !errors.Is(err, errAborted) && !errors.Is(err, errUnknown) {
		err = fmt.Errorf("%w: %w", errUnknown, err)
	}
	return err
}

// end ends a transaction that has written nothing.
func (c *Collection) end(ctx context.Context, tx int64) error {
	_, err := c.changeState(ctx, func(s *state) error {
		if s.Open == nil || s.Open.N != tx {
			return errNothing
		}
		s.Open = nil
		return nil
	})
	return err
}

// abort ends a transaction whose documents are never to be seen.
func (c *Collection) abort(ctx context.Context, tx int64) error {
	_, err := c.changeState(ctx, func(s *state) error {
		if s.Open == nil || s.Open.N != tx {
			return errNothing
		}
		s.Open = nil
		s.Dead = append(s.Dead, aborted{tx, time.Now().UnixMilli()})
		return nil
	})
	return err
}
