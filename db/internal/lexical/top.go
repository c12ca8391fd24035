package lexical

import "slices"

// top holds the k best hits in a heap with the worst first.
type top struct {
	k    int
	hits []Hit
}

func (t *top) reset(k int) { t.k, t.hits = k, t.hits[:0] }

// better orders hits: by score, and equal scores by node.
func better(a, b Hit) bool {
	return a.Score > b.Score || a.Score == b.Score && a.Node < b.Node
}

// rounding is how much a score may depend on the order of its sum, and more.
const rounding = 1e-6

// floor returns the score below which no document can enter any more. It is a
// little less than the worst score in the heap, so that rounding, which depends on
// the order of a sum, never decides.
func (t *top) floor() float64 {
	if len(t.hits) < t.k {
		return 0
	}
	return float64(t.hits[0].Score) * (1 - rounding)
}

func (t *top) wants(node uint32, score float32) bool {
	return len(t.hits) < t.k || better(Hit{node, score}, t.hits[0])
}

func (t *top) push(h Hit) {
	if len(t.hits) < t.k {
		t.hits = append(t.hits, h)
		for i := len(t.hits) - 1; i > 0; {
			up := (i - 1) / 2
			if better(t.hits[i], t.hits[up]) {
				break
			}
			t.hits[i], t.hits[up] = t.hits[up], t.hits[i]
			i = up
		}
		return
	}
	t.hits[0] = h
	for i := 0; ; {
		worst := i
		for d := 2*i + 1; d <= 2*i+2 && d < len(t.hits); d++ {
			if better(t.hits[worst], t.hits[d]) {
				worst = d
			}
		}
		if worst == i {
			return
		}
		t.hits[i], t.hits[worst] = t.hits[worst], t.hits[i]
		i = worst
	}
}

// appendTo appends the hits to dst, best first.
func (t *top) appendTo(dst []Hit) []Hit {
	slices.SortFunc(t.hits, func(a, b Hit) int {
		if better(a, b) {
			return -1
		}
		return 1
	})
	return append(dst, t.hits...)
}
