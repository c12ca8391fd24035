package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/enginetest"
	_ "github.com/fronyai/frony-db/engine/postgres"
)

var databases atomic.Int32

// server is the URL of a PostgreSQL for tests, which `make test-engines` starts.
func server(t testing.TB) *url.URL {
	t.Helper()
	s := os.Getenv("FRONYDB_TEST_POSTGRES")
	if s == "" {
		t.Skip("FRONYDB_TEST_POSTGRES has no URL of a PostgreSQL; make test-engines starts one")
	}
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// database makes a new database, which is dropped when the test ends.
func database(t testing.TB) string {
	t.Helper()
	u := server(t)
	admin, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background() // the test's has ended
		if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = admin.Close(ctx)
	})
	u.Path = "/" + name
	return u.String()
}

func TestEngine(t *testing.T) {
	server(t)
	enginetest.Run(t, enginetest.Engine{
		Open: func(t *testing.T, opts *db.Options) engine.DB {
			t.Helper()
			return enginetest.Open(t, database(t), opts)
		},
		Names: true, Joins: true,
		Recall: 0.95,
	})
}
