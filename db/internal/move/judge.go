package move

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// verdict is what must be done for a document in the new version.
type verdict uint8

const (
	same     verdict = iota // nothing
	gone                    // delete it
	copied                  // write it, with the vector that the new version has of its text
	embedded                // embed its text and write it
	textless                // it must be embedded, but has no text
)

// pair is a document in both versions.
type pair struct {
	id       string
	old, new uint32 // nodes, or store.AnyNode
}

// judge compares a document of both versions, and returns the old one's record
// with the fields in want.
func (m *Move) judge(v *store.View, p pair, want store.Fields) (_ verdict, old *store.Record, err error) {
	var made *store.Record
	if p.old != store.AnyNode {
		if old, _, err = v.Record(m.From.ID(), p.old, want); err != nil {
			return same, nil, fmt.Errorf("document %q: %w", p.id, err)
		}
	}
	if p.new != store.AnyNode {
		made, _, err = v.Record(m.ToID, p.new, 0)
		if err != nil && !errors.Is(err, store.ErrCorrupt) { // a damaged record is written again
			return same, nil, err
		}
	}
	if old != nil && !old.Expires.IsZero() && !old.Expires.After(time.Now()) {
		old = nil
	}
	return m.verdict(old, made), old, nil
}

func (m *Move) verdict(old, made *store.Record) verdict {
	switch {
	case old == nil && (made == nil || hasNoText(made)):
		// A document without a text may be missing from the newer version because it
		// was skipped, not deleted.
		return same
	case old == nil:
		return gone
	case made != nil && made.Hash == old.Hash && made.Created.Equal(old.Created):
		return same
	case hasNoText(old) && !m.SkipTextless:
		return textless
	case hasNoText(old) && made == nil:
		return same
	case hasNoText(old):
		return gone
	case made != nil && !made.Precomputed && made.TextHash == old.TextHash:
		return copied
	}
	return embedded
}

// hasNoText reports whether a document has a precomputed embedding and no text.
func hasNoText(r *store.Record) bool { return r.Precomputed && r.TextHash == emptyHash }

// emptyHash is the hash of an empty text: see store.Record.TextHash.
var emptyHash = func() (h [16]byte) {
	sum := sha256.Sum256(nil)
	copy(h[:], sum[:])
	return h
}()

// pageSize is the number of ids that are compared in one view.
const pageSize = 4096

// page compares a page of ids from start on, and returns the first id of the next
// page, or "" at the end.
func (m *Move) page(ctx context.Context, v *store.View, start string, visit func(v *store.View, p pair) error) (next string, err error) {
	older, endOlder := iter.Pull2(v.IDs(m.From.ID(), start))
	defer endOlder()
	newer, endNewer := iter.Pull2(v.IDs(m.ToID, start))
	defer endNewer()
	a, errA, okA := older()
	b, errB, okB := newer()
	for n := 0; okA || okB; n++ {
		for _, err := range []error{errA, errB, ctx.Err()} {
			if err != nil {
				return "", err
			}
		}
		p := pair{id: a.ID, old: store.AnyNode, new: store.AnyNode}
		if !okA || okB && b.ID < a.ID {
			p.id = b.ID
		}
		if n == pageSize {
			return p.id, nil
		}
		takeA, takeB := okA && a.ID == p.id, okB && b.ID == p.id
		if takeA {
			p.old = a.Node
			a, errA, okA = older()
		}
		if takeB {
			p.new = b.Node
			b, errB, okB = newer()
		}
		if err := visit(v, p); err != nil {
			return "", err
		}
	}
	return "", nil
}

// pages calls visit for every document of either version, and after at the end
// of each page, when the view is closed.
func (m *Move) pages(ctx context.Context, visit func(v *store.View, p pair) error, after func() error) error {
	for next, first := "", true; first || next != ""; first = false {
		err := m.read(func(v *store.View) (err error) {
			next, err = m.page(ctx, v, next, visit)
			return err
		})
		if err == nil {
			err = after()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
