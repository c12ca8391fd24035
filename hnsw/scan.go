package hnsw

import "math/bits"

// scan leaves in the beam the k nearest nodes that are live and allowed.
func (g *Graph) scan(w *scratch, s *slabs, q []byte, k int) {
	w.beam, w.live = w.beam[:0], 0
	n := 0
	for c := range s.present {
		for i := range chunkWords {
			set := ^uint64(0)
			if w.skip.allow != nil {
				if set = w.skip.allow.word(c*chunkWords + i); set == 0 {
					continue
				}
			}
			set &^= s.dead[c][i].Load() // before present: see free
			set &^= s.hidden[c][i].Load()
			set &= s.present[c][i].Load()
			base := uint32(c<<chunkShift + i<<6)
			for ; set != 0; set &= set - 1 {
				w.ids[n] = base + uint32(bits.TrailingZeros64(set))
				if n++; n == scanBatch {
					g.measure(w, q, n, k)
					n = 0
				}
			}
		}
	}
	g.measure(w, q, n, k)
}

// measure inserts the first n of w.ids into the beam, which holds the k nearest.
func (g *Graph) measure(w *scratch, q []byte, n, k int) {
	g.space.Distances(q, w.ids[:n], w.dist[:n])
	w.evals += n
	for i, d := range w.dist[:n] {
		if len(w.beam) == k {
			if d >= distance(w.beam[k-1]) {
				continue
			}
			w.beam = w.beam[:k-1]
		}
		w.insert(pack(d, w.ids[i]))
	}
}
