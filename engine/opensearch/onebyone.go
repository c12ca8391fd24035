package opensearch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// oneByOne is a write of documents of which each is written or not by itself.
type oneByOne struct {
	keys    []string
	token   string // of this write
	reading reading
	// check looks at the places before anything is written. An error ends the write; what
	// was written by an attempt before is deleted, if it is new.
	check func(places map[string]*place) error
	isNew bool
	// body is what takes the place of a document, or nil if nothing does.
	body func(key string, p *place) ([]byte, error)
}

// errEmptied is returned for a document that is to be created in a slot that a
// transaction has just emptied: only another transaction may create it.
var errEmptied = errors.New("the document has just been replaced or deleted with its source")

// writeEach writes until every document is written, and reports for which something was. Each
// takes the place of the version that was read, so that a late request does no harm, and
// is written again if another was faster.
func (c *Collection) writeEach(ctx context.Context, w *oneByOne) (written map[string]bool, err error) {
	ctx, cancel := c.d.client.limited(ctx)
	defer cancel()
	written = map[string]bool{}
	began := false
	last := errConflict // why it is not done yet
	// fail says what is known of the documents.
	fail := func(err error) error {
		if began && !errors.Is(err, errUnknown) {
			return fmt.Errorf("%w: %d of %d documents are written: %w", errUnknown, len(written), len(w.keys), err)
		}
		return err
	}
	left := w.keys
	surely := false // what is read is of no old copy
	for attempt := 0; len(left) > 0; attempt++ {
		on := ctx
		if attempt > 0 {
			if backoff(ctx, attempt) != nil {
				return written, fail(last)
			}
			on = c.d.client.pinned(ctx)
			err := c.refresh(on)
			if surely = err == nil; !surely {
				if !transient(err) {
					return written, fail(err)
				}
				last = err
				continue
			}
		}
		s, err := c.state(on)
		var places map[string]*place
		if err == nil {
			places, err = c.places(on, s, w.reading, left)
		}
		if err != nil && transient(err) {
			last = err
			continue
		} else if err != nil {
			return written, fail(err)
		}
		if w.check != nil {
			if err := w.check(places); err != nil {
				if began && w.isNew {
					if back := c.takeBack(ctx, w); back != nil {
						return written, fail(back)
					}
				}
				return written, err
			}
		}
		var actions []action
		var of, later []string
		slots, blocked := map[string]string{}, false
		for _, key := range left {
			p := places[key]
			if slot, ok := p.by(w.token); ok {
				if written[key] = true; slot != "" {
					slots[key] = slot
				}
				continue
			}
			if p.blocked && p.current == nil {
				later, blocked = append(later, key), true
				continue
			}
			body, err := w.body(key, p)
			if err != nil {
				return written, fail(err)
			}
			if body != nil && p.current == nil && p.emptied {
				return written, fail(errEmptied)
			}
			if body != nil {
				actions, of = append(actions, p.put(key, body)), append(of, key)
			} else if !surely {
				later = append(later, key)
			}
		}
		if blocked {
			if err := c.await(ctx, s, attempt); err != nil {
				return written, fail(err)
			}
		}
		results, err := c.bulk(on, actions)
		for i, r := range results {
			switch r.outcome {
			case done:
				began = true
				written[of[i]], slots[of[i]] = true, actions[i].slot
			case lost:
				began = true
				later = append(later, of[i])
			case conflict, undone:
				later = append(later, of[i])
			}
		}
		if err != nil {
			return written, fail(err)
		}
		moved, err := c.moved(ctx, s, slots)
		if err != nil {
			return written, fail(err)
		}
		left = slices.Concat(later, moved)
	}
	return written, nil
}

// moved returns the keys of documents that were written to slots that a transaction has
// emptied meanwhile, or may have.
func (c *Collection) moved(ctx context.Context, s *state, slots map[string]string) (keys []string, err error) {
	if len(slots) == 0 {
		return nil, nil
	}
	now, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	gone := now.gone()
	unsure := now.Settled != s.Settled && time.Since(s.at) > fresh
	for key, slot := range slots {
		if gone[slot] || unsure {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// takeBack deletes what a write has written.
func (c *Collection) takeBack(ctx context.Context, w *oneByOne) error {
	takes := token()
	back := &oneByOne{keys: w.keys, token: takes, body: func(key string, p *place) ([]byte, error) {
		if p.current == nil || p.current.token != w.token {
			return nil, nil
		}
		return tombstone(key, takes)
	}}
	_, err := c.writeEach(ctx, back)
	return err
}
