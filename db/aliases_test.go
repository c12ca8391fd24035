package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func aliases(t *testing.T, d *db.DB) string {
	t.Helper()
	list, err := d.Aliases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, a := range list {
		s = append(s, a.Name+"→"+a.Collection)
	}
	return strings.Join(s, " ")
}

func listed(t *testing.T, d *db.DB) string {
	t.Helper()
	var s []string
	for info, err := range d.Collections(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		s = append(s, info.Name+fmt.Sprint(info.Aliases))
	}
	return strings.Join(s, " ")
}

func TestAliases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	d := open(t, dir, nil)
	fill(t, collection(t, d, "v1", nil), 3)
	fill(t, collection(t, d, "v2", nil), 5)
	for _, step := range []struct {
		alias, to, previous string
		want                error
	}{
		{"live", "v1", "", nil},
		{"live", "v2", "v1", nil},
		{"live", "v2", "v2", nil},
		{"second", "live", "", nil}, // means v2
		{"v1", "v2", "", db.ErrCollectionExists},
		{"other", "nothing", "", db.ErrNoCollection},
		{"a/b", "v1", "", db.ErrInvalidName},
		{forms[0], "v1", "", nil},
		{forms[1], "v2", "v1", nil}, // the same name
	} {
		previous, err := d.SetAlias(ctx, step.alias, step.to)
		if previous != step.previous || !errors.Is(err, step.want) {
			t.Errorf("%+v: %q, %v", step, previous, err)
		}
	}
	want := "live→v2 second→v2 " + forms[0] + "→v2"
	if got := aliases(t, d); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Without MustExist too, an alias opens what it leads to.
	for _, name := range []string{"live", forms[0], forms[1]} {
		c := collection(t, d, name, nil)
		if n, err := c.Count(ctx, filter.All()); c.Name() != "v2" || n != 5 || err != nil {
			t.Errorf("%s: %s, %d documents, %v", name, c.Name(), n, err)
		}
	}
	for name, f := range map[string]func() error{
		"drop what is aliased": func() error { return d.Drop(ctx, "v2") },
		"drop an alias":        func() error { return d.Drop(ctx, "live") },
		"rename an alias":      func() error { return d.Rename(ctx, "live", "v3") },
	} {
		if err := f(); !errors.Is(err, db.ErrAliased) || !strings.Contains(err.Error(), "live") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Rename(ctx, "v1", "live"); !errors.Is(err, db.ErrCollectionExists) {
		t.Error(err)
	}
	if _, err := d.Copy(ctx, "v1", forms[1]); !errors.Is(err, db.ErrCollectionExists) {
		t.Error(err)
	}
	if err := d.DropAlias(ctx, "nothing"); !errors.Is(err, db.ErrNoAlias) {
		t.Error(err)
	}
	if err := d.DropAlias(ctx, forms[1]); err != nil {
		t.Error(err)
	}
	// Aliases follow a rename, and all of it is there after an opening.
	c := collection(t, d, "live", nil)
	if err := d.Rename(ctx, "v2", "v3"); err != nil || c.Name() != "v3" {
		t.Error(c.Name(), err)
	}
	if _, err := c.Insert(ctx, db.Document{ID: "after", Text: "이름이 바뀐 뒤에 쓴 문서"}); err != nil {
		t.Error(err)
	}
	if s, err := c.Stats(); s.Name != "v3" || s.Created.IsZero() || err != nil {
		t.Error(s, err)
	}
	if collection(t, d, "live", nil) != c || collection(t, d, "v3", nil) != c {
		t.Error("a renamed collection has another handle")
	}
	for range 2 {
		if got := listed(t, d); got != "v1[] v3[live second]" {
			t.Error(got)
		}
		if n, err := collection(t, d, "second", nil).Count(ctx, filter.All()); n != 6 || err != nil {
			t.Error(n, err)
		}
		if r, err := d.Doctor(ctx, nil); err != nil || !r.OK() {
			t.Error(r, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = open(t, dir, nil)
	}
	if err := errors.Join(d.DropAlias(ctx, "live"), d.DropAlias(ctx, "second"), d.Drop(ctx, "v3")); err != nil {
		t.Error(err)
	}
}

// A collection keeps its name's other form, which a rename may change.
func TestRenameOfForms(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	fill(t, collection(t, d, forms[1], nil), 2)
	if err := d.Rename(t.Context(), forms[0], forms[0]); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, d); got != forms[0]+"[]" {
		t.Errorf("%q", got)
	}
	if err := d.Rename(t.Context(), forms[0], forms[0]); !errors.Is(err, db.ErrCollectionExists) {
		t.Error(err)
	}
}

// A rename keeps the version that a change of the model has left.
func TestRenameWithVersions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	e := embeddertest.New(32, 2)
	d := open(t, dir, nil)
	c := collection(t, d, "old", nil)
	fill(t, c, 20)
	if _, err := c.Reembed(ctx, e, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Rename(ctx, "old", "new"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, nil)
	if r := status(t, d, "new"); r == nil || !r.Switched {
		t.Fatalf("%+v", r)
	}
	c = collection(t, d, "new", &db.CollectionOptions{Embedder: e})
	if _, err := c.Rollback(ctx, nil); err != nil || c.Dims() != 384 {
		t.Error(c.Dims(), err)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := collection(t, d, "notes", &db.CollectionOptions{M: 8})
	fill(t, c, 2300)
	if _, err := c.Upsert(ctx, db.Document{ID: "soon", Text: "곧 없어질 문서", Expires: time.Now().Add(time.Nanosecond)}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetAlias(ctx, "live", "notes"); err != nil {
		t.Fatal(err)
	}
	r, err := d.Copy(ctx, "live", "again")
	if want := (db.CopyReport{From: "notes", To: "again", Documents: 2300}); err != nil || r != want {
		t.Fatalf("%+v %v", r, err)
	}
	for name, f := range map[string]func() error{
		"taken":   func() error { _, err := d.Copy(ctx, "notes", "again"); return err },
		"missing": func() error { _, err := d.Copy(ctx, "nothing", "new"); return err },
		"name":    func() error { _, err := d.Copy(ctx, "notes", "a/b"); return err },
		"ended": func() error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := d.Copy(ctx, "notes", "new")
			return err
		},
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := c.Delete(ctx, "d7"); err != nil { // of the other one alone
		t.Fatal(err)
	}
	for range 2 {
		if got := listed(t, d); got != "again[] notes[live]" {
			t.Error(got)
		}
		again := collection(t, d, "again", nil)
		got := contents(t, again)
		delete(got, "d7")
		if want := contents(t, collection(t, d, "notes", nil)); len(got) != 2299 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d documents, want %d", len(got), len(want))
		}
		m, err := again.Search(ctx, db.Query{Text: fillText(7), K: 1})
		if err != nil || len(m) != 1 || m[0].Document.ID != "d7" {
			t.Error(m, err)
		}
		if r, err := d.Doctor(ctx, nil); err != nil || !r.OK() {
			t.Error(r, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = open(t, dir, nil)
	}
}

func TestBackupOfAliases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "v1", nil)
	fill(t, c, 5)
	fill(t, collection(t, d, "v2", nil), 2)
	alias := func(to string) {
		t.Helper()
		if _, err := d.SetAlias(ctx, "live", to); err != nil {
			t.Fatal(err)
		}
	}
	alias("v1")
	var full, next bytes.Buffer
	base, err := d.Backup(ctx, &full, nil)
	if err != nil {
		t.Fatal(err)
	}
	alias("v2")
	if err := d.Rename(ctx, "v1", "old"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Backup(ctx, &next, &db.BackupOptions{Base: &base}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		backups          []io.Reader
		aliases, content string
	}{
		{[]io.Reader{&full}, "live→v1", "v1[live] v2[]"},
		{[]io.Reader{bytes.NewReader(full.Bytes()), &next}, "live→v2", "old[] v2[live]"},
	} {
		dir := t.TempDir()
		if _, err := db.Restore(ctx, dir, nil, test.backups...); err != nil {
			t.Fatal(err)
		}
		r := open(t, dir, nil)
		if got := aliases(t, r); got != test.aliases {
			t.Errorf("%s, want %s", got, test.aliases)
		}
		if got := listed(t, r); got != test.content {
			t.Errorf("%s, want %s", got, test.content)
		}
	}
}

// While an alias is switched again and again, with new collections made and old ones
// dropped, whoever opens it gets a whole collection.
func TestAliasSwitches(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, t.TempDir(), nil)
	const docs = 20
	fill(t, collection(t, d, "v0", nil), docs)
	if _, err := d.SetAlias(ctx, "live", "v0"); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	var reads, writes atomic.Int64
	try := func(f func(c *db.Collection) error) {
		for {
			c, err := d.Collection(ctx, "live", nil) // creates nothing, for there is always one
			if err == nil {
				err = f(c)
				if errors.Is(err, db.ErrClosed) || errors.Is(err, db.ErrNoCollection) { // it was dropped after it was opened
					continue
				}
			}
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
	for w := range 2 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				try(func(c *db.Collection) error {
					_, err := c.Upsert(ctx, db.Document{ID: fmt.Sprint("d", w), Text: fillText(n)})
					return err
				})
				writes.Add(1)
			}
		})
		wg.Go(func() {
			for !stop.Load() {
				try(func(c *db.Collection) error {
					n, err := c.Count(ctx, filter.All())
					if err == nil && n != docs {
						t.Errorf("%s has %d documents", c.Name(), n)
					}
					return err
				})
				reads.Add(1)
			}
		})
	}
	for i := range 15 {
		was, next := fmt.Sprint("v", i), fmt.Sprint("v", i+1)
		if _, err := d.Copy(ctx, "live", next); err != nil {
			t.Fatal(err)
		}
		if previous, err := d.SetAlias(ctx, "live", next); previous != was || err != nil {
			t.Error(previous, err)
		}
		if err := d.Drop(ctx, was); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	wg.Wait()
	if got := listed(t, d); got != "v15[live]" {
		t.Error(got)
	}
	t.Logf("15 switches beside %d reads and %d writes", reads.Load(), writes.Load())
}
