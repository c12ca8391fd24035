package store

import (
	"slices"
	"testing"
)

// What an index says of free numbers takes the place of what was known, and is not
// believed of numbers that have a document or a tombstone.
func TestFree(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("a", "b", "c", "d")})
	commit(t, s, &Batch{Collection: cid, Deletes: []Delete{{ID: "a", Node: AnyNode}, {ID: "b", Node: AnyNode}, {ID: "c", Node: AnyNode}}})
	if err := s.Reclaim(cid, []uint32{0, 1}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.Free(cid, []uint32{3, 2, 0}) // d is there, c a tombstone, and 1 is kept
	}
	if done := commit(t, s, &Batch{Collection: cid, Puts: put("e", "f")}); !slices.Equal(done.Born, []uint32{0, 4}) {
		t.Errorf("born %v", done.Born)
	}
	s.Free(cid, []uint32{0}) // e's, which the batch is to give up
	done := commit(t, s, &Batch{Collection: cid, Puts: put("e", "g")})
	if !slices.Equal(done.Born, []uint32{5, 6}) || !slices.Equal(done.Dead, []uint32{0}) {
		t.Errorf("born %v, dead %v", done.Born, done.Dead)
	}
	// 0 is e's tombstone, 1 is neither, and the others are documents.
	if err := s.Reclaim(cid, []uint32{0, 1, 3, 4, 5, 6}); err != nil {
		t.Fatal(err)
	}
	if done := commit(t, s, &Batch{Collection: cid, Puts: put("h", "i", "j")}); !slices.Equal(done.Born, []uint32{1, 0, 7}) {
		t.Errorf("born %v", done.Born)
	}
	if got := ids(t, s, cid); !slices.Equal(got, []string{"d", "e", "f", "g", "h", "i", "j"}) {
		t.Errorf("documents %v", got)
	}
}
