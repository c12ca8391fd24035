package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// verdict says what a document of the old version is to the new one.
type verdict uint8

const (
	docSame     verdict = iota // it is there, or is not to be
	docGone                    // it is to be deleted from the new version
	docCopied                  // it has changed, and its text's vector is there
	docEmbedded                // its text is to be embedded
	docTextless                // it can't be
)

// pair is a document in both versions.
type pair struct {
	id       string
	old, new uint32 // nodes, or store.AnyNode
}

// judge compares a document of both versions, and returns the old one's record
// with the fields that are wanted.
func (m *move) judge(v *store.View, p pair, want store.Fields, now int64) (_ verdict, old *store.Record, err error) {
	var made *store.Record
	if p.old != store.AnyNode {
		if old, _, err = v.Record(m.c.id, p.old, want); err != nil {
			return docSame, nil, fmt.Errorf("document %q: %w", p.id, err)
		}
	}
	if p.new != store.AnyNode {
		made, _, err = v.Record(m.hidden.ID, p.new, 0)
		if err != nil && !errors.Is(err, store.ErrCorrupt) { // what is damaged is made again
			return docSame, nil, err
		}
	}
	if old != nil && expired(old, now) {
		old = nil
	}
	switch {
	case old == nil && (made == nil || hasNoText(made)):
		// One without a text is not in the newer version because it was left out of
		// it: nobody can have deleted it there.
		return docSame, nil, nil
	case old == nil:
		return docGone, nil, nil
	case made != nil && made.Hash == old.Hash && made.Created.Equal(old.Created):
		return docSame, old, nil
	case hasNoText(old) && !m.skipTextless:
		return docTextless, old, nil
	case hasNoText(old) && made == nil:
		return docSame, old, nil
	case hasNoText(old):
		return docGone, old, nil
	case made != nil && !made.Given && made.TextHash == old.TextHash:
		return docCopied, old, nil
	}
	return docEmbedded, old, nil
}

// page compares the ids from start on, up to movePage of them, at one moment, and
// returns where to go on, or "" at the end.
func (m *move) page(ctx context.Context, start string, visit func(v *store.View, p pair) error) (next string, err error) {
	v := m.c.db.st.View(nil)
	defer v.Close()
	older, endOlder := iter.Pull2(v.IDs(m.c.id, start))
	defer endOlder()
	newer, endNewer := iter.Pull2(v.IDs(m.hidden.ID, start))
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
		if n == movePage {
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

// pages calls visit for every document of either version, and after for the end
// of each page, outside of the collection.
func (m *move) pages(ctx context.Context, visit func(v *store.View, p pair) error, after func() error) error {
	for next, first := "", true; first || next != ""; first = false {
		err := m.inside(func() (err error) {
			next, err = m.page(ctx, next, visit)
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

// plan is what there is to do.
type plan [docTextless + 1]int

func (p *plan) total() int { return p[docGone] + p[docCopied] + p[docEmbedded] }

func (m *move) now() int64 { return time.Now().UnixMicro() }

// hasNoText says whether a document has nothing but the embedding that it was given.
func hasNoText(r *store.Record) bool { return r.Given && r.TextHash == emptyHash }

var _, emptyHash = new(Document).hashes()

// plan looks through all documents, and refuses what can't be done.
func (m *move) plan(ctx context.Context) (p plan, err error) {
	var cant []string
	now := m.now()
	err = m.pages(ctx, func(v *store.View, q pair) error {
		verdict, old, err := m.judge(v, q, 0, now)
		p[verdict]++
		if verdict == docTextless && len(cant) < 10 {
			cant = append(cant, q.id)
		}
		if old != nil && hasNoText(old) && (verdict != docSame || q.new == store.AnyNode) {
			m.report.Skipped++
		}
		return err
	}, func() error { return nil })
	switch {
	case err != nil:
		return p, err
	case p[docTextless] > 0 && !m.skipTextless:
		return p, noText(p[docTextless], cant)
	case p[docEmbedded] > 0 && m.e == nil:
		return p, because(ErrNoEmbedder, "%d documents that were written since must be embedded with the model from before", p[docEmbedded])
	}
	return p, nil
}

func noText(n int, ids []string) error {
	return because(ErrNoText, "%d of them: %s; give them texts, delete them, or leave them out", n, quoteIDs(ids))
}
