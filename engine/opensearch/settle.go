package opensearch

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// settleLater makes tombstones of a committed transaction's old documents, when no reader
// that began before the commit can see them.
func (c *Collection) settleLater(tx int64) {
	c.d.later(func() {
		select {
		case <-time.After(grace):
		case <-c.d.ctx.Done():
			return // another process does it
		}
		if err := c.settle(c.d.ctx, tx); err != nil && c.d.ctx.Err() == nil {
			c.d.log.Warn("replaced documents are still to be removed", "collection", c.meta.Name, "err", err)
		}
	})
}

// settle makes tombstones of the old documents of a committed transaction.
func (c *Collection) settle(ctx context.Context, tx int64) error {
	for attempt := 0; ; attempt++ {
		s, err := c.state(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(s.Done, func(f finished) bool { return f.N == tx })
		if i < 0 {
			return nil // another process has done it
		}
		left, err := c.bury(ctx, tx, s.Done[i].Gone)
		if err != nil {
			return err
		}
		if left == 0 {
			break
		}
		if err := backoff(ctx, attempt); err != nil {
			return err
		}
	}
	_, err := c.changeState(ctx, func(s *state) error {
		i := slices.IndexFunc(s.Done, func(f finished) bool { return f.N == tx })
		if i < 0 || s.Done[i].Buried && s.Open != nil {
			return errNothing
		}
		s.Done[i].Buried = true
		s.tidy()
		return nil
	})
	return err
}

// bury writes tombstones to slots that a transaction has emptied, and returns how many
// are left. The state is looked at between reading a slot and writing it: a process that
// was stopped for long must not bury a document that has been written since.
func (c *Collection) bury(ctx context.Context, tx int64, slots []string) (left int, err error) {
	for part := range slices.Chunk(slots, page) {
		at, err := c.now(ctx, part)
		if err != nil {
			return 0, err
		}
		s, err := c.state(ctx)
		if err != nil {
			return 0, err
		}
		if !slices.ContainsFunc(s.Done, func(f finished) bool { return f.N == tx }) {
			return 0, nil
		}
		var actions []action
		for _, slot := range part {
			if d := at[slot]; d != nil && !d.dead {
				body, err := tombstone(d.key, token())
				if err != nil {
					return 0, err
				}
				actions = append(actions, over(d, body))
			}
		}
		results, err := c.bulk(ctx, actions)
		if err != nil {
			return 0, err
		}
		for _, r := range results {
			if r.outcome != done {
				left++
			}
		}
	}
	return left, nil
}

// now reads what is in slots at this moment, whether searches find it or not.
func (c *Collection) now(ctx context.Context, slots []string) (map[string]*stored, error) {
	out := make(map[string]*stored, len(slots))
	for part := range slices.Chunk(slots, page) {
		b, err := json.Marshal(object{"ids": part})
		if err != nil {
			return nil, err
		}
		var answer struct {
			Docs []struct {
				hit
				Found bool    `json:"found"`
				Error failure `json:"error"`
			} `json:"docs"`
		}
		err = c.d.client.do(ctx, call{method: http.MethodPost, path: c.path("_mget?_source_excludes=doc.text,doc.metadata"), body: b}, &answer)
		if err != nil {
			return nil, err
		}
		for i := range answer.Docs {
			a := &answer.Docs[i]
			if a.Error.Type != "" {
				return nil, &refusal{http.StatusServiceUnavailable, a.Error.Type, a.Error.Reason}
			}
			if !a.Found {
				continue
			}
			d, err := reading{}.document(&a.hit)
			if err != nil {
				return nil, err
			}
			out[a.Slot] = &d
		}
	}
	return out, nil
}
