package postgres

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// GetFields is db.Collection.GetFields.
func (c *Collection) GetFields(ctx context.Context, fields db.Fields, ids ...string) (docs []db.Document, err error) {
	err = c.d.read(ctx, func(tx pgx.Tx) error {
		docs, err = c.get(ctx, tx, fields, ids)
		return err
	})
	return docs, failed("get", "", err)
}

// get reads documents by id, in order.
func (c *Collection) get(ctx context.Context, tx pgx.Tx, fields db.Fields, ids []string) ([]db.Document, error) {
	where, err := c.where(ctx, tx, filter.All())
	if err != nil {
		return nil, err
	}
	f := cmp.Or(fields, db.FieldsDefault)
	var a args
	found, err := documents(ctx, tx, f, `SELECT `+selecting(f)+` FROM `+c.t.docs+` d WHERE d.id_key = ANY(`+a.add(db.AllComposed(ids))+`) AND `+where(&a), a)
	if err != nil {
		return nil, err
	}
	at := make(map[string]*db.Document, len(found))
	for i := range found {
		at[db.Composed(found[i].ID)] = &found[i].Document
	}
	return db.InOrder(ids, at)
}

// Count is db.Collection.Count.
func (c *Collection) Count(ctx context.Context, where filter.Expr) (n int, err error) {
	err = c.d.read(ctx, func(tx pgx.Tx) error {
		meets, err := c.where(ctx, tx, where)
		if err != nil {
			return err
		}
		var a args
		sql := `SELECT count(*) FROM ` + c.t.docs + ` d WHERE ` + meets(&a)
		return tx.QueryRow(ctx, sql, a...).Scan(&n)
	})
	return n, failed("count", "", err)
}

// page is how many documents a scan reads at a time.
const page = 500

// Scan is db.Collection.Scan. With Sort, the metadata of all documents that meet the
// filter is read first, and compared here.
func (c *Collection) Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error] {
	return func(yield func(db.Document, error) bool) {
		err := c.CheckScan(&s)
		if err == nil {
			err = c.d.read(ctx, func(tx pgx.Tx) error {
				meets, err := c.where(ctx, tx, s.Filter)
				if err != nil {
					return err
				}
				if len(s.Sort) > 0 {
					return c.sorted(ctx, tx, s, meets, yield)
				}
				return c.inOrder(ctx, tx, s, meets, yield)
			})
		}
		if err != nil {
			yield(db.Document{}, failed("scan", "", err))
		}
	}
}

// inOrder yields documents in byte order of their ids.
func (c *Collection) inOrder(ctx context.Context, tx pgx.Tx, s db.Scan, meets condition, yield func(db.Document, error) bool) error {
	f, after, n := cmp.Or(s.Fields, db.FieldsDefault), s.After, 0
	for {
		want := page
		if s.Limit > 0 {
			want = min(want, s.Limit-n)
		}
		var a args
		sql := `SELECT ` + selecting(f) + ` FROM ` + c.t.docs + ` d WHERE d.id > ` + a.add(after) + ` AND ` + meets(&a) +
			` ORDER BY d.id LIMIT ` + a.add(want)
		docs, err := documents(ctx, tx, f, sql, a)
		if err != nil {
			return err
		}
		for i := range docs {
			if n++; !yield(docs[i].Document, nil) {
				return nil
			}
			after = docs[i].ID
		}
		if len(docs) < want || n == s.Limit {
			return nil
		}
	}
}

// sorted yields documents in the order of a scan's Sort.
func (c *Collection) sorted(ctx context.Context, tx pgx.Tx, s db.Scan, meets condition, yield func(db.Document, error) bool) error {
	columns, nos, err := c.columns(ctx, tx, meets)
	if err != nil {
		return err
	}
	order := columns.Sorted(&s)
	if s.Limit > 0 {
		order = order[:min(len(order), s.Limit)]
	}
	f := cmp.Or(s.Fields, db.FieldsDefault) | db.FieldMetadata
	for part := range slices.Chunk(order, page) {
		want := make([]int64, len(part))
		for i, at := range part {
			want[i] = nos[at]
		}
		docs, err := c.numbered(ctx, tx, f, want)
		if err != nil {
			return err
		}
		for _, no := range want {
			if !yield(docs[no].Document, nil) {
				return nil
			}
		}
	}
	return nil
}

// numbered reads documents by their numbers.
func (c *Collection) numbered(ctx context.Context, tx pgx.Tx, f db.Fields, nos []int64) (map[int64]*stored, error) {
	docs, err := documents(ctx, tx, f, `SELECT `+selecting(f)+` FROM `+c.t.docs+` d WHERE d.no = ANY($1)`, args{nos})
	out := make(map[int64]*stored, len(docs))
	for i := range docs {
		out[docs[i].no] = &docs[i]
	}
	return out, err
}

// columns reads the columns of the documents that meet a condition, and their numbers.
func (c *Collection) columns(ctx context.Context, tx pgx.Tx, meets condition) (*db.Columns, []int64, error) {
	var a args
	rows, err := tx.Query(ctx, `SELECT `+selecting(db.FieldMetadata)+` FROM `+c.t.docs+` d WHERE `+meets(&a), a...)
	if err != nil {
		return nil, nil, err
	}
	columns := db.NewColumns(false)
	var nos []int64
	err = each(rows, func() error {
		s, err := scan(rows, db.FieldMetadata)
		columns.Add(&s.Document)
		nos = append(nos, s.no)
		return err
	})
	return columns, nos, err
}
