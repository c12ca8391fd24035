package opensearch

import (
	"context"
	"fmt"
	"slices"
)

// place is where the document with an id is, or is to be.
type place struct {
	current *stored // what readers see, expired or not; nil: none
	// slots are all that hold something, but for the current document, by their names: of
	// tombstones, of transactions that were given up or run, and those that are emptied.
	slots map[string]*stored
	// blocked says that the transaction that runs writes to the first slot, emptied that
	// one has emptied it. Without a current document no other may be written to then:
	// all who create it write to the first.
	blocked, emptied bool
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
	if p.current != nil {
		return over(p.current, body)
	}
	return p.fill(slotOf(key), body)
}

// fill is the action that writes a document to a slot that is free.
func (p *place) fill(slot string, body []byte) action {
	if d := p.slots[slot]; d != nil {
		return over(d, body)
	}
	return action{slot: slot, body: body}
}

// beside is the first slot that is free and not emptied: for a transaction, which must
// leave the current document where it is.
func (p *place) beside(key string, gone map[string]bool) string {
	slot := slotOf(key)
	for n := 1; gone[slot] || p.current != nil && p.current.slot == slot; n++ {
		slot = slotBeside(key, n)
	}
	return slot
}

// by reports whether a write with a token has been done at a place, and in which slot
// its document is, if it was none of a tombstone.
func (p *place) by(token string) (slot string, done bool) {
	if p.current != nil && p.current.token == token {
		return p.current.slot, true
	}
	for _, d := range p.slots {
		if d.dead && d.token == token {
			return "", true
		}
	}
	return "", false
}

// places finds the places of keys.
func (c *Collection) places(ctx context.Context, s *state, r reading, keys []string) (map[string]*place, error) {
	out := make(map[string]*place, len(keys))
	for _, key := range keys {
		out[key] = &place{slots: map[string]*stored{}}
	}
	gone := s.gone()
	const part, most = 100, 10_000
	for some := range slices.Chunk(keys, part) {
		q := object{"query": or(anyOf("key", some)), "size": most, "track_total_hits": false, "sort": []string{"_doc"}}
		a, err := c.ask(ctx, r.with(q))
		if err != nil {
			return nil, err
		}
		if len(a.Hits.Hits) == most {
			return nil, fmt.Errorf("%w: %d documents are stored for %d ids, most of them replaced", errConflict, most, len(some))
		}
		docs, err := r.documents(a.Hits.Hits)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			d := &docs[i]
			p := out[d.key]
			if p == nil {
				continue
			}
			if !d.dead && !gone[d.slot] && s.sees(d.tx) {
				p.current = d
				continue
			}
			p.slots[d.slot] = d
			if d.slot == slotOf(d.key) {
				p.emptied = gone[d.slot]
				p.blocked = !d.dead && !p.emptied && (d.tx >= s.Next || s.Open != nil && d.tx == s.Open.N)
			}
		}
	}
	return out, nil
}
