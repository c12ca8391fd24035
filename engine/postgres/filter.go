package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// args are the arguments of a statement.
type args []any

// add adds an argument and returns how the statement names it.
func (a *args) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// live is the condition that a document d has not expired.
func (a *args) live() string {
	return "(d.expires IS NULL OR d.expires > " + a.add(time.Now()) + ")"
}

// A condition is what documents meet, as SQL about a row d.
type condition func(a *args) string

// where returns the condition for the live documents that meet a filter within what the
// collection is restricted to. What SQL cannot say is evaluated here: the documents that
// meet it are read and named by their numbers.
func (c *Collection) where(ctx context.Context, tx pgx.Tx, where filter.Expr) (condition, error) {
	where, err := c.Within(where)
	if err != nil {
		return nil, err
	}
	return c.meeting(ctx, tx, where)
}

// meeting is where for a filter that has been checked.
func (c *Collection) meeting(ctx context.Context, tx pgx.Tx, where filter.Expr) (condition, error) {
	named := false
	if slices.Contains(where.Fields(), "id") {
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+c.t.docs+` WHERE columns ? 'id')`).Scan(&named); err != nil {
			return nil, err
		}
	}
	in, rest := evaluate.Split(where, named, evaluate.Ordered)
	sql := func(a *args) string { return a.live() + " AND " + a.expr(in, named) }
	if rest.Kind() == filter.KindAll {
		return sql, nil
	}
	var a args
	rows, err := tx.Query(ctx, `SELECT d.no, d.id, d.title, d.source, d.metadata FROM `+c.t.docs+` d WHERE `+sql(&a), a...)
	if err != nil {
		return nil, err
	}
	var found []int64
	met := evaluate.NewBatch[int64](named)
	add := func() error {
		nos, err := met.Meeting(rest)
		found = append(found, nos...)
		met = evaluate.NewBatch[int64](named)
		return err
	}
	err = each(rows, func() error {
		var no int64
		var doc db.Document
		var metadata []byte
		if err := rows.Scan(&no, &doc.ID, &doc.Title, &doc.Source, &metadata); err != nil {
			return err
		}
		if doc.Metadata, err = db.DecodeMetadata(metadata); err != nil {
			return err
		}
		if met.Add(no, &doc); met.Len() < 4096 {
			return nil
		}
		return add()
	})
	if err == nil {
		err = add()
	}
	if err != nil {
		return nil, err
	}
	return func(a *args) string { return "d.no = ANY(" + a.add(found) + ")" }, nil
}

// each calls f for each of rows, and closes them.
func each(rows pgx.Rows, f func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// expr says a filter whose conditions are evaluate.Ordered.
func (a *args) expr(e filter.Expr, named bool) string {
	var parts []string
	for _, p := range e.Args() {
		parts = append(parts, a.expr(p, named))
	}
	switch e.Kind() {
	case filter.KindNone:
		return "FALSE"
	case filter.KindAnd:
		return "(" + strings.Join(parts, " AND ") + ")"
	case filter.KindOr:
		return "(" + strings.Join(parts, " OR ") + ")"
	case filter.KindNot:
		return "NOT " + parts[0]
	case filter.KindCondition:
		return a.condition(e, evaluate.Meant(e.Condition().Field, named))
	default:
		return "TRUE"
	}
}

// condition says a condition on a field. It is never NULL.
func (a *args) condition(e filter.Expr, field string) string {
	if field == filter.FieldID {
		return a.onID(e.Condition())
	}
	if field == filter.FieldSource {
		e = e.AsText()
	}
	c := e.Condition()
	keys := make([]string, len(c.Values))
	for i, v := range c.Values {
		keys[i] = db.ColumnKey(v)
	}
	value := func() string { return "(d.columns ->> " + a.add(field) + "::text)" }
	switch c.Op {
	case filter.OpExists:
		return "(d.columns ? " + a.add(field) + "::text)"
	case filter.OpEq:
		return a.holds(field, keys[0])
	case filter.OpNe:
		return "NOT " + a.holds(field, keys[0])
	case filter.OpContains:
		v := c.Values[0]
		if v.Type() == filter.TypeTime || v.Type() == filter.TypeString {
			keys[0] = db.ColumnKey(filter.Text(v.Text())) // an element of a list is no time
		}
		return a.holds(field, keys)
	case filter.OpIn:
		return "coalesce(" + value() + " = ANY(" + a.add(keys) + "), FALSE)"
	default:
		return a.ordered(c, value(), keys[0])
	}
}

// ordered says that a value is before or behind the one that has a key.
func (a *args) ordered(c filter.Condition, value, key string) string {
	// The keys of a type begin with its number, in two digits, and those of no list do.
	kind, v, key := c.Values[0].Type(), value+` COLLATE "C"`, a.add(key)
	if c.Op == filter.OpLt || c.Op == filter.OpLe {
		return fmt.Sprintf("coalesce(%s >= '%02x' AND %s %s %s, FALSE)", v, uint8(kind), v, c.Op, key)
	}
	return fmt.Sprintf("coalesce(%s %s %s AND %s < '%02x', FALSE)", v, c.Op, key, v, uint8(kind)+1)
}

// holds says that the columns hold a key, or the list a key.
func (a *args) holds(field string, key any) string {
	b, err := json.Marshal(map[string]any{field: key})
	if err != nil {
		return "FALSE" // strings and lists of them can be marshalled
	}
	return "(d.columns @> " + a.add(string(b)) + "::jsonb)"
}

// onID says a condition on ids, of which all are strings.
func (a *args) onID(c filter.Condition) string {
	if c.Op == filter.OpExists {
		return "TRUE"
	}
	ids := []string{}
	for _, v := range c.Values {
		if t := v.Type(); t == filter.TypeString || t == filter.TypeTime {
			ids = append(ids, v.Text())
		}
	}
	is := "(d.id_key = ANY(" + a.add(ids) + "))"
	if c.Op == filter.OpNe {
		return "NOT " + is
	}
	return is
}
