package db

import (
	"context"
	"iter"
	mathbits "math/bits"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// Get returns documents by their ids, in order, with text and metadata. If
// some are missing it returns those that are there and ErrNotFound, naming the
// missing ids.
func (c *Collection) Get(ctx context.Context, ids ...string) ([]Document, error) {
	return c.GetFields(ctx, FieldsDefault, ids...)
}

// GetFields is Get with a choice of what to read.
func (c *Collection) GetFields(ctx context.Context, fields Fields, ids ...string) ([]Document, error) {
	if err := c.enter(); err != nil {
		return nil, wrap("get", "", err)
	}
	defer c.leave()
	v, _ := c.view()
	defer v.Close()
	docs := make([]Document, 0, len(ids))
	var missing []string
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, wrap("get", "", err)
		}
		node, ok, err := v.Node(c.id, id)
		var doc Document
		if err == nil && ok {
			doc, ok, err = c.document(v, node, fields)
		}
		switch {
		case err != nil:
			return nil, wrap("get", quoteIDs([]string{id}), err)
		case !ok:
			missing = append(missing, id)
		default:
			docs = append(docs, doc)
		}
	}
	if missing != nil {
		return docs, wrap("get", quoteIDs(missing), ErrNotFound)
	}
	return docs, nil
}

// document reads a node's document from a view.
func (c *Collection) document(v *store.View, node uint32, fields Fields) (Document, bool, error) {
	want := fields.stored()
	r, ok, err := v.Record(c.id, node, want)
	if err != nil || !ok {
		return Document{}, false, err
	}
	if expired(r, time.Now().UnixMicro()) {
		return Document{}, false, nil
	}
	d := fromRecord(r)
	if want&store.WithVector != 0 {
		if d.Embedding, ok, err = v.Vector(nil, c.id, node); err != nil || !ok {
			return Document{}, false, err
		}
	}
	return d, true, nil
}

// Scan says which documents to read, in byte order of their ids.
type Scan struct {
	Filter filter.Expr
	// After is the cursor: the id of the last document of the page before.
	After string
	// Limit is the number of documents; 0 is all.
	Limit int
	// Fields to read; 0 is text and metadata.
	Fields Fields
}

// Scan yields documents in byte order of their ids, as they were when the scan
// began. To read in pages, set After to the last id of the page before.
func (c *Collection) Scan(ctx context.Context, s Scan) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		if err := c.enter(); err != nil {
			yield(Document{}, wrap("scan", "", err))
			return
		}
		defer c.leave()
		if err := c.checkFilter(s.Filter); err != nil {
			yield(Document{}, wrap("scan", "", err))
			return
		}
		slot := c.grace.enter()
		defer c.grace.leave(slot)
		v, m := c.view()
		defer v.Close()
		var allowed bits
		if s.Filter.Kind() != filter.KindAll {
			allowed = c.attrs.Select(s.Filter, c.bound())
		}
		start := s.After
		if start != "" {
			start += "\x00"
		}
		n := 0
		for id, err := range v.IDs(c.id, start) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Document{}, wrap("scan", "", err))
				return
			}
			if allowed != nil && !allowed.has(id.Node) || !c.nodes.visible(id.Node, m.seq) {
				continue
			}
			doc, ok, err := c.document(v, id.Node, s.Fields)
			if err == nil && !ok {
				continue
			}
			if !yield(doc, wrap("scan", quoteIDs([]string{id.ID}), err)) || err != nil {
				return
			}
			if n++; n == s.Limit {
				return
			}
		}
	}
}

// Count is the number of documents that meet the filter.
func (c *Collection) Count(_ context.Context, where filter.Expr) (int, error) {
	if err := c.enter(); err != nil {
		return 0, wrap("count", "", err)
	}
	defer c.leave()
	if err := c.checkFilter(where); err != nil {
		return 0, wrap("count", "", err)
	}
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	m := *c.visible.now.Load()
	n := 0
	for range c.matching(where, m.seq) {
		n++
	}
	return n, nil
}

func (c *Collection) checkFilter(e filter.Expr) error {
	l := c.db.opts.Limits
	if err := e.Validate(filter.Limits{MaxDepth: l.FilterDepth, MaxConditions: l.FilterConditions}); err != nil {
		return because(ErrInvalidFilter, "%v", err)
	}
	return nil
}

// bound is above every node that was ever given out.
func (c *Collection) bound() uint32 { return uint32(c.codes.heads.Len()) }

// matching yields the nodes that are visible after batch seq and meet the filter.
func (c *Collection) matching(where filter.Expr, seq uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		n := c.bound()
		now := time.Now().UnixMicro()
		var allowed bits
		if where.Kind() != filter.KindAll {
			allowed = c.attrs.Select(where, n)
		}
		for node := range n {
			if (allowed == nil || allowed.has(node)) && c.nodes.visible(node, seq) && !c.expiry.passed(node, now) && !yield(node) {
				return
			}
		}
	}
}

// bits is a set of nodes, as package attr gives it.
type bits []uint64

// allBits is the set of the nodes below n.
func allBits(n uint32) bits {
	b := make(bits, (n+63)/64)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if r := n % 64; r != 0 {
		b[len(b)-1] = 1<<r - 1
	}
	return b
}

// count is the number of nodes in the set.
func (b bits) count() (n int) {
	for _, w := range b {
		n += mathbits.OnesCount64(w)
	}
	return n
}

// bitset is the set as the graph takes it; nil, all nodes, stays nil.
func (b bits) bitset() *hnsw.Bitset {
	if b == nil {
		return nil
	}
	s := hnsw.NewBitset(64 * len(b))
	for node := range b.all() {
		s.Set(node)
	}
	return s
}

// all yields the nodes of the set in order.
func (b bits) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + mathbits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

func (b bits) has(node uint32) bool {
	i := int(node / 64)
	return i < len(b) && b[i]>>(node%64)&1 != 0
}

// cosine is the score of a node by its full vector, which is of unit length as
// q is: from the rows, or, if the row is missing or damaged, from the store,
// which puts it back.
func (c *Collection) cosine(v *store.View, q []float32, node uint32) (float32, bool, error) {
	if row, ok := c.rows.Get(node); ok {
		return clamp(quant.DotBytes(q, row)), true, nil
	}
	got, ok, err := v.Vector(nil, c.id, node)
	if err != nil || !ok || !c.sound(got) {
		return 0, false, err
	}
	if err := c.rows.Put(node, quant.Bytes(got)); err != nil {
		c.log.Warn("vector row not cached", "err", err)
	}
	return clamp(quant.Dot(q, got)), true, nil
}

// clamp takes away what rounding adds to a cosine.
func clamp(x float32) float32 { return max(-1, min(1, x)) }
