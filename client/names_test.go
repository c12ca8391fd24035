package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Names, aliases, copies and searches of several collections are as in the database.
func TestNames(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, d := start(t, nil)
	if _, err := c.Create(ctx, "notes", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Collection("notes").Upsert(ctx, db.Document{ID: "1", Text: "서울의 봄"}, db.Document{ID: "2", Text: "부산의 바다"}); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Copy(ctx, "notes", "copy"); err != nil || r != (db.CopyReport{From: "notes", To: "copy", Documents: 2}) {
		t.Error(r, err)
	}
	if _, err := c.Copy(ctx, "notes", "copy"); !errors.Is(err, db.ErrCollectionExists) {
		t.Error(err)
	}
	if previous, err := c.SetAlias(ctx, "이름", "notes"); previous != "" || err != nil {
		t.Error(previous, err)
	}
	if previous, err := c.SetAlias(ctx, "이름", "copy"); previous != "notes" || err != nil {
		t.Error(previous, err)
	}
	if err := c.Rename(ctx, "copy", "renamed"); err != nil {
		t.Error(err)
	}
	theirs, err := c.Aliases(ctx)
	ours, e2 := d.Aliases(ctx)
	if err = errors.Join(err, e2); err != nil || fmt.Sprint(theirs) != fmt.Sprint(ours) || len(ours) != 1 || ours[0].Collection != "renamed" {
		t.Error(theirs, ours, err)
	}
	if err := c.Drop(ctx, "renamed"); !errors.Is(err, db.ErrAliased) {
		t.Error(err)
	}
	for _, q := range []db.Query{
		{Text: "봄", K: 3}, {Queries: []db.Question{{Text: "봄"}, {Text: "바다", Weight: 2}}, K: 3, Snippet: 10},
	} {
		got, err := c.SearchAll(ctx, q, "not*", "이름")
		notes, e1 := d.Collection(ctx, "notes", nil)
		copied, e2 := d.Collection(ctx, "이름", nil)
		if err = errors.Join(err, e1, e2); err != nil {
			t.Fatal(err)
		}
		want, err := db.SearchAll(ctx, q, notes, copied)
		if err != nil || len(got) != 3 {
			t.Fatal(got, err)
		}
		for i := range got {
			if got[i].Collection != want[i].Collection || got[i].Document.ID != want[i].Document.ID || got[i].Score != want[i].Score || got[i].Question != want[i].Question {
				t.Errorf("%+v, want %+v", got[i], want[i])
			}
		}
	}
	if err := errors.Join(c.DropAlias(ctx, "이름"), c.Drop(ctx, "renamed")); err != nil {
		t.Error(err)
	}
	if err := c.DropAlias(ctx, "이름"); !errors.Is(err, db.ErrNoAlias) {
		t.Error(err)
	}
}

// A filter may be longer than a URL.
func TestFieldsWithLongFilter(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := start(t, nil)
	if _, err := c.Create(ctx, "notes", nil); err != nil {
		t.Fatal(err)
	}
	notes := c.Collection("notes")
	if _, err := notes.Upsert(ctx, db.Document{ID: "1", Text: "x", Metadata: db.Metadata{"n": 7}}); err != nil {
		t.Fatal(err)
	}
	var values []any
	for i := range 6000 {
		values = append(values, fmt.Sprintf("value %04d", i))
	}
	where := filter.Or(filter.Eq("n", 7), filter.In("s", values[:1000]...), filter.In("s", values[1000:2000]...), filter.In("s", values[2000:3000]...))
	if len(where.String()) < 33_000 {
		t.Fatal("the filter is short")
	}
	f, err := notes.Fields(ctx, where)
	if err != nil || len(f) != 1 || f[0].Name != "n" {
		t.Error(f, err)
	}
}
