package hnsw

import "slices"

// choose picks up to capacity links for a node from candidates sorted by their
// distance to it, with the heuristic of the paper (algorithm 4): it skips a
// candidate that is nearer to a chosen link than to the node itself, because that
// link leads to it. Tree links are always chosen. If fewer than fill links are
// chosen, the nearest of the skipped candidates are added ("keepPruned").
//
// Candidates are beam entries; marks holds the tree marks of each, or is nil.
// The result is valid until the next call.
func (g *Graph) choose(w *scratch, cands []uint64, marks []uint32, capacity, fill int) []uint32 {
	w.chosen = w.chosen[:0]
	reserved := 0 // tree links still to come
	for _, m := range marks {
		if m != 0 {
			reserved++
		}
	}
	for i, e := range cands {
		id := entryID(e)
		if marks != nil && marks[i] != 0 {
			w.chosen = append(w.chosen, word(id)|marks[i])
			reserved--
			continue
		}
		if len(w.chosen)+reserved < capacity && g.diverse(w, e) {
			w.chosen = append(w.chosen, word(id))
		}
	}
	for _, e := range cands {
		if len(w.chosen) >= fill {
			break
		}
		if find(w.chosen, entryID(e)) < 0 {
			w.chosen = append(w.chosen, word(entryID(e)))
		}
	}
	return w.chosen
}

// diverse reports whether candidate e is nearer to the node than to each link
// chosen so far, and not at the place of one of them.
func (g *Graph) diverse(w *scratch, e uint64) bool {
	const batch = 8 // most candidates fail early
	code := g.space.Code(entryID(e))
	for from := 0; from < len(w.chosen); from += batch {
		n := min(batch, len(w.chosen)-from)
		for i := range n {
			w.ids[i] = nodeOf(w.chosen[from+i])
		}
		g.space.Distances(code, w.ids[:n], w.dist[:n])
		if least := slices.Min(w.dist[:n]); least < distance(e) || least == 0 {
			return false
		}
	}
	return true
}
