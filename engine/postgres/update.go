package postgres

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Update is db.Collection.Update.
func (c *Collection) Update(ctx context.Context, id string, p db.Patch) error {
	_, err := c.UpdateIDs(ctx, p, id)
	return err
}

// UpdateIDs is db.Collection.UpdateIDs.
func (c *Collection) UpdateIDs(ctx context.Context, p db.Patch, ids ...string) (n int, err error) {
	var missing []string
	err = c.updating(ctx, p, ids, func(tx pgx.Tx, patch patch) error {
		meets, err := c.where(ctx, tx, filter.All())
		if err != nil {
			return err
		}
		var a args
		sql := `d.id_key = ANY(` + a.add(db.AllComposed(ids)) + `) AND ` + meets(&a)
		docs, err := c.patched(ctx, tx, sql+` ORDER BY d.id_key`, a, patch)
		if err != nil {
			return err
		}
		there := make(map[string]bool, len(docs))
		for i := range docs {
			there[db.Composed(docs[i].ID)] = true
		}
		missing = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return there[db.Composed(id)] })
		n = len(docs)
		return nil
	})
	if err == nil && len(missing) > 0 {
		err = db.NotFound(missing...)
	}
	return n, failed("update", "", err)
}

// UpdateWhere is db.Collection.UpdateWhere.
func (c *Collection) UpdateWhere(ctx context.Context, where filter.Expr, p db.Patch) (n int, err error) {
	after := int64(0)
	for more := true; more && err == nil; {
		err = c.updating(ctx, p, nil, func(tx pgx.Tx, patch patch) error {
			meets, err := c.where(ctx, tx, where)
			if err != nil {
				return err
			}
			var a args
			sql := `d.no > ` + a.add(after) + ` AND ` + meets(&a) + ` ORDER BY d.no LIMIT ` + a.add(page)
			docs, err := c.patched(ctx, tx, sql, a, patch)
			if err != nil {
				return err
			}
			if more = len(docs) == page; more {
				after = docs[len(docs)-1].no
			}
			n += len(docs)
			return nil
		})
	}
	return n, failed("update", "", err)
}

// patch changes a document, and reports whether it did.
type patch func(*db.Prepared) (bool, error)

// updating runs f in a transaction.
func (c *Collection) updating(ctx context.Context, p db.Patch, ids []string, f func(pgx.Tx, patch) error) error {
	if err := c.CheckIDs(ids); err != nil {
		return err
	}
	patch, err := c.Patch(p)
	if err != nil {
		return err
	}
	return c.d.write(ctx, func(tx pgx.Tx) error {
		if err := c.lock(ctx, tx, p.Source != nil); err != nil {
			return err
		}
		return f(tx, patch)
	})
}

// patched changes the documents that meet a condition, and returns them.
func (c *Collection) patched(ctx context.Context, tx pgx.Tx, where string, a args, patch patch) ([]stored, error) {
	f := db.FieldText | db.FieldMetadata | db.FieldEmbedding
	docs, err := documents(ctx, tx, f, `SELECT `+selecting(f)+` FROM `+c.t.docs+` d WHERE `+where+` FOR UPDATE`, a)
	if err != nil {
		return nil, err
	}
	var changed []*db.Prepared
	var nos []int64
	for i := range docs {
		did, err := patch(&docs[i].Prepared)
		if err != nil {
			return nil, err
		}
		if did {
			changed, nos = append(changed, &docs[i].Prepared), append(nos, docs[i].no)
		}
	}
	if len(changed) == 0 {
		return docs, nil
	}
	if err := c.note(ctx, tx, changed); err != nil {
		return nil, err
	}
	var b pgx.Batch
	for i, d := range changed {
		columns, err := json.Marshal(d.Columns())
		if err != nil {
			return nil, err
		}
		b.Queue(`UPDATE `+c.t.docs+` SET source = $2, source_key = $3, metadata = $4, columns = $5, created = $6, expires = $7, hash = $8 WHERE no = $1`,
			nos[i], d.Source, db.Composed(d.Source), db.EncodeMetadata(d.Metadata), columns, moment(d.Created), moment(d.Expires), d.Hash[:])
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	return docs, c.respell(ctx, tx, nos, changed)
}

// respell writes the words of documents again whose tags have changed.
func (c *Collection) respell(ctx context.Context, tx pgx.Tx, nos []int64, docs []*db.Prepared) error {
	now := c.analyse(docs)
	at := make(map[int64]*words, len(nos))
	for i, no := range nos {
		at[no] = &now[i]
	}
	var change change
	var b pgx.Batch
	rows, err := tx.Query(ctx, `SELECT no, length, terms, counts FROM `+c.t.words+` WHERE no = ANY($1)`, nos)
	if err != nil {
		return err
	}
	err = each(rows, func() error {
		var no int64
		var was words
		if err := rows.Scan(&no, &was.length, &was.terms, &was.counts); err != nil {
			return err
		}
		if is := at[no]; !slices.Equal(was.terms, is.terms) || !slices.Equal(was.counts, is.counts) {
			change.remove(&was)
			change.add(is)
			b.Queue(`UPDATE `+c.t.words+` SET length = $2, terms = $3, counts = $4 WHERE no = $1`, no, is.length, is.terms, is.counts)
		}
		return nil
	})
	if err != nil || b.Len() == 0 {
		return err
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	return c.count(ctx, tx, &change)
}
