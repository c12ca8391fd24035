package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// A collection of a chain of backups is restored beside the others, into the database
// that it is from and into another one, and is the same as it was.
func TestRestoreCollection(t *testing.T) {
	t.Parallel()
	e := embeddertest.New(32, 1)
	open := func(dir string) *db.DB {
		d, err := db.Open(dir, &db.Options{Embedder: e})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := open(t.TempDir())
	defer func() { _ = d.Close() }()
	collection := func(d *db.DB, name string) *db.Collection {
		c, err := d.Collection(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := collection(d, "notes")
	fill(t, c, 2500)
	fill(t, collection(d, "others"), 10)
	var full, next bytes.Buffer
	base, err := d.Backup(t.Context(), &full, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if _, err := c.Delete(t.Context(), fmt.Sprint("d", i*7)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Upsert(t.Context(), db.Document{ID: fmt.Sprint("d", i*11+1), Text: fmt.Sprint("다시 쓴 문서 ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Backup(t.Context(), &next, &db.BackupOptions{Base: &base}); err != nil {
		t.Fatal(err)
	}
	chain := func() []io.Reader { return []io.Reader{bytes.NewReader(full.Bytes()), bytes.NewReader(next.Bytes())} }
	names := func(d *db.DB) (list []string) {
		for info, err := range d.Collections(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, info.Name)
		}
		return list
	}
	want := contents(t, c)

	dir := t.TempDir()
	other := open(dir)
	for _, to := range []*db.DB{d, other} {
		line, err := to.RestoreCollection(t.Context(), "again", &db.RestoreCollectionOptions{From: "notes"}, chain()...)
		if err != nil || line.Name != "again" || line.Live != len(want) {
			t.Fatalf("%+v %v", line, err)
		}
		again := collection(to, "again")
		if got := contents(t, again); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Error("the documents differ")
		}
		q := db.Query{Text: fillText(700), K: 5, Exact: true}
		is, err := again.Search(t.Context(), q)
		was, e2 := c.Search(t.Context(), q)
		if err = errors.Join(err, e2); err != nil || fmt.Sprint(is) != fmt.Sprint(was) {
			t.Errorf("%v, want %v: %v", is, was, err)
		}
		if _, err := again.Insert(t.Context(), db.Document{ID: "new", Text: "새로 쓴 문서"}); err != nil {
			t.Error(err)
		}
		if _, err := to.RestoreCollection(t.Context(), "again", &db.RestoreCollectionOptions{From: "notes"}, chain()...); !errors.Is(err, db.ErrCollectionExists) {
			t.Error(err)
		}
	}
	r, err := other.Doctor(t.Context(), nil)
	if err != nil || !r.OK() {
		t.Errorf("%+v %v", r, err)
	}

	// What fails leaves nothing.
	before := names(other)
	for _, test := range []struct {
		name, from, want string
		backups          []io.Reader
	}{
		{"new", "nothing", "no collection", chain()},
		{"new", "notes", "begin with the complete one", []io.Reader{bytes.NewReader(next.Bytes())}},
		{"new", "notes", "backup", []io.Reader{bytes.NewReader(full.Bytes()[:full.Len()-100])}},
		{"new", "notes", "no backups", nil},
		{"a/b", "notes", "invalid collection name", chain()},
	} {
		_, err := other.RestoreCollection(t.Context(), test.name, &db.RestoreCollectionOptions{From: test.from}, test.backups...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	whole := bytes.NewReader(full.Bytes())
	halfway := io.MultiReader(io.LimitReader(whole, int64(full.Len()/2)), cancelling{cancel}, whole)
	if _, err := other.RestoreCollection(ctx, "new", &db.RestoreCollectionOptions{From: "notes"}, halfway); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := names(other); !slices.Equal(got, before) {
		t.Errorf("%q, want %q", got, before)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	other = open(dir)
	defer func() { _ = other.Close() }()
	if got := contents(t, collection(other, "again")); len(got) != len(want)+1 {
		t.Errorf("%d documents after an opening, want %d", len(got), len(want)+1)
	}
}

// cancelling cancels when it is read.
type cancelling struct{ cancel func() }

func (c cancelling) Read([]byte) (int, error) { c.cancel(); return 0, io.EOF }
