package ort

import (
	"cmp"
	"slices"
)

// batchTokens bounds a rectangle of texts, padding included.
const batchTokens = 4096

// rectangles cuts a batch into runs of texts of like length, the longest
// first: none has more than batchTokens tokens, unless one text alone has, and
// none is more than a quarter longer than another of its run, short ones
// excepted.
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
