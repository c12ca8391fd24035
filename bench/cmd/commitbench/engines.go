package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"sync"

	"github.com/dgraph-io/badger/v4"
	_ "modernc.org/sqlite" // the driver

	"github.com/fronyai/frony-db/db"
)

type frony struct {
	d *db.DB
	c *db.Collection
}

func openFrony(dir string) (engine, error) {
	d, err := db.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	c, err := d.Collection(context.Background(), "c", &db.CollectionOptions{Dims: dims, HeadDims: dims / 2})
	return &frony{d, c}, err
}

func (f *frony) put(ctx context.Context, id, text string, vec []float32) error {
	_, err := f.c.Insert(ctx, db.Document{ID: id, Text: text, Embedding: vec})
	return err
}

func (f *frony) close() error { return f.d.Close() }

type bare struct{ db *badger.DB }

func openBadger(dir string) (engine, error) {
	b, err := badger.Open(badger.DefaultOptions(dir).WithSyncWrites(true).WithLogger(nil))
	return &bare{b}, err
}

func (b *bare) put(_ context.Context, id, text string, vec []float32) error {
	return b.db.Update(func(txn *badger.Txn) error {
		return errors.Join(txn.Set([]byte("d"+id), []byte(text)), txn.Set([]byte("v"+id), encode(vec)))
	})
}

func (b *bare) close() error { return b.db.Close() }

type sqlite struct{ db *sql.DB }

// SQLite has one writer, so one connection is faster than many that wait for each other's
// locks.
func openSQLite(dir string) (engine, error) {
	s, err := sql.Open("sqlite", "file:"+dir+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	s.SetMaxOpenConns(1)
	_, err = s.Exec("create table documents (id text primary key, text text, vector blob) without rowid")
	return &sqlite{s}, err
}

func (s *sqlite) put(ctx context.Context, id, text string, vec []float32) error {
	_, err := s.db.ExecContext(ctx, "insert into documents values (?, ?, ?)", id, text, encode(vec))
	return err
}

func (s *sqlite) close() error { return s.db.Close() }

// file is the minimum for a durable write: the bytes, and a sync for each document.
type file struct {
	mu sync.Mutex
	f  *os.File
}

func openFile(path string) (engine, error) {
	f, err := os.Create(path)
	return &file{f: f}, err
}

func (f *file) put(_ context.Context, id, text string, vec []float32) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.f.Write(append([]byte(id+text), encode(vec)...))
	return errors.Join(err, f.f.Sync())
}

func (f *file) close() error { return f.f.Close() }

func encode(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}
