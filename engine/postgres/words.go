package postgres

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/internal/parallel"
)

// identifier is a table's name with its schema.
func identifier(table string) pgx.Identifier { return strings.Split(table, ".") }

// words are what the table of words holds of a document. Keys of terms have 64 bits:
// PostgreSQL has them as numbers with a sign.
type words struct {
	length int64
	terms  []int64 // each once
	counts []int16 // how often each occurs
}

// analyse returns the words of documents.
func (c *Collection) analyse(docs []*db.Prepared) []words {
	out := make([]words, len(docs))
	parallel.Each(len(docs), 16, func(i int) { out[i] = c.wordsOf(&docs[i].Document) })
	return out
}

func (c *Collection) wordsOf(d *db.Document) words {
	keys, length := c.Terms(d)
	w := words{length: int64(length), terms: []int64{}, counts: []int16{}}
	for from := 0; from < len(keys); {
		to := from + 1
		for to < len(keys) && keys[to] == keys[from] {
			to++
		}
		w.terms, w.counts = append(w.terms, int64(keys[from])), append(w.counts, int16(min(to-from, math.MaxInt16)))
		from = to
	}
	return w
}

// keys are the terms as package db has them.
func (w *words) keys() []uint64 {
	n := 0
	for _, c := range w.counts {
		n += int(c)
	}
	keys := make([]uint64, 0, n)
	for i, t := range w.terms {
		for range w.counts[i] {
			keys = append(keys, uint64(t))
		}
	}
	return keys
}

// change is what a transaction changes in the statistics of words.
type change struct {
	documents, length int64
	terms             map[int64]int64
}

func (c *change) add(w *words)    { c.by(w, 1) }
func (c *change) remove(w *words) { c.by(w, -1) }

func (c *change) by(w *words, n int64) {
	if c.terms == nil {
		c.terms = make(map[int64]int64)
	}
	c.documents += n
	c.length += n * w.length
	for _, t := range w.terms {
		c.terms[t] += n
	}
}

// count writes the statistics. It comes last: others wait for its locks. All writers take
// them in one order.
func (c *Collection) count(ctx context.Context, tx pgx.Tx, change *change) error {
	maps.DeleteFunc(change.terms, func(_, n int64) bool { return n == 0 })
	if keys := slices.Sorted(maps.Keys(change.terms)); len(keys) > 0 {
		by := make([]int64, len(keys))
		for i, key := range keys {
			by[i] = change.terms[key]
		}
		_, err := tx.Exec(ctx, `INSERT INTO `+c.t.terms+` AS t SELECT k, n FROM unnest($1::bigint[], $2::bigint[]) x(k, n) ORDER BY k
			ON CONFLICT (key) DO UPDATE SET documents = t.documents + excluded.documents`, keys, by)
		if err != nil {
			return err
		}
	}
	if change.documents == 0 && change.length == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, `UPDATE frony.collections SET documents = documents + $2, length = length + $3 WHERE id = $1`, c.id, change.documents, change.length)
	if err == nil && tag.RowsAffected() == 0 {
		err = db.ErrNoCollection // it has just been dropped
	}
	return err
}
