package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
)

// stored is a document as it is stored.
type stored struct {
	no int64
	db.Prepared
	expired bool
}

// selecting are the columns that read needs.
func selecting(f db.Fields) string {
	columns := []string{`d.no, d.id, d.title, d.source, d.chunk, d.created, d.expires, d.precomputed, d.hash, d.text_hash`}
	for _, p := range []struct {
		want   db.Fields
		column string
	}{{db.FieldText, "d.body"}, {db.FieldMetadata, "d.metadata"}, {db.FieldEmbedding, "d.embedding"}} {
		if f&p.want != 0 {
			columns = append(columns, p.column)
		}
	}
	return strings.Join(columns, ", ")
}

// scan reads the current row, whose columns are those of selecting.
func scan(rows pgx.Rows, f db.Fields) (s stored, err error) {
	var chunk int64
	var created time.Time
	var expires *time.Time
	var hash, textHash, metadata []byte
	into := []any{&s.no, &s.ID, &s.Title, &s.Source, &chunk, &created, &expires, &s.Precomputed, &hash, &textHash}
	if f&db.FieldText != 0 {
		into = append(into, &s.Text)
	}
	if f&db.FieldMetadata != 0 {
		into = append(into, &metadata)
	}
	if f&db.FieldEmbedding != 0 {
		into = append(into, &s.Embedding)
	}
	if err := rows.Scan(into...); err != nil {
		return s, err
	}
	s.Chunk, s.Created = int(chunk), created.UTC()
	if expires != nil {
		s.Expires, s.expired = expires.UTC(), !expires.After(time.Now())
	}
	copy(s.Hash[:], hash)
	copy(s.TextHash[:], textHash)
	if f&db.FieldMetadata != 0 {
		s.Metadata, err = db.DecodeMetadata(metadata)
	}
	return s, err
}

// documents reads the documents of a query whose columns are those of selecting.
func documents(ctx context.Context, tx pgx.Tx, f db.Fields, sql string, a args) ([]stored, error) {
	rows, err := tx.Query(ctx, sql, a...)
	if err != nil {
		return nil, err
	}
	var out []stored
	err = each(rows, func() error {
		s, err := scan(rows, f)
		out = append(out, s)
		return err
	})
	return out, err
}

// moment is a time as PostgreSQL keeps it, or nil for none.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Truncate(time.Microsecond)
}
