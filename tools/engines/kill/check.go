//go:build linux

package main

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
)

// check compares what is stored with what the writers were told. The write that one of
// them was at is there as a whole or not at all; from here on it is known which.
func (c *campaign) check(ctx context.Context, all []*writer) error {
	d, col, err := openCollection(ctx, c.server.url)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // only read from
	found := make([]state, len(all))
	for i := range found {
		found[i] = state{}
	}
	c.stored = 0
	for doc, err := range col.Scan(ctx, db.Scan{}) {
		if err != nil {
			return err
		}
		var writer int
		if _, err := fmt.Sscanf(doc.ID[1:], "%d", &writer); err != nil {
			return fmt.Errorf("a document %q that nobody wrote", doc.ID)
		}
		found[writer][doc.ID] = int(doc.Metadata["version"].(int64))
		c.stored++
	}
	for i, w := range all {
		with := maps.Clone(c.states[i])
		with.apply(w.pending)
		switch {
		case w.pending != nil && maps.Equal(found[i], with):
			c.underWay, c.done = c.underWay+1, c.done+1
		case maps.Equal(found[i], c.states[i]):
			if w.pending != nil {
				c.underWay++
			}
		default:
			return fmt.Errorf("writer %d, at %+v:\n%s", i, w.pending, differing(found[i], c.states[i]))
		}
		c.states[i] = found[i]
	}
	if err := consistent(ctx, c.server.url); err != nil {
		return err
	}
	// Every document is found by its words and its neighbourhood.
	for _, q := range []db.Query{{Text: "전입신고", K: 1000, Mode: db.Lexical}, {Text: "전입신고", K: 1000, Mode: db.Dense, Exact: true}} {
		matches, err := col.Search(ctx, q)
		if err != nil || len(matches) != c.stored {
			return fmt.Errorf("a search (%v) finds %d of %d documents: %w", q.Mode, len(matches), c.stored, err)
		}
	}
	return nil
}

func differing(got, want state) string {
	var b strings.Builder
	for id, version := range want {
		if v, ok := got[id]; !ok {
			fmt.Fprintf(&b, "%s, version %d, was acknowledged and is missing\n", id, version)
		} else if v != version {
			fmt.Fprintf(&b, "%s has version %d, and %d was acknowledged\n", id, v, version)
		}
	}
	for id, version := range got {
		if _, ok := want[id]; !ok {
			fmt.Fprintf(&b, "%s, version %d, is there and was deleted\n", id, version)
		}
	}
	return b.String()
}

// consistent compares the statistics of words with the documents' words.
func consistent(ctx context.Context, url string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }() // only read from
	var id int64
	var documents, length int64
	if err := c.QueryRow(ctx, `SELECT id, documents, length FROM frony.collections WHERE name = $1`, name).Scan(&id, &documents, &length); err != nil {
		return err
	}
	for what, sql := range map[string]string{
		"documents without words":     `SELECT count(*) FROM frony.docs_%[1]d d FULL JOIN frony.words_%[1]d w USING (no) WHERE d.no IS NULL OR w.no IS NULL`,
		"terms with another count":    `SELECT count(*) FROM (SELECT t, count(*) AS n FROM frony.words_%[1]d, unnest(terms) t GROUP BY t) x FULL JOIN (SELECT * FROM frony.terms_%[1]d WHERE documents <> 0) y ON x.t = y.key WHERE n IS DISTINCT FROM documents`,
		"documents that were counted": fmt.Sprintf(`SELECT count(*) - %d FROM frony.docs_%%[1]d`, documents),
		"words that were counted":     fmt.Sprintf(`SELECT coalesce(sum(length), 0)::bigint - %d FROM frony.words_%%[1]d`, length),
	} {
		var n int64
		if err := c.QueryRow(ctx, fmt.Sprintf(sql, id)).Scan(&n); err != nil {
			return err
		}
		if n != 0 {
			return fmt.Errorf("%s: %d", what, n)
		}
	}
	return nil
}
