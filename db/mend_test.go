package db

import (
	"math/rand/v2"
	"testing"

	"github.com/fronyai/frony-db/db/internal/store"
)

// What is written after the examination and before the repair is not taken for
// what was wrong then.
func TestMendAfterWrite(t *testing.T) {
	d, c := sick(t, 10)
	rng := rand.New(rand.NewPCG(1, 2))
	// A document whose own id does not lead to it.
	vec := make([]float32, 8)
	vec[0] = 1
	done, err := d.st.Commit(&store.Batch{Collection: c.id, Puts: []store.Put{{
		ID: "other", Record: store.AppendRecord(nil, &store.Record{ID: "mine", Text: "old"}), Vector: store.AppendVector(nil, vec),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	c.link([]prepared{{doc: Document{ID: "mine"}, vec: vec, encoded: store.AppendVector(nil, vec)}}, done)
	x, err := c.examine(t.Context(), &DoctorOptions{})
	if err != nil || len(x.stored) != 2 || !x.stored[0].Mendable() {
		t.Fatal(x.stored, err)
	}
	doc := given(rng, "mine", 8)
	doc.Text = "new"
	if _, err := c.Upsert(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	if _, err := c.mend(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is mended uncovers more
		if got, err := c.Get(t.Context(), "mine"); err != nil || got[0].Text != "new" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := d.Doctor(t.Context(), &DoctorOptions{Repair: true}); err != nil {
			t.Fatal(err)
		}
	}
	if h := examineAll(t, d, nil); !h.OK() || h.Documents != 11 {
		t.Errorf("%+v", h)
	}
}
