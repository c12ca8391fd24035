package move

import (
	"context"
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// batch holds changes to the new version.
type batch struct {
	puts    []index.Put
	deletes []store.Delete
	embed   int // of the puts, those without a vector
}

func (b *batch) len() int { return len(b.puts) + len(b.deletes) }

// bring updates documents of the new version from the old one.
func (m *Move) bring(ctx context.Context, ids []string) error {
	for len(ids) > 0 {
		start := time.Now()
		b, n, err := m.collect(ids)
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && b.embed > 0 {
			err = m.Embed(ctx, b.puts)
		}
		if err != nil {
			return err
		}
		m.Embedded += b.embed
		if b.len() > 0 {
			removed, err := m.To.Copy(b.puts, b.deletes)
			if err != nil {
				return err
			}
			m.Removed += removed
			m.Copied += len(b.puts) - b.embed
		}
		m.tell(b.len())
		m.pace(b.len(), time.Since(start))
		ids = ids[n:]
	}
	return nil
}

// pace makes the next batch larger or smaller.
func (m *Move) pace(docs int, took time.Duration) {
	switch {
	case took > batchTime:
		m.batch = max(m.batch/2, batchMin)
	case took < batchTime/2 && docs == m.batch:
		m.batch = min(2*m.batch, batchMax)
	}
}

// collect reads a batch of documents, and returns how many of the ids it took.
func (m *Move) collect(ids []string) (b batch, n int, err error) {
	err = m.read(func(v *store.View) error {
		size := 0
		for ; n < len(ids) && b.len() < m.batch && size < batchBytes; n++ {
			added, err := m.look(v, ids[n], &b)
			if err != nil {
				return err
			}
			size += added
		}
		return nil
	})
	return b, n, err
}

// look adds the change of one document to a batch, and returns its size in bytes.
func (m *Move) look(v *store.View, id string, b *batch) (size int, err error) {
	p := pair{id: id, old: store.AnyNode, new: store.AnyNode}
	for _, side := range []struct {
		version uint32
		node    *uint32
	}{{m.From.ID(), &p.old}, {m.ToID, &p.new}} {
		node, ok, err := v.Node(side.version, id)
		if err != nil {
			return 0, err
		}
		if ok {
			*side.node = node
		}
	}
	verdict, old, err := m.judge(v, p, store.WithText|store.WithMetadata)
	if err != nil {
		return 0, err
	}
	switch verdict {
	case same:
		return 0, nil
	case textless:
		return 0, noText(1, id)
	case gone:
		b.deletes = append(b.deletes, store.Delete{ID: id, Node: store.AnyNode})
		return len(id), nil
	case copied, embedded:
	}
	put := index.Put{Record: *old}
	put.Precomputed = false
	if verdict == copied {
		vec, ok, err := v.Vector(nil, m.ToID, p.new)
		if err != nil {
			return 0, err
		}
		if ok && len(vec) == m.To.Settings().Dims { // else it is damaged
			put.Vector = vec
		}
	}
	if put.Vector == nil {
		b.embed++
	}
	size = put.Size() + 4*m.To.Settings().Dims
	b.puts = append(b.puts, put)
	return size, nil
}

func noText(n int, ids ...string) error {
	return reason.For(ErrNoText, "%d of them: %s; add texts, delete them, or skip them", n, reason.IDs(ids...))
}

// Plan counts the documents by verdict.
type Plan [textless + 1]int

// Embeds returns the number of texts to be embedded.
func (p Plan) Embeds() int { return p[embedded] }

func (p Plan) total() int { return p[gone] + p[copied] + p[embedded] }

// Plan judges all documents. It returns ErrNoText if some can't be embedded.
func (m *Move) Plan(ctx context.Context) (p Plan, err error) {
	var cannot []string
	err = m.pages(ctx, func(v *store.View, q pair) error {
		verdict, old, err := m.judge(v, q, 0)
		p[verdict]++
		if verdict == textless && len(cannot) < 10 {
			cannot = append(cannot, q.id)
		}
		if old != nil && hasNoText(old) && (verdict != same || q.new == store.AnyNode) {
			m.Skipped++
		}
		return err
	}, func() error { return nil })
	if err != nil {
		return p, fmt.Errorf("compare the versions: %w", err)
	}
	if p[textless] > 0 {
		return p, noText(p[textless], cannot...)
	}
	return p, nil
}
