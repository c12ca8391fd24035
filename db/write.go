package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/quant"
)

// Insert adds documents, all or none, and returns their ids in order. Texts
// without an embedding are embedded as passages.
//
// It returns ErrExists if an id is taken, ErrDuplicateID, ErrInvalidID,
// ErrInvalidText, ErrInvalidEmbedding, ErrInvalidMetadata, ErrBatchTooLarge,
// ErrNoEmbedder, ErrDiskFull, ErrReadOnly and ErrClosed, and what the embedder
// returns.
func (c *Collection) Insert(ctx context.Context, docs ...Document) ([]string, error) {
	return c.write(ctx, "insert", docs, true)
}

// Upsert adds documents or replaces those that exist, all or none, and returns
// their ids in order. A document whose text has not changed is not embedded
// again, and one that has not changed at all is not written.
//
// Its errors are those of Insert, without ErrExists.
func (c *Collection) Upsert(ctx context.Context, docs ...Document) ([]string, error) {
	return c.write(ctx, "upsert", docs, false)
}

// prepared is a document on its way into the store.
type prepared struct {
	doc       Document
	vec       []float32 // full, unit length
	encoded   []byte    // vec as the store keeps it
	hash      [16]byte
	textHash  [16]byte
	unchanged bool
}

func (c *Collection) write(ctx context.Context, op string, docs []Document, insert bool) (ids []string, err error) {
	if err := c.enter(); err != nil {
		return nil, wrap(op, "", err)
	}
	defer c.leave()
	err = c.whole(func() error {
		ids, err = c.writeOnce(ctx, op, docs, insert)
		return err
	})
	return ids, err
}

func (c *Collection) writeOnce(ctx context.Context, op string, docs []Document, insert bool) ([]string, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	if limit := c.db.opts.Limits.Batch; len(docs) > limit {
		return nil, &Error{
			Op: op, Input: fmt.Sprintf("%d documents", len(docs)),
			Err:  because(ErrBatchTooLarge, "at most %d in one call", limit),
			Hint: "split it",
		}
	}
	prep, err := c.prepare(docs)
	if err != nil {
		return nil, err.as(op)
	}
	if !insert {
		if err := c.compare(prep); err != nil {
			return nil, wrap(op, "", err)
		}
	}
	if err := c.embedAll(ctx, prep); err != nil {
		return nil, wrap(op, "", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, wrap(op, "", err)
	}
	ids := preparedIDs(prep)
	changed := slices.DeleteFunc(prep, func(p prepared) bool { return p.unchanged })
	if len(changed) == 0 {
		return ids, nil
	}
	if insert {
		if err := c.sweepDue(ctx); err != nil {
			return nil, wrap(op, "", err)
		}
	}
	if _, err := c.commit(changed, &store.Batch{Insert: insert}); err != nil {
		return nil, inserted(op, err)
	}
	return ids, nil
}

func preparedIDs(prep []prepared) []string {
	ids := make([]string, len(prep))
	for i := range prep {
		ids[i] = prep[i].doc.ID
	}
	return ids
}

// inserted is wrap for the error of an insert, which names the ids that are taken.
func inserted(op string, err error) error {
	if exists, ok := errors.AsType[*store.ExistsError](err); ok {
		return &Error{Op: op, Input: quoteIDs(exists.IDs), Err: ErrExists, Hint: "use upsert to replace"}
	}
	return wrap(op, "", err)
}

// inputError is a fault of one document of a batch.
type inputError struct {
	input string
	err   error
}

func (e *inputError) as(op string) error { return &Error{Op: op, Input: e.input, Err: e.err} }

// prepare checks every document and makes up missing ids.
func (c *Collection) prepare(docs []Document) ([]prepared, *inputError) {
	prep := make([]prepared, len(docs))
	faults := make([]error, len(docs))
	given := 0
	for i := range docs {
		if docs[i].Embedding != nil {
			given++
		}
	}
	room := make([]float32, 0, given*c.set.Dims) // of all vectors together
	for i, d := range docs {
		if d.ID == "" {
			d.ID = newID()
		}
		prep[i].doc = d
		if len(d.Embedding) == c.set.Dims {
			room = append(room, d.Embedding...)
			prep[i].vec = slices.Clip(room[len(room)-c.set.Dims:])
		}
	}
	parallel(len(prep), 64, func(i int) {
		p := &prep[i]
		if faults[i] = c.check(&p.doc); faults[i] != nil {
			return
		}
		quant.Normalize(p.vec)
		p.hash, p.textHash = p.doc.hashes()
	})
	seen := make(map[string]bool, len(docs))
	for i := range prep {
		id := prep[i].doc.ID
		if err := faults[i]; err != nil {
			return nil, &inputError{fmt.Sprintf("document %d (%s)", i, quoteIDs([]string{id})), err}
		}
		if seen[id] {
			return nil, &inputError{quoteIDs([]string{id}), ErrDuplicateID}
		}
		seen[id] = true
	}
	return prep, nil
}

// compare looks for what an upsert need not do: documents that are the same,
// and texts that have their vector already.
func (c *Collection) compare(prep []prepared) error {
	v, _ := c.view()
	defer v.Close()
	now := time.Now().UnixMicro()
	for i := range prep {
		p := &prep[i]
		node, ok, err := v.Node(c.id, p.doc.ID)
		if err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		old, ok, err := v.Record(c.id, node, 0)
		switch {
		case errors.Is(err, store.ErrCorrupt): // this mends it
		case err != nil:
			return err
		case !ok:
		case expired(old, now):
		case !c.graph.Has(node): // its vector may be damaged
		case old.Hash == p.hash:
			p.unchanged = true
		case p.vec == nil && old.TextHash == p.textHash && !old.Given:
			vec, _, err := v.Vector(nil, c.id, node)
			if err != nil {
				return err
			}
			if c.sound(vec) {
				p.vec = vec
			}
		}
	}
	return nil
}

// embedAll embeds the texts that have no vector yet.
func (c *Collection) embedAll(ctx context.Context, prep []prepared) error {
	var texts []string
	var at []int
	for i := range prep {
		if p := &prep[i]; p.vec == nil && !p.unchanged {
			texts = append(texts, p.doc.Text)
			at = append(at, i)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	e := c.embed()
	if e == nil {
		return because(ErrNoEmbedder, "document %q has a text and no embedding", prep[at[0]].doc.ID)
	}
	var vecs [][]float32
	err := c.outside(func() (err error) {
		vecs, err = embedPassages(ctx, e, texts)
		return err
	})
	if err != nil {
		return err
	}
	for i, v := range vecs {
		if prep[at[i]].vec, err = normalised(v, c.set.Dims); err != nil {
			return fmt.Errorf("embed document %q: %w", prep[at[i]].doc.ID, err)
		}
	}
	return nil
}

// normalised checks an embedder's vector, and returns a copy of unit length: the
// store writes its memory, which nobody else may change.
func normalised(v []float32, dims int) ([]float32, error) {
	if err := checkVector(v, dims); err != nil {
		return nil, err
	}
	v = slices.Clone(v)
	quant.Normalize(v)
	return v, nil
}

func embedPassages(ctx context.Context, e embedder.Embedder, texts []string) ([][]float32, error) {
	vecs, err := e.EmbedPassages(ctx, texts)
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	if len(vecs) != len(texts) {
		return nil, fmt.Errorf("embed: the embedder gave %d vectors for %d texts", len(vecs), len(texts))
	}
	return vecs, nil
}

// commit writes documents and the rest of a batch to the store, links it into the
// derived state, and returns when searches see it.
func (c *Collection) commit(prep []prepared, b *store.Batch) (*store.Committed, error) {
	if slices.ContainsFunc(prep, func(p prepared) bool { return p.doc.Source != "" }) {
		c.filing.RLock()
		defer c.filing.RUnlock()
	}
	return c.commitFiling(prep, b)
}

// commitFiling is commit for a caller that holds filing.
func (c *Collection) commitFiling(prep []prepared, b *store.Batch) (*store.Committed, error) {
	now := time.Now()
	b.Collection, b.Puts = c.id, make([]store.Put, len(prep))
	parallel(len(prep), 64, func(i int) {
		p := &prep[i]
		p.encoded = quant.Bytes(p.vec)
		b.Puts[i] = store.Put{
			ID:     p.doc.ID,
			Vector: p.encoded,
			Record: store.AppendRecord(nil, &store.Record{
				ID: p.doc.ID, Text: p.doc.Text, Source: p.doc.Source, Chunk: p.doc.Chunk,
				Created: now, Hash: p.hash, TextHash: p.textHash, Given: p.doc.Embedding != nil,
				Metadata: p.doc.Metadata, Expires: p.doc.Expires,
			}),
		}
	})
	done, err := c.db.st.Commit(b)
	if err != nil {
		return nil, err
	}
	c.link(prep, done)
	c.follow(b)
	return done, nil
}

// link brings a committed batch into the derived state. It can't fail: a part
// that goes wrong is logged, and found and rebuilt later.
func (c *Collection) link(prep []prepared, done *store.Committed) {
	c.linking.RLock()
	if err := c.rows.PutAll(done.Born, func(i int) []byte { return prep[i].encoded }); err != nil {
		// The store has the vectors: searches will read them there.
		c.log.Warn("vector rows not cached", "err", err)
	}
	// Everything that searches look at is there before the graph makes a node known
	// to them.
	words := make([]lexical.Terms, len(done.Born))
	parallel(len(done.Born), 8, func(i int) {
		c.codes.put(done.Born[i], prep[i].vec)
		words[i] = c.words.Analyze(prep[i].doc.Text)
	})
	c.words.AddAll(done.Born, words)
	for i, node := range done.Born {
		doc := &prep[i].doc
		c.attrs.Set(node, columns(doc.Metadata, doc.Source))
		c.expiry.set(node, doc.Expires)
		c.nodes.bear(node, done.Seq)
	}
	parallel(len(done.Born), 8, func(i int) {
		node := done.Born[i]
		if err := c.graph.Add(node); err != nil {
			c.log.Error("node could not be linked; doctor repairs it", "node", node, "err", err)
		}
	})
	for _, node := range done.Dead {
		c.nodes.kill(node, done.Seq)
	}
	c.linking.RUnlock()
	c.visible.reach(done.Seq, group{done.Last, done.TS})
	done.Release()
	c.sweepSoon(prep)
	c.calibrateSoon()
	c.snapshotSoon(len(done.Born) + len(done.Dead))
	if len(done.Dead) > 0 {
		c.grace.after(func() { c.bury(done.Dead) })
	}
}

// parallel runs f for 0 to n−1 on all cores, if there are at least least items
// for each.
func parallel(n, least int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/least)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func quoteIDs(ids []string) string {
	const shown = 5
	var b strings.Builder
	for i, id := range ids[:min(len(ids), shown)] {
		if i > 0 {
			b.WriteString(", ")
		}
		if len(id) > 80 {
			id = id[:80] + "…"
		}
		fmt.Fprintf(&b, "%q", id)
	}
	if len(ids) > shown {
		fmt.Fprintf(&b, " and %d more", len(ids)-shown)
	}
	return b.String()
}
