package lexical

import (
	"encoding/binary"
	"math"
	"testing"
)

// A block gives back the postings that it was packed of, one by one and by runs, whatever
// their distances and frequencies are.
func TestBlock(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for _, far := range []uint32{1, 200, 1 << 8, 60_000, 1 << 16, 1 << 24} {
		for _, often := range []uint32{1, 2, 15, 16, 255, 256, math.MaxUint32} {
			var slots, tfs [blockLen]uint32
			var varints []byte
			slot, most := uint32(0), uint32(0)
			for i := range slots {
				delta, tf := 1+rng.Uint32N(far), 1+rng.Uint32N(often)
				if i == 7 {
					delta, tf = far, often
				}
				if i == 0 {
					delta = rng.Uint32N(far) // the first slot of all is 0
				}
				slot, most = slot+delta, max(most, tf)
				slots[i], tfs[i] = slot, tf
				if tf == 1 {
					varints = binary.AppendUvarint(varints, uint64(delta)<<1|1)
				} else {
					varints = binary.AppendUvarint(binary.AppendUvarint(varints, uint64(delta)<<1), uint64(tf))
				}
			}
			b := packed(pack(nil, varints, most), most)
			slot = 0
			for i := range blockLen {
				if slot += b.delta(i); slot != slots[i] || b.tf(i) != tfs[i] {
					t.Fatalf("%d apart, %d times: posting %d is %d, %d, want %d, %d", far, often, i, slot, b.tf(i), slots[i], tfs[i])
				}
			}
			from := rng.IntN(blockLen)
			want := from + rng.IntN(blockLen-from)
			if at, slot := b.seek(from, slots[from], slots[want]); slots[from] < slots[want] && (at != want || slot != slots[want]) {
				t.Fatalf("%d apart: sought %d from %d, and found %d, slot %d", far, want, from, at, slot)
			}
			lo := slots[from] &^ (window - 1)
			var r run
			end, next := r.read(&b, from, slots[from], lo, lo+window)
			for i := range r.n {
				if lo+uint32(r.at[i]) != slots[from+i] || !r.once && r.tfs[i] != tfs[from+i] || r.once && tfs[from+i] != 1 {
					t.Fatalf("%d apart, %d times: posting %d of a run from %d is wrong", far, often, i, from)
				}
			}
			if end != from+r.n || end < blockLen && (next != slots[end] || next < lo+window) || end == blockLen && next != slots[blockLen-1] {
				t.Fatalf("%d apart: a run of %d from %d ends at %d, slot %d", far, r.n, from, end, next)
			}
		}
	}
}

// With Least a search finds what has that score or more, as it does without.
func TestLeast(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	v := newVocabulary(rng, 2000)
	x, _ := churned(rng, v, 6000)
	fewer := 0
	for range 200 {
		query := v.text(1 + rng.IntN(12))
		all := x.Search(nil, Query{Text: query, K: 100})
		if len(all) == 0 {
			continue
		}
		n := rng.IntN(len(all))
		least := all[n].Score
		for n < len(all) && all[n].Score >= least {
			n++
		}
		some := x.Search(nil, Query{Text: query, K: 100, Least: least})
		if len(some) < n {
			t.Fatalf("%q: %d hits of %d with a score of %g", query, len(some), n, least)
		}
		if err := same(some[:n], all[:n]); err != nil {
			t.Fatalf("%q from %g: %v", query, least, err)
		}
		if len(some) < len(all) {
			fewer++
		}
	}
	if fewer == 0 {
		t.Error("no search was shorter")
	}
}
