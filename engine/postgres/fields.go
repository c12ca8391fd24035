package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// The types of a field's values, as the table of fields names them.
const (
	typeBool    = "boolean"
	typeNumber  = "number"
	typeTime    = "time"
	typeString  = "string"
	typeStrings = "strings"
	typeNumbers = "numbers"
)

// typeOf is the type of a value of metadata.
func typeOf(v any) string {
	switch v.(type) {
	case []string:
		return typeStrings
	case []int64, []float64:
		return typeNumbers
	}
	val, err := filter.ValueOf(v)
	if err != nil {
		return typeString
	}
	switch val.Type() {
	case filter.TypeBool:
		return typeBool
	case filter.TypeNumber:
		return typeNumber
	case filter.TypeTime:
		return typeTime
	case filter.TypeString:
	}
	return typeString
}

// exampleOf is a value of a type.
func exampleOf(kind string) any {
	switch kind {
	case typeBool:
		return true
	case typeNumber:
		return int64(1)
	case typeTime:
		return time.Unix(0, 0).UTC()
	case typeStrings:
		return []string{"x"}
	case typeNumbers:
		return []int64{1}
	}
	return "x"
}

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
			add(field{db.Composed(name), typeOf(v)})
		}
		if d.Title != "" {
			add(field{"title", typeString})
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
			return &db.Error{
				Input: fmt.Sprintf("%d new names of metadata", fresh),
				Err:   fmt.Errorf("%w: the collection has %d names, at most %d", db.ErrLimit, there, most),
				Hint:  "keep names few, and put what varies into values",
			}
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO `+c.t.fields+` SELECT n, k FROM unnest($1::text[], $2::text[]) x(n, k) ORDER BY n, k ON CONFLICT DO NOTHING`, names, kinds)
	return err
}
