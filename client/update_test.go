package client_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Updates and warnings at a server are those of a database, and a long filter reaches
// every operation.
func TestUpdateAndLongFilters(t *testing.T) {
	t.Parallel()
	cl, _ := start(t, nil)
	if _, err := cl.Create(t.Context(), "notes", nil); err != nil {
		t.Fatal(err)
	}
	c := cl.Collection("notes")
	var docs []db.Document
	values := make([]any, 10_000)
	for i := range values {
		values[i] = fmt.Sprintf("document/%05d", i)
		if i < 1200 {
			docs = append(docs, db.Document{ID: values[i].(string), Text: "text", Metadata: db.Metadata{"n": i}, Source: "s"})
		}
	}
	for part := range slices.Chunk(docs, 600) {
		if _, err := c.Upsert(t.Context(), part...); err != nil {
			t.Fatal(err)
		}
	}
	source := ""
	if err := c.Update(t.Context(), "document/00003", db.Patch{Metadata: db.Metadata{"n": nil, "x": map[string]any{"y": []float64{1}}}, Source: &source}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Get(t.Context(), "document/00003")
	if err != nil || fmt.Sprintf("%#v", got[0].Metadata) != `db.Metadata{"x.y":[]float64{1}}` || got[0].Source != "" {
		t.Errorf("%#v, %v", got, err)
	}
	ids := make([]string, 1202)
	for i := range ids {
		ids[i] = fmt.Sprintf("document/%05d", i)
	}
	n, err := c.UpdateIDs(t.Context(), db.Patch{Metadata: db.Metadata{"seen": true}}, ids...)
	if n != 1200 || !errors.Is(err, db.ErrNotFound) || !strings.Contains(err.Error(), "document/01201") {
		t.Errorf("%d, %v", n, err)
	}
	long := filter.In("_id", values...)
	if n, err := c.UpdateWhere(t.Context(), long, db.Patch{Metadata: db.Metadata{"long": true}}); n != 1200 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	scanned := 0
	for d, err := range c.Scan(t.Context(), db.Scan{Filter: long}) {
		if err != nil || d.Metadata["long"] != true {
			t.Fatal(d, err)
		}
		scanned++
	}
	if scanned != 1200 {
		t.Errorf("a scan finds %d", scanned)
	}
	if w, err := c.FilterWarnings(t.Context(), filter.Expr{}, "_id", "m"); len(w) != 1 || err != nil {
		t.Error(w, err)
	}
	if w, err := c.FilterWarnings(t.Context(), filter.Eq("m", 1)); len(w) != 1 || err != nil {
		t.Errorf("%q, %v", w, err)
	}
	var trace db.Trace
	if _, err := c.Search(t.Context(), db.Query{Text: "text", K: 1, Filter: filter.Eq("m", 1), Trace: &trace}); len(trace.Warnings) != 1 || err != nil {
		t.Errorf("%+v, %v", trace, err)
	}
}
