package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
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
	c        *Collection       // the version that the name leads to
	hidden   store.Hidden      // the one that it is to lead to; ID 0: it is to be made
	fresh    *settings         // of the one that is to be made
	to       *Collection       // hidden, loaded
	e        embedder.Embedder // of to; nil: nothing can be embedded
	leaveOut bool
	report   *ReembedReport

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
	case hasNoText(old) && !m.leaveOut:
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

// inside runs f as an operation on the collection: one that is short, as a switch
// and Close wait for it.
func (m *move) inside(f func() error) error {
	if m.paused {
		return f()
	}
	return m.c.inside(f)
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
			m.report.LeftOut++
		}
		return err
	}, func() error { return nil })
	switch {
	case err != nil:
		return p, err
	case p[docTextless] > 0 && !m.leaveOut:
		return p, noText(p[docTextless], cant)
	case p[docEmbedded] > 0 && m.e == nil:
		return p, because(ErrNoEmbedder, "%d documents that were written since must be embedded with the model from before", p[docEmbedded])
	}
	return p, nil
}

func noText(n int, ids []string) error {
	return because(ErrNoText, "%d of them: %s; give them texts, delete them, or leave them out", n, quoteIDs(ids))
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
		ids, all := m.f.take()
		if err := m.bring(ctx, ids); err != nil {
			return err
		}
		if all {
			if err := m.all(ctx); err != nil {
				return err
			}
		}
	}
	return nil
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
		it.encoded = store.AppendVector(nil, it.vec)
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
