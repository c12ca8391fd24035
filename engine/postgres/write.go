package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
	"github.com/fronyai/frony-db/internal/writes"
)

// write is a batch of documents to be written.
type write = writes.Batch[db.Document]

// Insert is db.Collection.Insert.
func (c *Collection) Insert(ctx context.Context, docs ...db.Document) ([]string, error) {
	r, err := c.write(ctx, "insert", write{Mode: writes.Insert, Docs: docs})
	return r.IDs, err
}

// Upsert is db.Collection.Upsert.
func (c *Collection) Upsert(ctx context.Context, docs ...db.Document) ([]string, error) {
	r, err := c.write(ctx, "upsert", write{Mode: writes.Upsert, Docs: docs})
	return r.IDs, err
}

// ReplaceSource is db.Collection.ReplaceSource.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...db.Document) (db.Replaced, error) {
	docs, err := c.Sourced(source, docs)
	if err != nil {
		return db.Replaced{}, failed("replace source", source, err)
	}
	return c.write(ctx, "replace source", write{Mode: writes.Replace, Docs: docs, Sources: []string{source}})
}

// UpsertChunks is db.Collection.UpsertChunks.
func (c *Collection) UpsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) (db.Replaced, error) {
	return c.writeChunks(ctx, "upsert chunks", writes.Replace, o, docs)
}

// InsertChunks is db.Collection.InsertChunks.
func (c *Collection) InsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) ([]string, error) {
	r, err := c.writeChunks(ctx, "insert chunks", writes.InsertSources, o, docs)
	return r.IDs, err
}

func (c *Collection) writeChunks(ctx context.Context, op string, m writes.Mode, o chunk.Options, docs []db.Document) (db.Replaced, error) {
	chunks, sources, err := c.Cut(o, docs)
	if err != nil {
		return db.Replaced{}, failed(op, "", err)
	}
	return c.write(ctx, op, write{Mode: m, Docs: chunks, Sources: sources, Wholes: sources})
}

func (c *Collection) write(ctx context.Context, op string, w write) (db.Replaced, error) {
	for i := 0; ; i++ {
		r, err := c.run(ctx, w)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, errChanged) || i == attempts {
			return db.Replaced{}, failed(op, "", err)
		}
	}
}

// run takes the steps of every write: check, compare with what is stored, embed, commit.
func (c *Collection) run(ctx context.Context, w write) (r db.Replaced, err error) {
	if c.d.opts.ReadOnly {
		return r, db.ErrReadOnly
	}
	docs, err := c.Prepare(w.Docs)
	if err != nil {
		return r, err
	}
	for i := range docs {
		r.IDs = append(r.IDs, docs[i].ID)
	}
	if !w.Mode.Adds() {
		if err := c.compare(ctx, docs); err != nil {
			return r, err
		}
	}
	if err := c.Embed(ctx, docs); err != nil {
		return r, err
	}
	now := time.Now().Truncate(time.Microsecond)
	var fresh []*db.Prepared
	for i := range docs {
		if docs[i].Created = now; !docs[i].Unchanged {
			fresh = append(fresh, &docs[i])
		}
	}
	r.Written, r.Unchanged = len(fresh), len(docs)-len(fresh)
	analysed := c.analyse(fresh)
	err = c.d.write(ctx, func(tx pgx.Tx) error {
		r.Deleted, err = c.commit(ctx, tx, w, docs, fresh, analysed)
		return err
	})
	return r, err
}

// compare marks the documents that are stored as they are, and takes the embeddings of
// those whose texts are.
func (c *Collection) compare(ctx context.Context, docs []db.Prepared) error {
	ids := make([]string, len(docs))
	at := make(map[string]*db.Prepared, len(docs))
	for i := range docs {
		ids[i] = db.Composed(docs[i].ID)
		at[ids[i]] = &docs[i]
	}
	var same []string
	return c.d.read(ctx, func(tx pgx.Tx) error {
		old, err := documents(ctx, tx, db.FieldsNone, `SELECT `+selecting(db.FieldsNone)+` FROM `+c.t.docs+` d WHERE d.id_key = ANY($1)`, args{ids})
		if err != nil {
			return err
		}
		for i := range old {
			o, d := &old[i], at[db.Composed(old[i].ID)]
			switch {
			case o.expired:
			case o.Hash == d.Hash:
				d.Unchanged = true
			case o.TextHash == d.TextHash && !o.Precomputed && !d.Precomputed:
				same = append(same, db.Composed(o.ID))
			}
		}
		if same == nil {
			return nil
		}
		old, err = documents(ctx, tx, db.FieldEmbedding, `SELECT `+selecting(db.FieldEmbedding)+` FROM `+c.t.docs+` d WHERE d.id_key = ANY($1)`, args{same})
		for i := range old {
			at[db.Composed(old[i].ID)].Embedding = old[i].Embedding
		}
		return err
	})
}

// lock takes the collection's lock: that of a replacement admits no other writer.
func (c *Collection) lock(ctx context.Context, tx pgx.Tx, alone bool) error {
	f := "pg_advisory_xact_lock_shared"
	if alone {
		f = "pg_advisory_xact_lock"
	}
	_, err := tx.Exec(ctx, `SELECT `+f+`($1, $2)`, int32(lockCollection), int32(c.id))
	return err
}

// commit stores the changed documents of a write in a transaction, and returns how many
// others it deleted.
func (c *Collection) commit(ctx context.Context, tx pgx.Tx, w write, docs []db.Prepared, fresh []*db.Prepared, analysed []words) (deleted int, err error) {
	if err := c.lock(ctx, tx, w.Mode == writes.Replace || w.Mode == writes.InsertSources); err != nil {
		return 0, err
	}
	gone, err := c.replaced(ctx, tx, w.Mode, docs)
	if err != nil {
		return 0, err
	}
	if w.Mode == writes.InsertSources {
		if err := c.absent(ctx, tx, w.Sources); err != nil {
			return 0, err
		}
	}
	if w.Mode == writes.Replace {
		strays, err := c.strays(ctx, tx, w, docs)
		if err != nil {
			return 0, err
		}
		deleted = len(strays)
		gone = append(gone, strays...)
	}
	var change change
	if err := c.remove(ctx, tx, gone, &change); err != nil {
		return 0, err
	}
	if err := c.add(ctx, tx, fresh, analysed, &change); err != nil {
		return 0, err
	}
	return deleted, c.count(ctx, tx, &change)
}

// replaced locks the documents that have the ids of a write's, and returns the numbers of
// those that go: all but those that are unchanged.
func (c *Collection) replaced(ctx context.Context, tx pgx.Tx, m writes.Mode, docs []db.Prepared) (gone []int64, err error) {
	ids := make([]string, len(docs))
	at := make(map[string]*db.Prepared, len(docs))
	waiting := map[string]bool{} // for the document that was compared
	for i := range docs {
		ids[i] = db.Composed(docs[i].ID)
		at[ids[i]] = &docs[i]
		if docs[i].Unchanged {
			waiting[ids[i]] = true
		}
	}
	old, err := documents(ctx, tx, db.FieldMetadata, `SELECT `+selecting(db.FieldMetadata)+` FROM `+c.t.docs+` d WHERE d.id_key = ANY($1) ORDER BY d.id_key FOR UPDATE`, args{ids})
	if err != nil {
		return nil, err
	}
	var taken []string
	for i := range old {
		o, key := &old[i], db.Composed(old[i].ID)
		d := at[key]
		switch {
		case o.expired:
			gone = append(gone, o.no)
		case m.Adds():
			taken = append(taken, d.ID)
		case d.Unchanged && o.Hash == d.Hash:
			delete(waiting, key)
		case d.Unchanged:
			return nil, errChanged
		default:
			gone = append(gone, o.no)
		}
		if o.expired || m.Adds() {
			continue
		}
		if ok, err := evaluate.Within(c.Rules, &o.Document); err != nil || !ok {
			return nil, errors.Join(err, c.Outside(d.ID))
		}
	}
	if taken != nil && m == writes.Insert {
		return nil, db.Exists(taken...)
	}
	if len(waiting) > 0 {
		return nil, errChanged
	}
	return gone, nil
}

// absent returns db.ErrExists for the sources that exist, whole or in chunks.
func (c *Collection) absent(ctx context.Context, tx pgx.Tx, sources []string) error {
	var a args
	keys := a.add(db.AllComposed(sources))
	rows, err := tx.Query(ctx, `SELECT d.id_key, d.source_key FROM `+c.t.docs+` d WHERE (d.id_key = ANY(`+keys+`) OR d.source_key = ANY(`+keys+`) AND d.source_key <> '') AND `+a.live(), a...)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	err = each(rows, func() error {
		var id, source string
		err := rows.Scan(&id, &source)
		there[id], there[source] = true, true
		return err
	})
	if err != nil {
		return err
	}
	taken := slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return !there[db.Composed(s)] })
	if len(taken) > 0 {
		return db.Exists(taken...)
	}
	return nil
}

// strays are the documents of a write's sources, or with one of its wholes' ids, that it
// does not have.
func (c *Collection) strays(ctx context.Context, tx pgx.Tx, w write, docs []db.Prepared) (nos []int64, err error) {
	kept := make([]string, len(docs))
	for i := range docs {
		kept[i] = db.Composed(docs[i].ID)
	}
	meets, err := c.where(ctx, tx, filter.All())
	if err != nil {
		return nil, err
	}
	var a args
	sql := `SELECT d.no FROM ` + c.t.docs + ` d WHERE (d.source_key = ANY(` + a.add(db.AllComposed(w.Sources)) + `) AND d.source_key <> '' OR d.id_key = ANY(` +
		a.add(db.AllComposed(w.Wholes)) + `)) AND d.id_key <> ALL(` + a.add(kept) + `) AND ` + meets(&a)
	rows, err := tx.Query(ctx, sql, a...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// docColumns are those of a document's row, in the order of row.
var docColumns = []string{
	"no", "id", "id_key", "source", "source_key", "chunk", "title", "body", "metadata", "columns",
	"created", "expires", "precomputed", "hash", "text_hash", "embedding",
}

func row(no int64, d *db.Prepared) ([]any, error) {
	columns, err := json.Marshal(d.Columns())
	return []any{
		no, d.ID, db.Composed(d.ID), d.Source, db.Composed(d.Source), int64(d.Chunk), d.Title, d.Text,
		db.EncodeMetadata(d.Metadata), columns, d.Created, moment(d.Expires), d.Precomputed, d.Hash[:], d.TextHash[:], d.Embedding,
	}, err
}

// add inserts documents with their words.
func (c *Collection) add(ctx context.Context, tx pgx.Tx, docs []*db.Prepared, analysed []words, change *change) error {
	if len(docs) == 0 {
		return nil
	}
	if err := c.note(ctx, tx, docs); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT nextval($1::text::regclass) FROM generate_series(1, $2)`, c.t.numbers, len(docs))
	if err != nil {
		return err
	}
	nos, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	order := make([]int, len(docs)) // of ids, as all writers have it
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(db.Composed(docs[a].ID), db.Composed(docs[b].ID)) })
	_, err = tx.CopyFrom(ctx, identifier(c.t.docs), docColumns, pgx.CopyFromSlice(len(docs), func(i int) ([]any, error) {
		return row(nos[order[i]], docs[order[i]])
	}))
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, identifier(c.t.words), []string{"no", "length", "terms", "counts"}, pgx.CopyFromSlice(len(docs), func(i int) ([]any, error) {
		w := &analysed[i]
		change.add(w)
		return []any{nos[i], w.length, w.terms, w.counts}, nil
	}))
	return err
}

// remove deletes documents by their numbers.
func (c *Collection) remove(ctx context.Context, tx pgx.Tx, nos []int64, change *change) error {
	if len(nos) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM `+c.t.docs+` WHERE no = ANY($1)`, nos); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `DELETE FROM `+c.t.words+` WHERE no = ANY($1) RETURNING length, terms`, nos)
	if err != nil {
		return err
	}
	return each(rows, func() error {
		var w words
		err := rows.Scan(&w.length, &w.terms)
		change.remove(&w)
		return err
	})
}
