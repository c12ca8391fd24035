package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/enginetest"
)

// What is wrong with the server is said with the way out.
func TestOpenErrors(t *testing.T) {
	good := database(t)
	for what, c := range map[string]struct{ url, says string }{
		"nobody listens":  {"postgres://frony@127.0.0.1:1/x", "is PostgreSQL running there"},
		"no database":     {strings.Replace(good, "/test_", "/none_", 1), "CREATE DATABASE"},
		"no role":         {strings.Replace(good, "frony@", "nobody:secret@", 1), "check user and password"},
		"not a URL":       {"postgres://%zz", "parse"},
		"unknown scheme":  {"mysql://x", "there is no engine"},
		"unknown setting": {good + "?nonsense=1", "nonsense"},
	} {
		d, err := engine.Open(t.Context(), c.url, nil)
		if err == nil {
			_ = d.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", what, err)
		}
	}
}

// A program does not touch a schema that a newer one made.
func TestNewerSchema(t *testing.T) {
	url := database(t)
	if err := enginetest.Open(t, url, nil).Close(); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), `UPDATE frony.schema SET version = 1000`); err != nil {
		t.Fatal(err)
	}
	_ = c.Close(t.Context())
	if _, err := engine.Open(t.Context(), url, nil); !errors.Is(err, db.ErrFormat) {
		t.Errorf("a newer schema: %v", err)
	}
}

// Several programs may open a new database at one moment, and use one collection.
func TestOpenTogether(t *testing.T) {
	url := database(t)
	failed := make(chan error, 4)
	for range 4 {
		go func() {
			d, err := engine.Open(t.Context(), url, &db.Options{Embedder: embeddertest.New(16, 1)})
			if err == nil {
				var c engine.Collection
				if c, err = d.Collection(t.Context(), "notes", nil); err == nil {
					_, err = c.Upsert(t.Context(), db.Document{ID: "same", Text: "서울의 봄"})
				}
				err = errors.Join(err, d.Close())
			}
			failed <- err
		}()
	}
	for range 4 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	url := database(t)
	o := db.Options{Embedder: embeddertest.New(16, 1)}
	if _, err := engine.Open(t.Context(), url, &db.Options{ReadOnly: true}); err == nil {
		t.Error("a database without a schema was opened read-only")
	}
	c, err := enginetest.Open(t, url, &o).Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "a", Text: "서울의 봄"}); err != nil {
		t.Fatal(err)
	}
	o.ReadOnly = true
	d := enginetest.Open(t, url, &o)
	c, err = d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := c.Search(t.Context(), db.Query{Text: "서울", K: 3}); err != nil || len(m) != 1 {
		t.Errorf("search: %d results, %v", len(m), err)
	}
	if _, err := c.Upsert(t.Context(), db.Document{ID: "a", Text: "x"}); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("upsert: %v", err)
	}
	if _, err := c.Delete(t.Context(), "a"); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("delete: %v", err)
	}
	if _, err := d.Collection(t.Context(), "new", nil); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("a new collection: %v", err)
	}
}

// What PostgreSQL cannot store is refused, and nothing is written.
func TestZeroCharacter(t *testing.T) {
	c, err := enginetest.Open(t, database(t), &db.Options{Embedder: embeddertest.New(16, 1)}).Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []db.Document{{ID: "text", Text: "a\x00b"}, {ID: "title", Title: "a\x00b"}} {
		if _, err := c.Insert(t.Context(), d); !errors.Is(err, db.ErrInvalidText) || !strings.Contains(err.Error(), "U+0000") {
			t.Errorf("%s: %v", d.ID, err)
		}
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "value", Text: "x", Metadata: db.Metadata{"f": "a\x00b"}}); err != nil {
		t.Errorf("in a value: %v", err)
	}
}

// When PostgreSQL has ended all connections, as a restart does, the next call connects
// again.
func TestConnectionsEnd(t *testing.T) {
	url := database(t)
	c, err := enginetest.Open(t, url, &db.Options{Embedder: embeddertest.New(16, 1)}).Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "a", Text: "서울의 봄"}); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(t.Context()) }()
	var ended int
	err = other.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&ended)
	if err != nil || ended == 0 {
		t.Fatalf("%d connections were ended, %v", ended, err)
	}
	time.Sleep(1100 * time.Millisecond) // idle connections are tried before they are used
	if m, err := c.Search(t.Context(), db.Query{Text: "서울", K: 3}); err != nil || len(m) != 1 {
		t.Errorf("search: %d results, %v", len(m), err)
	}
}
