package crash

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db"
)

const (
	searches = 10 // after each kill
	k        = 10
)

// verify opens the database and compares it with the states.
func (l *loop) verify(ctx context.Context) (err error) {
	start := time.Now()
	d, c, err := open(ctx, l.opts.Dir)
	if err != nil {
		l.fault("kill %d: the database does not open: %v", l.Kills, err)
		return nil
	}
	l.Opened = max(l.Opened, float64(time.Since(start).Microseconds())/1000)
	defer func() {
		if cerr := d.Close(); err == nil {
			err = cerr
		}
	}()
	got := [writers]state{{}, {}, {}, {}}
	var live []db.Document
	for doc, err := range c.Scan(ctx, db.Scan{Fields: db.FieldText | db.FieldMetadata | db.FieldEmbedding}) {
		if err != nil {
			if ctx.Err() == nil {
				l.fault("kill %d: scan: %v", l.Kills, err)
			}
			return nil
		}
		w, id, n := number(doc, "w"), number(doc, "id"), number(doc, "n")
		if w < 0 || w >= writers || !l.same(doc, w, id, n) {
			l.Wrong++
			l.fault("kill %d: %s is not as it was written", l.Kills, doc.ID)
			continue
		}
		got[w][id] = n
		live = append(live, doc)
	}
	for w := range writers {
		l.compare(w, got[w])
	}
	return l.search(ctx, c, live)
}

func number(doc db.Document, field string) int {
	n, ok := doc.Metadata[field].(int64)
	if !ok {
		return -1
	}
	return int(n)
}

func (l *loop) same(doc db.Document, w, id, n int) bool {
	want := document(l.Seed, w, id, n)
	if doc.ID != want.ID || doc.Text != want.Text || len(doc.Embedding) != dims {
		return false
	}
	var dot, norm float64
	for i, x := range want.Embedding {
		dot += float64(x) * float64(doc.Embedding[i])
		norm += float64(x) * float64(x)
	}
	return dot > (1-1e-5)*math.Sqrt(norm)
}

// compare compares the stored documents with the acknowledged ones. The operation that
// was in flight may have been done completely, or not at all.
func (l *loop) compare(w int, got state) {
	before := l.states[w]
	op, n := operationOf(l.Seed, w, l.next[w]), l.next[w]
	after := maps.Clone(before)
	after.apply(op, n)
	switch {
	case maps.Equal(got, before) && !maps.Equal(got, after):
		return
	case maps.Equal(got, after):
		l.states[w] = after
		l.next[w]++
		return
	}
	lost, back, part := 0, 0, 0
	for id := range perWriter {
		is, ok := got[id]
		was, had := before[id]
		if ok == had && is == was {
			continue
		}
		then, has := after[id]
		switch {
		case slices.Contains(op.ids, id) && ok == has && is == then:
			part++
		case had && (!ok || is < was):
			lost++
			if ok {
				back++ // a previous version has come back instead
			}
		default:
			back++
		}
	}
	l.Lost += lost
	l.Resurrected += back
	if part > 0 {
		l.Torn++
	}
	l.fault("kill %d, writer %d at operation %d: %d lost, %d resurrected, %d of %d documents of the operation under way",
		l.Kills, w, n, lost, back, part, len(op.ids))
	l.states[w] = got
	l.next[w]++
}

// search runs self-queries of some documents and measures recall.
func (l *loop) search(ctx context.Context, c *db.Collection, live []db.Document) error {
	if len(live) < k {
		return nil
	}
	for range searches {
		doc := live[l.rng.IntN(len(live))]
		var ids [2]map[string]bool
		for i, exact := range []bool{false, true} {
			m, err := c.Search(ctx, db.Query{Embedding: doc.Embedding, K: k, Exact: exact, Fields: db.FieldsNone})
			if err != nil {
				return fmt.Errorf("search: %w", err)
			}
			ids[i] = map[string]bool{}
			for _, m := range m {
				ids[i][m.Document.ID] = true
			}
		}
		if !ids[0][doc.ID] {
			l.Missed++
		}
		found := 0
		for id := range ids[1] {
			if ids[0][id] {
				found++
			}
		}
		l.recall += float64(found) / float64(len(ids[1]))
		l.Searches++
	}
	l.Recall = l.recall / float64(l.Searches)
	return nil
}
