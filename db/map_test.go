package db_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// Documents about two things lie apart, a question lies beside what answers it, and the
// plane does not depend on the sample that is drawn.
func TestMap(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	ctx := t.Context()
	kinds := map[string][]string{
		"sea": {"The waves of the sea", "A beach at the ocean", "부산의 겨울 바다", "Sailing boats in the harbour", "해운대 해변의 파도"},
		"tax": {"Pay your income tax", "세금 신고 기간", "The tax office sends a bill", "부가가치세 환급", "Tax rates for companies"},
	}
	var docs []db.Document
	for kind, texts := range kinds {
		for i, text := range texts {
			docs = append(docs, db.Document{ID: fmt.Sprint(kind, i), Text: text, Metadata: db.Metadata{"kind": kind, "n": len(docs), "at": fmt.Sprintf("2024-05-%02d", len(docs)+1)}})
		}
	}
	docs = append(docs, db.Document{ID: "zzz", Text: "Neither", Metadata: db.Metadata{"kind": []string{"sea", "tax"}}}, db.Document{ID: "zzzz", Text: "Nothing"})
	if _, err := c.Upsert(ctx, docs...); err != nil {
		t.Fatal(err)
	}
	m, err := c.Map(ctx, db.MapQuery{Color: "kind", Text: "ocean waves and boats"})
	if err != nil {
		t.Fatal(err)
	}
	if m.Documents != 12 || len(m.IDs) != 12 || len(m.X) != 12 || len(m.Y) != 12 || !slices.IsSorted(m.IDs) || m.Warnings != nil || m.Question == nil {
		t.Fatalf("%+v", m)
	}
	if len(m.Legend) != 2 || m.Legend[0] != (db.MapColor{Value: "sea", Documents: 5}) || m.Legend[1] != (db.MapColor{Value: "tax", Documents: 5}) {
		t.Errorf("legend %v", m.Legend)
	}
	if want := []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1, -2}; !slices.Equal(m.Colors, want) {
		t.Errorf("colors %v, want %v", m.Colors, want)
	}
	middle := func(of int) (x, y float64) {
		for i, color := range m.Colors {
			if color == of {
				x, y = x+float64(m.X[i])/5, y+float64(m.Y[i])/5
			}
		}
		return x, y
	}
	seaX, seaY := middle(0)
	taxX, taxY := middle(1)
	toSea := math.Hypot(float64(m.Question[0])-seaX, float64(m.Question[1])-seaY)
	toTax := math.Hypot(float64(m.Question[0])-taxX, float64(m.Question[1])-taxY)
	if toSea > toTax/1.5 {
		t.Errorf("the question is %.2f from the sea and %.2f from taxes", toSea, toTax)
	}
	if m.Shares[0] < m.Shares[1] || m.Shares[1] <= 0 || m.Shares[0]+m.Shares[1] > 1 {
		t.Errorf("shares %v", m.Shares)
	}

	// A sample is part of the whole, in the same places; ids come along.
	part, err := c.Map(ctx, db.MapQuery{Limit: 4, IDs: []string{"sea0", "sea1", "sea2", "none"}})
	if err != nil || part.Documents != 12 || len(part.IDs) < 4 || len(part.IDs) > 7 || part.Colors != nil {
		t.Fatal(part, err)
	}
	for i, id := range part.IDs {
		at := slices.Index(m.IDs, id)
		if at < 0 || m.X[at] != part.X[i] || m.Y[at] != part.Y[i] {
			t.Errorf("%s is elsewhere in a sample", id)
		}
	}
	for _, id := range []string{"sea0", "sea1", "sea2"} {
		if !slices.Contains(part.IDs, id) {
			t.Errorf("%s is not drawn", id)
		}
	}
	few, err := c.Map(ctx, db.MapQuery{Filter: filter.Eq("kind", "tax"), IDs: []string{"sea0"}})
	if err != nil || few.Documents != 5 || len(few.IDs) != 5 {
		t.Error(few, err)
	}
	none, err := c.Map(ctx, db.MapQuery{Filter: filter.Eq("kind", "none"), Color: "kind", Text: "sea"})
	if err != nil || none.Documents != 0 || len(none.IDs) != 0 {
		t.Error(none, err)
	}
	if m, err := c.Map(ctx, db.MapQuery{Filter: filter.Eq("knid", "tax"), Color: "kin"}); err != nil || len(m.Warnings) != 2 {
		t.Error(m.Warnings, err)
	}
	for name, q := range map[string]db.MapQuery{
		"limit": {Limit: db.MaxMap + 1}, "ids": {IDs: make([]string, 1001)}, "color": {Color: "_id"},
	} {
		if _, err := c.Map(ctx, q); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Map(ctx, db.MapQuery{Filter: filter.Eq("", 1)}); !errors.Is(err, db.ErrInvalidFilter) {
		t.Error(err)
	}
}

// Many numbers or times become ranges that hold about as many documents each, and that
// together hold all.
func TestMapRanges(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", &db.CollectionOptions{Dims: 4, Precomputed: true})
	var docs []db.Document
	for i := range 400 {
		m := db.Metadata{"n": i % 100, "at": fmt.Sprintf("%d-01-01", 1900+i%100), "few": i % 3, "f": float64(i) / 7}
		if i%4 == 0 {
			m["n"] = "none"
		}
		docs = append(docs, db.Document{ID: fmt.Sprintf("%03d", i), Embedding: []float32{float32(i%20) - 10, 1, 0, float32(i % 3)}, Metadata: m})
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]struct{ ranges, documents int }{"n": {8, 300}, "at": {8, 400}, "f": {8, 400}, "few": {3, 400}} {
		m, err := c.Map(t.Context(), db.MapQuery{Color: field})
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int, len(m.Legend))
		for _, color := range m.Colors {
			if color >= 0 {
				counts[color]++
			}
		}
		sum := 0
		for i, l := range m.Legend {
			if l.Documents != counts[i] || (field == "few") != (l.Value != nil) || (l.From == nil) != (field == "few") || field != "few" && (l.Documents > want.documents/4 || l.Documents < want.documents/16) {
				t.Errorf("%s: %+v has %d", field, l, counts[i])
			}
			sum += counts[i]
		}
		if len(m.Legend) != want.ranges || sum != want.documents {
			t.Errorf("%s: %d ranges of %d documents: %v", field, len(m.Legend), sum, m.Legend)
		}
	}
}
