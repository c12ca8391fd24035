// Package enginetest holds what every engine does alike. Package db is the oracle: each
// test does the same to a collection of the engine and to one of db, and compares what
// they answer.
//
//	enginetest.Run(t, enginetest.Engine{Open: open})
package enginetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
)

// Engine is an engine under test, with what it declares.
type Engine struct {
	// Open opens a new and empty database, which is closed when the test ends.
	Open func(t *testing.T, opts *db.Options) engine.DB

	// What it has of the optional interfaces: Run checks that it is so.
	Maintains, BacksUp, Remodels, SelfQueries, Names, Joins bool
	// Respells says that a question's misspelt words are searched as words that there
	// are.
	Respells bool
	// Recall is the least recall at 10 of approximate dense search.
	Recall float64
}

const dims = 64

// Run runs the suite.
func Run(t *testing.T, e Engine) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(t *testing.T, e Engine)
	}{
		{"Optional", testOptional},
		{"Collections", testCollections},
		{"Models", testModels},
		{"Write", testWrite},
		{"Refusals", testRefusals},
		{"Unchanged", testUnchanged},
		{"Metadata", testMetadata},
		{"Sources", testSources},
		{"Chunks", testChunks},
		{"Update", testUpdate},
		{"Delete", testDelete},
		{"Expiry", testExpiry},
		{"Scan", testScan},
		{"Sort", testSort},
		{"Filters", testFilters},
		{"Facets", testFacets},
		{"Warnings", testWarnings},
		{"Dense", testDense},
		{"Lexical", testLexical},
		{"Completion", testCompletion},
		{"Hybrid", testHybrid},
		{"Queries", testQueries},
		{"Excerpts", testExcerpts},
		{"Respelt", testRespelt},
		{"Restrict", testRestrict},
		{"Concurrent", testConcurrent},
		{"ReplaceIsAtomic", testReplaceIsAtomic},
		{"Churn", testChurn},
		{"Aliases", testAliases},
		{"Copy", testCopy},
		{"Switch", testSwitch},
		{"Joined", testJoined},
		{"Select", testSelect},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, e) })
	}
}

// pair is a collection of the engine and one of db, to which the same happens.
type pair struct {
	t    *testing.T
	got  engine.Collection
	want engine.Collection
}

// counting counts the texts that are embedded as passages.
type counting struct {
	embedder.Embedder
	texts int
}

func newPair(t *testing.T, e Engine) *pair {
	t.Helper()
	o := &db.CollectionOptions{}
	p := &pair{t: t}
	p.got = collection(t, e.Open(t, &db.Options{Embedder: embeddertest.New(dims, 1)}), o)
	p.want = collection(t, Local(t, &db.Options{Embedder: embeddertest.New(dims, 1)}), o)
	return p
}

// Local opens a new database of package db.
func Local(t *testing.T, o *db.Options) engine.DB {
	t.Helper()
	d, err := engine.Open(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Open opens a database by its URL, and closes it when the test ends, unless it has been.
func Open(t testing.TB, url string, o *db.Options) engine.DB {
	t.Helper()
	d, err := engine.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !errors.Is(err, db.ErrClosed) {
			t.Error(err)
		}
	})
	return d
}

func collection(t *testing.T, d engine.DB, o *db.CollectionOptions) engine.Collection {
	t.Helper()
	c, err := d.Collection(t.Context(), "notes", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// do does something to both and compares what comes of it, and their errors by those of
// package db that they are.
func do[T any](p *pair, what string, f func(c engine.Collection) (T, error)) T {
	p.t.Helper()
	want, wantErr := f(p.want)
	got, gotErr := f(p.got)
	if (gotErr == nil) != (wantErr == nil) || !errors.Is(gotErr, kind(wantErr)) {
		p.t.Fatalf("%s: error %v, want %v", what, gotErr, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		p.t.Errorf("%s:\n%s", what, differing(fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want)))
	}
	return got
}

// differing shows where two texts begin to differ.
func differing(got, want string) string {
	const before, behind = 200, 200
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	part := func(s string) string { return s[max(0, at-before):min(len(s), at+behind)] }
	return fmt.Sprintf(" got …%s…\nwant …%s…", part(got), part(want))
}

var errs = []error{
	db.ErrNotFound, db.ErrExists, db.ErrDuplicateID, db.ErrInvalidID, db.ErrInvalidText, db.ErrInvalidEmbedding, db.ErrInvalidMetadata,
	db.ErrInvalidFilter, db.ErrInvalidQuery, db.ErrInvalidOptions, db.ErrInvalidName, db.ErrNoCollection, db.ErrNoEmbedder,
	db.ErrCollectionExists, db.ErrAliased, db.ErrNoAlias, db.ErrModelMismatch, db.ErrBatchTooLarge, db.ErrReadOnly, db.ErrOutside, db.ErrLimit, db.ErrClosed,
}

// kind is the error of package db that err is, or err itself.
func kind(err error) error {
	for _, e := range errs {
		if errors.Is(err, e) {
			return e
		}
	}
	return err
}

// same compares all documents, without the time when they were written.
func (p *pair) same() {
	p.t.Helper()
	do(p, "all documents", func(c engine.Collection) ([]db.Document, error) {
		return scanned(p.t, c, db.Scan{Fields: db.FieldText | db.FieldMetadata | db.FieldEmbedding})
	})
}

func scanned(t *testing.T, c engine.Collection, s db.Scan) (docs []db.Document, err error) {
	for d, err := range c.Scan(t.Context(), s) {
		if err != nil {
			return docs, err
		}
		if time.Since(d.Created) > time.Hour {
			t.Errorf("document %q was written at %v", d.ID, d.Created)
		}
		docs = append(docs, plain(d))
	}
	return docs, nil
}

// plain is a document in a form that can be compared.
func plain(d db.Document) db.Document {
	d.Created = time.Time{}
	if len(d.Metadata) == 0 {
		d.Metadata = nil
	}
	if !d.Expires.IsZero() {
		d.Expires = d.Expires.UTC()
	}
	return d
}

func plains(docs []db.Document, err error) ([]db.Document, error) {
	for i := range docs {
		docs[i] = plain(docs[i])
	}
	if len(docs) == 0 {
		docs = nil
	}
	return docs, err
}

func testOptional(t *testing.T, e Engine) {
	d := e.Open(t, &db.Options{Embedder: embeddertest.New(dims, 1)})
	c := collection(t, d, nil)
	has := func(name string, got, want bool) {
		if got != want {
			t.Errorf("%s: %v, and declared as %v", name, got, want)
		}
	}
	_, ok := d.(engine.Maintainer)
	has("Maintainer", ok, e.Maintains)
	_, ok = d.(engine.Backuper)
	has("Backuper", ok, e.BacksUp)
	_, ok = d.(engine.Namer)
	has("Namer", ok, e.Names)
	_, ok = d.(engine.Joiner)
	has("Joiner", ok, e.Joins)
	_, ok = c.(engine.Remodeler)
	has("Remodeler", ok, e.Remodels)
	_, ok = c.(engine.SelfQuerier)
	has("SelfQuerier", ok, e.SelfQueries)
	for op, missing := range map[string]bool{"compact": !e.Maintains, "doctor": !e.Maintains, "backup": !e.BacksUp, "restore": !e.BacksUp, "reembed": !e.Remodels} {
		if !missing {
			continue
		}
		if d, ok := d.(engine.Delegator); !ok || d.Instead(op) == "" {
			t.Errorf("nothing is said of what to use for %s", op)
		}
	}
}
