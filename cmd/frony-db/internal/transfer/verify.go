package transfer

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

const (
	asked = 100 // questions that both sides are asked
	top   = 10
	// leastOverlap is what both sides must share of the results, on average. Approximate
	// searches of two engines differ by a few percent.
	leastOverlap = 0.9
	pageSize     = 100
)

// verify compares both sides: how many documents they have, the documents of the sample or
// all of them, and what they find.
func (c *copier) verify(ctx context.Context) error {
	if err := c.verifyCounts(ctx); err != nil {
		return err
	}
	check := c.verifySample
	if c.o.VerifyAll {
		check = c.verifyAll
	}
	if err := check(ctx); err != nil {
		return err
	}
	if c.others > 0 {
		c.report.Others = c.others
		return nil // its others are found, too
	}
	return c.verifySearch(ctx)
}

// verifyCounts names the documents that one side alone has, if the numbers differ.
func (c *copier) verifyCounts(ctx context.Context) error {
	want, err := c.from.Count(ctx, filter.All())
	if err != nil {
		return err
	}
	got, err := c.to.Count(ctx, filter.All())
	if err != nil || got == want+c.others {
		return err
	}
	others := 0
	err = c.beside(ctx, db.FieldsNone, func(a, b *db.Document) error {
		switch {
		case b == nil && !expired(a):
			c.report.fault("document %q is missing", a.ID)
		case a == nil && !expired(b):
			if others++; others > c.others {
				c.report.fault("document %q is not in %q", b.ID, c.report.From)
			}
		}
		return nil
	})
	return err
}

// expired reports whether a document may have expired on one side while the other was
// read.
func expired(d *db.Document) bool {
	return !d.Expires.IsZero() && d.Expires.Before(time.Now().Add(time.Second))
}

// verifyAll compares all documents.
func (c *copier) verifyAll(ctx context.Context) error {
	add, end := c.step("verify "+c.report.To, c.report.Documents)
	defer end()
	damaged := c.report.Damaged // they were counted
	defer func() { c.report.Damaged = damaged }()
	return c.beside(ctx, everything, func(a, b *db.Document) error {
		if a == nil {
			return nil
		}
		add(1)
		c.compare(a, b)
		return nil
	})
}

// verifySample compares the documents of the sample.
func (c *copier) verifySample(ctx context.Context) error {
	add, end := c.step("verify "+c.report.To, len(c.sample.ids))
	defer end()
	for ids := range slices.Chunk(c.sample.ids, pageSize) {
		want, err := get(ctx, c.from, ids)
		if err != nil {
			return err
		}
		got, err := get(ctx, c.to, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if a := want[id]; a != nil { // else it was deleted
				c.compare(a, got[id])
			}
		}
		add(len(ids))
	}
	return nil
}

// compare compares two documents of one id.
func (c *copier) compare(a, b *db.Document) {
	c.report.Compared++
	switch {
	case b == nil && expired(a):
	case b == nil:
		c.report.fault("document %q is missing", a.ID)
	case !equal(a, b):
		c.report.fault("document %q differs", a.ID)
	}
}

func get(ctx context.Context, c collection, ids []string) (map[string]*db.Document, error) {
	docs, err := c.GetFields(ctx, everything, ids...)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	out := make(map[string]*db.Document, len(docs))
	for i := range docs {
		out[docs[i].ID] = &docs[i]
	}
	return out, err
}

// verifySearch asks both sides for the neighbours of some documents.
func (c *copier) verifySearch(ctx context.Context) error {
	ids := c.sample.ids[:min(asked, len(c.sample.ids))]
	docs, err := get(ctx, c.from, ids)
	if err != nil {
		return err
	}
	add, end := c.step("search "+c.report.To, len(docs))
	defer end()
	shared, of := 0, 0
	for _, id := range ids {
		d := docs[id]
		if d == nil {
			continue
		}
		q := db.Query{Embedding: d.Embedding, K: top, Mode: db.Dense, Fields: db.FieldsNone}
		want, err := c.from.Search(ctx, q)
		if err != nil {
			return err
		}
		got, err := c.to.Search(ctx, q)
		if err != nil {
			return err
		}
		shared, of = shared+overlap(want, got), of+len(want)
		c.report.Queries++
		add(1)
	}
	if of == 0 {
		return nil
	}
	if c.report.Overlap = float64(shared) / float64(of); c.report.Overlap < leastOverlap {
		c.report.fault("of the %d nearest of %d documents, both sides find %.3f in common, want %v", top, c.report.Queries, c.report.Overlap, leastOverlap)
	}
	return nil
}

// overlap is how many results two sides share. Of documents with the same cosine, any may
// be the last.
func overlap(want, got []db.Match) (n int) {
	if len(want) == 0 {
		return 0
	}
	last := want[len(want)-1].Score
	ids := make(map[string]bool, len(want))
	for i := range want {
		ids[want[i].Document.ID] = true
	}
	for _, m := range got[:min(len(got), len(want))] {
		if ids[m.Document.ID] || math.Abs(float64(m.Score-last)) <= near {
			n++
		}
	}
	return n
}
