package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// field is a field and the type of a value.
type field struct{ name, kind string }

// note adds the fields of documents to those that the collection has, and refuses too
// many names: a field is a name that someone must know.
func (c *Collection) note(ctx context.Context, tx pgx.Tx, docs []*db.Prepared) error {
	seen := map[field]bool{}
	var names, kinds []string
	add := func(f field) {
		if !seen[f] {
			seen[f] = true
			names, kinds = append(names, f.name), append(kinds, f.kind)
		}
	}
	for _, d := range docs {
		for name, v := range d.Metadata {
			add(field{db.Composed(name), evaluate.TypeOf(v)})
		}
		if d.Title != "" {
			add(field{"title", evaluate.TypeOf("")})
		}
	}
	if len(names) == 0 {
		return nil
	}
	var fresh int
	err := tx.QueryRow(ctx, `SELECT count(DISTINCT n) FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM `+c.t.fields+` f WHERE f.name = n)`, names).Scan(&fresh)
	if err != nil {
		return err
	}
	if fresh > 0 {
		var there int
		if err := tx.QueryRow(ctx, `SELECT count(DISTINCT name) FROM `+c.t.fields).Scan(&there); err != nil {
			return err
		}
		if most := c.Limits().CollectionFields; there+fresh > most {
			return db.TooManyNames(fresh, there, most)
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO `+c.t.fields+` SELECT n, k FROM unnest($1::text[], $2::text[]) x(n, k) ORDER BY n, k ON CONFLICT DO NOTHING`, names, kinds)
	return err
}
