package db

import (
	"context"
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/quant"
)

// move fills one version of a collection from the other and makes the collection
// it.
//
// The two are compared by id, in the order of the ids: a document that the new
// version has with the same hash and time of writing is done, so that the new
// version itself says how far a move has come, whatever ended it and whatever was
// written since. Then the ids that were written meanwhile are brought over in
// rounds, the last of them while nothing else runs on the collection.
type move struct {
	c            *Collection       // the version that the name leads to
	hidden       store.Hidden      // the one that it is to lead to; ID 0: it is to be made
	fresh        *settings         // of the one that is to be made
	to           *Collection       // hidden, loaded
	e            embedder.Embedder // of to; nil: nothing can be embedded
	skipTextless bool
	report       *ReembedReport

	f      *follower
	paused bool // nothing else is inside the collection
	docs   int  // of the next batch at most
	tell   func(done int)
}

const (
	// A batch is what a kill costs. It grows while it takes less than half of moveTime,
	// and shrinks when it takes longer: models differ a thousandfold.
	moveDocsMin = 16
	moveDocs    = 64 // the first
	moveDocsMax = 1024
	moveTime    = time.Second
	moveBytes   = 4 << 20 // of records and vectors in a batch, but for the last one

	movePage = 4096 // ids that are compared in one go

	// Writers wait while so many ids are noted, in the first round after all
	// documents were compared, and half as many in each one after it, until moveLast
	// are left to do while all wait. Batches may be larger: so there is an end to the
	// rounds.
	moveLimit  = 1024
	moveLast   = 16
	moveRounds = 10
	moveTries  = 5 // to have no more than moveLast left
)

func (m *move) run(ctx context.Context, change, discard bool, sample int) error {
	defer func() { m.report.To.Documents = int(m.c.db.st.State(m.hidden.ID).Live) }()
	p, err := m.plan(ctx)
	if err != nil {
		return err
	}
	if err := m.load(ctx); err != nil {
		return err
	}
	defer m.unload()
	m.report.To = versionOf(&m.to.set, store.State{})
	m.f = newFollower(m.c)
	defer m.f.end(m.c)
	m.progress(p.total())
	if err := m.all(ctx); err != nil {
		return err
	}
	if err := m.rounds(ctx); err != nil {
		return err
	}
	if sample > 0 {
		if m.report.Overlap, err = m.compare(ctx, sample); err != nil {
			return err
		}
	}
	if !change {
		return nil
	}
	return m.finish(ctx, discard)
}

func (m *move) progress(total int) {
	tell := m.c.db.progress("reembed "+m.c.name, total)
	if total > 0 {
		tell(0) // the rate is that of what is done from here on
	}
	left := total
	m.tell = func(done int) { // what was written meanwhile is not counted
		if done = min(done, left); done > 0 {
			left -= done
			tell(done)
		}
	}
}

// inside runs f as an operation on the collection: one that is short, as a switch
// and Close wait for it.
func (m *move) inside(f func() error) error {
	if m.paused {
		return f()
	}
	return m.c.inside(f)
}

// all compares all documents and brings over what differs.
func (m *move) all(ctx context.Context) error {
	var ids []string
	now := m.now()
	return m.pages(ctx, func(v *store.View, p pair) error {
		verdict, _, err := m.judge(v, p, 0, now)
		if verdict != docSame {
			ids = append(ids, p.id)
		}
		return err
	}, func() error {
		err := m.bring(ctx, ids)
		ids = ids[:0]
		return err
	})
}

// rounds brings over what was written meanwhile until little is left, or what
// is written between two rounds.
func (m *move) rounds(ctx context.Context) error {
	defer m.f.throttle(0)
	limit := moveLimit
	for range moveRounds {
		m.f.throttle(limit)
		limit = max(limit/2, moveLast)
		n, all := m.f.waiting()
		if n <= moveLast && !all {
			return nil
		}
		if err := m.catchUp(ctx); err != nil {
			return err
		}
	}
	return nil
}

// catchUp brings over what was written since it was noted last.
func (m *move) catchUp(ctx context.Context) error {
	ids, all := m.f.take()
	if err := m.bring(ctx, ids); err != nil || !all {
		return err
	}
	return m.all(ctx)
}

// item is a document on its way into the new version.
type item struct {
	prepared
	record []byte // as it goes over: it is the old one's, but for the vector
	verdict
}

// bring makes documents of the new version what they are in the old one.
func (m *move) bring(ctx context.Context, ids []string) error {
	for len(ids) > 0 {
		start := time.Now()
		var items []item
		var texts []string
		n := 0
		err := m.inside(func() (err error) {
			n, items, texts, err = m.read(ids)
			return err
		})
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = m.embed(ctx, items, texts)
		}
		if err == nil {
			err = m.inside(func() error { return m.write(items) })
		}
		if err != nil {
			return err
		}
		m.tell(len(items))
		m.pace(len(items), time.Since(start))
		ids = ids[n:]
	}
	return nil
}

// pace makes the next batch larger or smaller.
func (m *move) pace(docs int, took time.Duration) {
	switch {
	case took > moveTime:
		m.docs = max(m.docs/2, moveDocsMin)
	case took < moveTime/2 && docs == m.docs:
		m.docs = min(2*m.docs, moveDocsMax)
	}
}

// read reads a batch of documents, and returns how many of the ids it took.
func (m *move) read(ids []string) (n int, items []item, texts []string, err error) {
	v := m.c.db.st.View(nil)
	defer v.Close()
	now := m.now()
	size := 0
	for ; n < len(ids) && len(items) < m.docs && size < moveBytes; n++ {
		it, err := m.look(v, ids[n], now)
		if err != nil {
			return n, nil, nil, err
		}
		switch it.verdict {
		case docSame:
			continue
		case docTextless:
			return n, nil, nil, noText(1, ids[n:n+1])
		case docEmbedded:
			texts = append(texts, it.doc.Text)
		case docCopied, docGone:
		}
		size += len(it.record) + 4*m.to.set.Dims
		items = append(items, it)
	}
	return n, items, texts, nil
}

// look reads one document.
func (m *move) look(v *store.View, id string, now int64) (it item, err error) {
	p := pair{id: id, old: store.AnyNode, new: store.AnyNode}
	for _, side := range []struct {
		cid  uint32
		node *uint32
	}{{m.c.id, &p.old}, {m.hidden.ID, &p.new}} {
		node, ok, err := v.Node(side.cid, id)
		if err != nil {
			return it, err
		}
		if ok {
			*side.node = node
		}
	}
	verdict, old, err := m.judge(v, p, store.WithText|store.WithMetadata, now)
	if err != nil {
		return it, err
	}
	it.verdict, it.doc.ID = verdict, id
	if old != nil {
		it.doc = fromRecord(old)
		old.Given = false
		it.record = store.AppendRecord(nil, old)
	}
	if it.verdict == docCopied {
		var ok bool
		if it.vec, ok, err = v.Vector(nil, m.hidden.ID, p.new); err == nil && (!ok || len(it.vec) != m.to.set.Dims) {
			it.vec, it.verdict = nil, docEmbedded // it is damaged
		}
	}
	return it, err
}

// embed embeds the texts of the items that need it.
func (m *move) embed(ctx context.Context, items []item, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	if m.e == nil {
		return because(ErrNoEmbedder, "document %q must be embedded with the model from before", items[0].doc.ID)
	}
	vecs, err := embedPassages(ctx, m.e, texts)
	if err != nil {
		return err
	}
	next := 0
	for i := range items {
		if it := &items[i]; it.verdict == docEmbedded {
			if it.vec, err = normalised(vecs[next], m.to.set.Dims); err != nil {
				return fmt.Errorf("embed document %q: %w", it.doc.ID, err)
			}
			next++
		}
	}
	m.report.Embedded += len(texts)
	return nil
}

// write commits a batch to the new version.
func (m *move) write(items []item) error {
	b := &store.Batch{Collection: m.hidden.ID}
	var prep []prepared
	for i := range items {
		it := &items[i]
		if it.verdict == docGone {
			b.Deletes = append(b.Deletes, store.Delete{ID: it.doc.ID, Node: store.AnyNode})
			continue
		}
		it.encoded = quant.Bytes(it.vec)
		b.Puts = append(b.Puts, store.Put{ID: it.doc.ID, Record: it.record, Vector: it.encoded})
		prep = append(prep, it.prepared)
		if it.verdict == docCopied {
			m.report.Copied++
		}
	}
	if len(b.Puts)+len(b.Deletes) == 0 {
		return nil
	}
	done, err := m.c.db.st.Commit(b)
	if err != nil {
		return err
	}
	m.report.Removed += done.Deleted
	m.to.link(prep, done)
	return nil
}
