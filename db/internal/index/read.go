package index

import (
	"iter"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/epoch"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Reader reads an index as it was at one moment: it sees the batches that were
// visible then, each as a whole. It keeps the index open until Close. A Reader
// is for one goroutine.
type Reader struct {
	x     *Index
	view  *store.View
	seq   uint64 // newest visible batch
	now   int64  // microseconds: what has expired by then is not there
	guard epoch.Guard
}

// Read begins to read at the newest visible batch. It returns store.ErrClosed.
func (x *Index) Read() (*Reader, error) {
	if err := x.gate.Enter(); err != nil {
		return nil, err
	}
	return x.read(), nil
}

// read is Read for an operation that is inside the gate already; its Reader is
// ended by end.
func (x *Index) read() *Reader {
	r := &Reader{x: x, guard: x.epochs.Enter(), now: time.Now().UnixMicro()}
	r.view = x.st.View(func() uint64 {
		m := *x.visible.now.Load()
		r.seq = m.seq
		return m.ts
	})
	return r
}

// Latest begins to read what is committed, whether it is visible or not, of all
// versions in the store. Its Reader answers by ids and nodes only.
func (x *Index) Latest() (*Reader, error) {
	if err := x.gate.Enter(); err != nil {
		return nil, err
	}
	return &Reader{x: x, guard: x.epochs.Enter(), view: x.st.View(nil), now: time.Now().UnixMicro()}, nil
}

// Close ends reading.
func (r *Reader) Close() {
	r.end()
	r.x.gate.Leave()
}

func (r *Reader) end() {
	r.view.Close()
	r.guard.Leave()
}

// View is the reader's view of the store.
func (r *Reader) View() *store.View { return r.view }

// Node is the node of a document, or false. An id that differs from a stored one by its
// Unicode normalisation alone means the same document.
func (r *Reader) Node(id string) (uint32, bool, error) {
	node, ok, err := r.view.Find(r.x.id, id)
	if ok || err != nil || nfc.Others(id) == nil {
		return node, ok, err
	}
	// It may be stored in a form of which only parts are composed.
	for node := range bits(r.x.attrs.Having(attr.IDColumn, r.x.bound(), id)).all() {
		rec, ok, err := r.view.Record(r.x.id, node, 0)
		if err != nil {
			return 0, false, err
		}
		if !ok || !nfc.Equal(rec.ID, id) {
			continue
		}
		if at, ok, err := r.view.Node(r.x.id, rec.ID); err != nil || ok && at == node {
			return node, ok, err
		}
	}
	return 0, false, nil
}

// Record reads a node's record, unless it has expired. Of store.Fields it takes
// those but store.WithVector.
func (r *Reader) Record(node uint32, want store.Fields) (*store.Record, bool, error) {
	rec, ok, err := r.view.Record(r.x.id, node, want)
	if err != nil || !ok || expired(rec, r.now) {
		return nil, false, err
	}
	return rec, true, nil
}

// Vector reads a node's full vector.
func (r *Reader) Vector(node uint32) ([]float32, bool, error) {
	return r.view.Vector(nil, r.x.id, node)
}

// IDs yields the visible documents that meet the filter, in byte order of their
// ids, from start on.
func (r *Reader) IDs(where filter.Expr, start string) iter.Seq2[store.ID, error] {
	return func(yield func(store.ID, error) bool) {
		allowed, err := r.meeting(where)
		if err != nil {
			yield(store.ID{}, err)
			return
		}
		if allowed != nil && allowed.count() <= few {
			if ids, ok := r.fewIDs(allowed.all(), start); ok {
				for _, id := range ids {
					if !yield(id, nil) {
						return
					}
				}
				return
			}
		}
		for id, err := range r.view.IDs(r.x.id, start) {
			if err == nil && (allowed != nil && !allowed.has(id.Node) || !r.sees(id.Node)) {
				continue
			}
			if !yield(id, err) {
				return
			}
		}
	}
}

// Count is the number of documents that meet the filter.
func (r *Reader) Count(where filter.Expr) (n int, err error) {
	nodes, err := r.matching(where)
	if err != nil {
		return 0, err
	}
	for range nodes {
		n++
	}
	return n, nil
}

// matching yields the visible nodes that meet the filter.
func (r *Reader) matching(where filter.Expr) (iter.Seq[uint32], error) {
	allowed, err := r.meeting(where)
	if err != nil {
		return nil, err
	}
	if allowed == nil {
		allowed = allBits(r.x.bound())
	}
	return func(yield func(uint32) bool) {
		for node := range allowed.all() {
			if r.sees(node) && !yield(node) {
				return
			}
		}
	}, nil
}

// sees reports whether a node is a document at the reader's moment.
func (r *Reader) sees(node uint32) bool {
	return r.x.nodes.visible(node, r.seq) && !r.x.expiry.passed(node, r.now)
}

// having calls f for each document that has one of sources.
func (r *Reader) having(sources []string, f func(rec *store.Record, node uint32)) error {
	ours := make(map[string]bool, len(sources))
	for _, s := range sources {
		ours[nfc.Compose(s)] = true
	}
	for node := range bits(r.x.attrs.Having(attr.SourceColumn, r.x.bound(), sources...)).all() {
		if !r.x.nodes.visible(node, r.seq) {
			continue
		}
		rec, ok, err := r.view.Record(r.x.id, node, 0)
		if err != nil {
			return err
		}
		if ok && ours[nfc.Compose(rec.Source)] {
			f(rec, node)
		}
	}
	return nil
}

// expired reports whether a record has expired by now, in microseconds.
func expired(r *store.Record, now int64) bool {
	return !r.Expires.IsZero() && r.Expires.UnixMicro() <= now
}
