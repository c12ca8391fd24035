package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
)

// both are a database of the engine and one of db, to which the same happens.
type both struct {
	t    *testing.T
	each []engine.DB // the engine's, and db's
}

func newBoth(t *testing.T, e Engine) both {
	t.Helper()
	o := db.Options{Embedder: embeddertest.New(dims, 1)}
	return both{t, []engine.DB{e.Open(t, &o), Local(t, &o)}}
}

// do does something to both, and compares what comes of it as pair.do does.
func (b both) do(what string, f func(d engine.DB, n engine.Namer) (string, error)) string {
	b.t.Helper()
	var out [2]string
	var errs [2]error
	for i, d := range b.each {
		n, err := engine.As[engine.Namer](d, "alias")
		if err != nil {
			b.t.Fatal(err)
		}
		out[i], errs[i] = f(d, n)
	}
	if out[0] != out[1] || (errs[0] == nil) != (errs[1] == nil) || !errors.Is(errs[0], kind(errs[1])) {
		b.t.Errorf("%s: %q, %v, want %q, %v", what, out[0], errs[0], out[1], errs[1])
	}
	return out[0]
}

// state is all that a database has, by name.
func (b both) state() {
	b.t.Helper()
	got := b.do("all collections", func(d engine.DB, n engine.Namer) (string, error) {
		var s strings.Builder
		for info, err := range d.Collections(b.t.Context()) {
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&s, "%s has %d, %v; ", info.Name, info.Documents, info.Aliases)
		}
		list, err := n.Aliases(b.t.Context())
		for _, a := range list {
			if a.Since.IsZero() {
				b.t.Errorf("%s leads to %s since never", a.Name, a.Collection)
			}
			fmt.Fprintf(&s, "%s→%s ", a.Name, a.Collection)
		}
		return s.String(), err
	})
	b.t.Log(got)
}

func (b both) fill(name string, docs []db.Document) {
	b.t.Helper()
	b.do("fill "+name, func(d engine.DB, _ engine.Namer) (string, error) {
		c, err := d.Collection(b.t.Context(), name, nil)
		if err == nil {
			_, err = c.Upsert(b.t.Context(), docs...)
		}
		return "", err
	})
}

func testAliases(t *testing.T, e Engine) {
	if !e.Names {
		t.Skip("declared without names")
	}
	b, ctx := newBoth(t, e), t.Context()
	b.fill("v1", documents(3, 1))
	b.fill("v2", documents(5, 2))
	composed, apart := "\u1112\u1161\u11ab", "\ud55c" // two forms of one name
	for _, step := range [][2]string{
		{"live", "v1"},
		{"live", "v2"},
		{"live", "v2"},
		{"second", "live"}, // means v2
		{"v1", "v2"},
		{"other", "nothing"},
		{"a/b", "v1"},
		{composed, "v1"},
		{apart, "v2"}, // the same name
	} {
		b.do(fmt.Sprint("set alias ", step), func(_ engine.DB, n engine.Namer) (string, error) { return n.SetAlias(ctx, step[0], step[1]) })
	}
	b.state()
	for _, name := range []string{"live", "second", composed, apart, "v1", "nothing"} {
		b.do("resolve "+name, func(_ engine.DB, n engine.Namer) (string, error) { return n.Resolve(name), nil })
		if name == "nothing" {
			continue
		}
		// Without MustExist too, an alias opens what it leads to.
		b.do("open "+name, func(d engine.DB, _ engine.Namer) (string, error) {
			c, err := d.Collection(ctx, name, nil)
			if err != nil {
				return "", err
			}
			n, err := c.Count(ctx, filter.All())
			return fmt.Sprint(c.Name(), n), err
		})
	}
	for what, f := range map[string]func(d engine.DB, n engine.Namer) error{
		"drop what is aliased":      func(d engine.DB, _ engine.Namer) error { return d.Drop(ctx, "v2") },
		"drop an alias":             func(d engine.DB, _ engine.Namer) error { return d.Drop(ctx, "live") },
		"rename an alias":           func(_ engine.DB, n engine.Namer) error { return n.Rename(ctx, "live", "v3") },
		"rename to an alias":        func(_ engine.DB, n engine.Namer) error { return n.Rename(ctx, "v1", "live") },
		"rename to a collection":    func(_ engine.DB, n engine.Namer) error { return n.Rename(ctx, "v1", "v2") },
		"rename to itself":          func(_ engine.DB, n engine.Namer) error { return n.Rename(ctx, "v1", "v1") },
		"rename nothing":            func(_ engine.DB, n engine.Namer) error { return n.Rename(ctx, "nothing", "v3") },
		"rename to a bad name":      func(_ engine.DB, n engine.Namer) error { return n.Rename(ctx, "v1", "a/b") },
		"drop an alias that is not": func(_ engine.DB, n engine.Namer) error { return n.DropAlias(ctx, "v1") },
		"drop nothing":              func(d engine.DB, _ engine.Namer) error { return d.Drop(ctx, "nothing") },
	} {
		b.do(what, func(d engine.DB, n engine.Namer) (string, error) {
			err := f(d, n)
			if err == nil {
				t.Errorf("%s: no error", what)
			}
			return "", err
		})
	}
	b.do("drop an alias by its other form", func(_ engine.DB, n engine.Namer) (string, error) { return "", n.DropAlias(ctx, apart) })
	// Aliases follow a rename, and handles go on.
	b.do("rename", func(d engine.DB, n engine.Namer) (string, error) {
		c, err := d.Collection(ctx, "live", nil)
		if err != nil {
			return "", err
		}
		if err := n.Rename(ctx, "v2", "v3"); err != nil {
			return "", err
		}
		_, err = c.Insert(ctx, db.Document{ID: "after", Text: "이름이 바뀐 뒤에 쓴 문서"})
		return n.Resolve("live"), err
	})
	b.state()
	b.fill("v2", documents(2, 3)) // the name is free
	b.fill("live", documents(7, 4))
	b.state()
	for _, name := range []string{"live", "second"} {
		b.do("drop alias "+name, func(_ engine.DB, n engine.Namer) (string, error) { return "", n.DropAlias(ctx, name) })
	}
	b.do("drop", func(d engine.DB, _ engine.Namer) (string, error) { return "", d.Drop(ctx, "v3") })
	b.state()
}

func testCopy(t *testing.T, e Engine) {
	if !e.Names {
		t.Skip("declared without names")
	}
	b, ctx := newBoth(t, e), t.Context()
	b.fill("notes", documents(300, 5))
	b.do("delete some", func(d engine.DB, n engine.Namer) (string, error) {
		c, err := d.Collection(ctx, "notes", nil)
		if err != nil {
			return "", err
		}
		_, err = c.DeleteWhere(ctx, filter.Exists("a"))
		return "", errors.Join(err, second(n.SetAlias(ctx, "live", "notes")))
	})
	for _, names := range [][2]string{{"live", "copy"}, {"notes", "copy"}, {"notes", "live"}, {"nothing", "other"}, {"notes", "a/b"}} {
		b.do(fmt.Sprint("copy ", names), func(_ engine.DB, n engine.Namer) (string, error) {
			r, err := n.Copy(ctx, names[0], names[1])
			if err != nil {
				r = db.CopyReport{}
			}
			return fmt.Sprint(r), err
		})
	}
	b.state()
	// The copy is whole, and a collection of its own.
	b.fill("copy", documents(20, 6))
	var p pair
	p.t = t
	p.got, p.want = b.open("copy", 0), b.open("copy", 1)
	p.same()
	for _, text := range questions(20, 5) {
		search(&p, "words: "+text, db.Query{Text: text, K: 20, Mode: db.Lexical}, 1e-3)
		search(&p, "hybrid: "+text, db.Query{Text: text, K: 10, Exact: true}, exactly)
	}
	p.got, p.want = b.open("notes", 0), b.open("notes", 1)
	p.same()
}

func second[T any](_ T, err error) error { return err }

func (b both) open(name string, i int) engine.Collection {
	b.t.Helper()
	c, err := b.each[i].Collection(b.t.Context(), name, &db.CollectionOptions{MustExist: true})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// Whoever opens an alias that is switched, again and again, finds a whole collection.
func testSwitch(t *testing.T, e Engine) {
	if !e.Names {
		t.Skip("declared without names")
	}
	const documentsEach = 40
	d := e.Open(t, &db.Options{Embedder: embeddertest.New(dims, 1)})
	n, err := engine.As[engine.Namer](d, "alias")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	c, err := d.Collection(ctx, "v0", nil)
	if err == nil {
		_, err = c.Insert(ctx, documents(documentsEach, 1)...)
	}
	if err == nil {
		_, err = n.SetAlias(ctx, "live", "v0")
	}
	if err != nil {
		t.Fatal(err)
	}
	stop := beside(t, func() error { return whole(ctx, d, documentsEach) })
	for i := range 8 {
		was, now := fmt.Sprint("v", i), fmt.Sprint("v", i+1)
		_, err := n.Copy(ctx, "live", now)
		if err == nil {
			_, err = n.SetAlias(ctx, "live", now)
		}
		if err == nil {
			err = d.Drop(ctx, was)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	stop()
}

// whole opens what live leads to, and looks whether it has all documents. A collection that
// is dropped in between may be gone, but not in part.
func whole(ctx context.Context, d engine.DB, want int) error {
	c, err := d.Collection(ctx, "live", &db.CollectionOptions{MustExist: true})
	if err != nil {
		return err
	}
	n, err := c.Count(ctx, filter.All())
	if errors.Is(err, db.ErrClosed) || errors.Is(err, db.ErrNoCollection) {
		return nil
	}
	if err == nil && n != want {
		err = fmt.Errorf("%s has %d documents, want %d", c.Name(), n, want)
	}
	return err
}
