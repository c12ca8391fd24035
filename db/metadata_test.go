package db_test

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// TestMetadataValues: lists of numbers and nested objects come back under one rule,
// also after the database was opened again, and filters find them.
func TestMetadataValues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := precomputed(t, d, "c", 2)
	given := db.Metadata{
		"ints": []int{1, -2}, "int64s": []int64{math.MaxInt64}, "floats": []float32{0.5, 2}, "mixed": []any{1, 2.5},
		"numbers": []any{json.Number("3"), json.Number("4")}, "decimals": []any{json.Number("3.0")}, "none": []float64{}, "texts": []any{"a", "b"},
		"author": map[string]any{"name": "김", "born": 1980, "left": nil, "org": db.Metadata{"city": "서울", "sizes": []any{1.0, 2}}, "empty": map[string]any{}},
		"nil":    nil,
	}
	want := db.Metadata{
		"ints": []int64{1, -2}, "int64s": []int64{math.MaxInt64}, "floats": []float64{0.5, 2}, "mixed": []float64{1, 2.5},
		"numbers": []int64{3, 4}, "decimals": []float64{3}, "none": []string{}, "texts": []string{"a", "b"},
		"author.name": "김", "author.born": int64(1980), "author.org.city": "서울", "author.org.sizes": []float64{1, 2},
	}
	before := maps.Clone(given)
	if _, err := c.Upsert(t.Context(), db.Document{ID: "a", Embedding: []float32{1, 1}, Metadata: given}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(given, before) {
		t.Errorf("the caller's metadata has changed: %v", given)
	}
	check := func(c *db.Collection) {
		t.Helper()
		docs, err := c.Get(t.Context(), "a")
		if err != nil || !reflect.DeepEqual(docs[0].Metadata, want) {
			t.Errorf("%v, %v, want %v", docs, err, want)
		}
		for where, n := range map[string]int{
			`ints CONTAINS -2 AND mixed CONTAINS 1 AND mixed CONTAINS 2.5 AND floats CONTAINS 2`:       1,
			`int64s CONTAINS 9223372036854775807 AND NOT int64s CONTAINS 9223372036854775806`:          1,
			`author.name = "김" AND author.born > 1970 AND author.org.city = "서울"`:                      1,
			`EXISTS none AND NOT EXISTS author AND NOT EXISTS author.left AND NOT EXISTS author.empty`: 1,
			`ints = 1 OR ints > 0 OR ints CONTAINS "1" OR texts CONTAINS 1`:                            0,
		} {
			e, err := filter.Parse(where)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Count(t.Context(), e); got != n || err != nil {
				t.Errorf("%s: %d, %v, want %d", where, got, err, n)
			}
		}
	}
	check(c)
	// What is read is written again as it is, in Go and as JSON.
	docs, err := c.GetFields(t.Context(), db.FieldMetadata|db.FieldEmbedding, "a")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(docs[0].Metadata)
	if err != nil {
		t.Fatal(err)
	}
	if again := `"floats":[0.5,2.0],"int64s":[9223372036854775807]`; !strings.Contains(string(b), again) {
		t.Errorf("%s does not have %s", b, again)
	}
	if r, err := c.ReplaceSource(t.Context(), "s", docs...); err != nil || r.Written != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	check(c)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	check(precomputed(t, open(t, dir, nil), "c", 2))
}
