package client_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// A server, which would usually run elsewhere, and a program that uses it.
func Example() {
	ctx := context.Background()
	address, stop := exampleServer()
	defer stop()

	c, err := client.New(address, &client.Options{Key: os.Getenv("FRONYDB_KEY")})
	if err != nil {
		slog.Error("client", "err", err)
		return
	}
	if _, err := c.Create(ctx, "notes", nil); err != nil {
		slog.Error("create", "err", err)
		return
	}
	notes := c.Collection("notes")
	if _, err := notes.Upsert(ctx,
		db.Document{ID: "1", Text: "서울의 봄은 짧다", Metadata: db.Metadata{"lang": "ko"}},
		db.Document{ID: "2", Text: "The winter in Busan is windy", Metadata: db.Metadata{"lang": "en"}},
	); err != nil {
		slog.Error("upsert", "err", err)
		return
	}
	matches, err := notes.Search(ctx, db.Query{Text: "서울의 봄", K: 1, Filter: filter.Eq("lang", "ko")})
	if err != nil {
		slog.Error("search", "err", err)
		return
	}
	fmt.Println(matches[0].Document.ID, matches[0].Document.Text)
	// Output: 1 서울의 봄은 짧다
}

func exampleServer() (address string, stop func()) {
	dir, err := os.MkdirTemp("", "frony")
	if err != nil {
		panic(err)
	}
	e := builtin.New()
	d, err := db.Open(dir, &db.Options{Embedder: e})
	if err != nil {
		panic(err)
	}
	s, err := server.New(engine.Local(d), &server.Options{Embedder: e})
	if err != nil {
		panic(err)
	}
	ts := httptest.NewServer(s)
	if err := s.Warm(context.Background()); err != nil {
		panic(err)
	}
	return ts.URL, func() {
		ts.Close()
		_ = d.Close()
		_ = os.RemoveAll(dir)
	}
}
