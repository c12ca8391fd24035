package ort

import (
	"cmp"
	"slices"
)

// batchTokens is the maximum size of a rectangle of texts, including padding.
const batchTokens = 4096

// rectangles splits a batch into runs of texts of similar length, longest first. A run has
// at most batchTokens tokens, unless it is a single text, and its longest text is at most
// a quarter longer than its shortest, plus 8 tokens.
func rectangles(ids [][]int32) [][]int {
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(ids[b]), len(ids[a])) })
	var all [][]int
	longest := 0
	for _, i := range order {
		n := len(ids[i])
		last := len(all) - 1
		if last < 0 || (len(all[last])+1)*longest > batchTokens || longest > n+n/4+8 {
			all = append(all, nil)
			longest = n
			last++
		}
		all[last] = append(all[last], i)
	}
	return all
}
