package opensearch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// place is where the document with an id is, or is to be.
type place struct {
	current *stored // what readers see, expired or not; nil: none
	// top is the newest of the id's slots: without a current document, the next one takes
	// its place. All who create a document agree on it.
	top     *stored
	newest  int64
	blocked bool // by the transaction that runs
}

// live is the document that there is, or nil.
func (p *place) live() *stored {
	if p.current == nil || p.current.expired {
		return nil
	}
	return p.current
}

// put is the action that writes a document with a key to its place.
func (p *place) put(key string, body []byte) action {
	switch {
	case p.current != nil:
		return over(p.current, body)
	case p.top != nil:
		return over(p.top, body)
	}
	return action{slot: slotOf(key), body: body}
}

// transactionOf is the transaction whose slot it is, or 0.
func transactionOf(slot string) int64 {
	_, suffix, _ := strings.Cut(slot, ".")
	n, err := strconv.ParseInt(suffix, 36, 64)
	if err != nil {
		return 0
	}
	return n
}

// places finds the places of keys.
func (c *Collection) places(ctx context.Context, s *state, r reading, keys []string) (map[string]*place, error) {
	out := make(map[string]*place, len(keys))
	for _, key := range keys {
		out[key] = new(place)
	}
	gone := s.gone()
	for part := range slices.Chunk(keys, page) {
		const most = 20 * page
		q := object{"query": or(anyOf("key", part)), "size": most, "track_total_hits": false, "sort": []string{"_doc"}}
		a, err := c.ask(ctx, r.with(q))
		if err != nil {
			return nil, err
		}
		if len(a.Hits.Hits) == most {
			return nil, fmt.Errorf("more than %d documents are stored for %d ids", most-1, len(part))
		}
		docs, err := r.documents(a.Hits.Hits)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			d := &docs[i]
			p, of := out[d.key], transactionOf(d.slot)
			if p == nil || gone[d.slot] {
				continue
			}
			sees := s.sees(d.tx)
			if !d.dead && sees {
				p.current = d
			}
			if p.top == nil || of > p.newest {
				p.top, p.newest = d, of
				p.blocked = !d.dead && (d.tx >= s.Next || s.Open != nil && d.tx == s.Open.N)
			}
		}
	}
	for _, p := range out {
		p.blocked = p.blocked && p.current == nil
	}
	return out, nil
}

// meets reports whether a document is in what the collection is restricted to.
func (c *Collection) meets(d *stored) (bool, error) {
	if !c.Restricted() {
		return true, nil
	}
	within, err := c.Within(filter.All())
	if err != nil {
		return false, err
	}
	return evaluate.Meets(&d.Document, within)
}
