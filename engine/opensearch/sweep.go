package opensearch

import (
	"context"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db"
)

const (
	// sweepEvery is how often expired documents are deleted, which are invisible before,
	// and what other processes have left is tidied.
	sweepEvery = 30 * time.Second
	// A tombstone is there for as long as a late request may come.
	tombstoneFor = time.Hour
)

// sweep tidies until the database is closed.
func (d *DB) sweep() {
	first := map[string]map[int64]bool{} // transactions that the last sweep saw, by collection
	for {
		select {
		case <-d.ctx.Done():
			return
		case <-time.After(sweepEvery):
		}
		metas, err := d.metas(d.ctx, d.indices())
		for _, m := range metas {
			if err == nil {
				d.mu.Lock()
				if d.seen[m.Alias] == nil {
					d.seen[m.Alias] = new(seen)
				}
				c := &Collection{d: d, meta: m, seen: d.seen[m.Alias]}
				d.mu.Unlock()
				first[m.Alias], err = c.sweep(d.ctx, first[m.Alias])
			}
		}
		if err != nil && d.ctx.Err() == nil {
			d.log.Warn("expired and replaced documents are still to be removed", "err", db.Wrap("sweep", "", err))
		}
	}
}

// sweep tidies a collection. It returns the transactions that are to be settled, which
// are old enough if the sweep before has seen them.
func (c *Collection) sweep(ctx context.Context, old map[int64]bool) (saw map[int64]bool, err error) {
	s, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	if c.overdue(s) {
		if err := c.abort(ctx, s.Open.N); err != nil {
			return nil, err
		}
	}
	saw = map[int64]bool{}
	for _, f := range s.Done {
		if saw[f.N] = true; old[f.N] {
			if err := c.settle(ctx, f.N); err != nil {
				return saw, err
			}
		}
	}
	now := time.Now()
	expired := object{"range": object{"expires": object{"lte": now.UnixMicro()}}}
	if err := c.clear(ctx, expired, true); err != nil {
		return saw, err
	}
	for _, d := range s.Dead {
		if err := c.clear(ctx, object{"term": object{"tx": d.N}}, true); err != nil {
			return saw, err
		}
	}
	late := now.Add(-tombstoneFor).UnixMilli()
	if slices.ContainsFunc(s.Dead, func(a aborted) bool { return a.At < late }) {
		_, err := c.changeState(ctx, func(s *state) error {
			s.Dead = slices.DeleteFunc(s.Dead, func(a aborted) bool { return a.At < late })
			return nil
		})
		if err != nil {
			return saw, err
		}
	}
	if len(s.Done) > 0 {
		return saw, nil
	}
	return saw, c.clear(ctx, object{"range": object{"dead": object{"lt": late}}}, false)
}

// clear makes tombstones of the documents that a query finds, or deletes those that are.
// What others change meanwhile is left.
func (c *Collection) clear(ctx context.Context, query object, bury bool) error {
	for {
		r := reading{}
		a, err := c.ask(ctx, r.with(object{"query": query, "size": page, "track_total_hits": false}))
		if err != nil {
			return err
		}
		docs, err := r.documents(a.Hits.Hits)
		if err != nil {
			return err
		}
		var actions []action
		for i := range docs {
			var body []byte
			if bury {
				if body, err = tombstone(docs[i].key, token()); err != nil {
					return err
				}
			}
			actions = append(actions, over(&docs[i], body))
		}
		results, err := c.bulk(ctx, actions)
		if err != nil {
			return err
		}
		n := 0
		for _, r := range results {
			if r.outcome == done {
				n++
			}
		}
		if n < page {
			return nil
		}
	}
}
