// Package similar guesses which of several names was meant by one that is none of them.
package similar

import (
	"strings"
	"unicode/utf8"
)

// Name returns the one of names that is nearest to what somebody wrote, or "" if none is
// near: one that differs in case or underscores only, or else one that takes the fewest
// letters to insert, delete, replace or exchange with their neighbours: at most about a
// third of its own.
func Name(wrote string, names []string) string {
	folded, most := fold(wrote), (utf8.RuneCountInString(wrote)+1)/3
	best := ""
	for _, name := range names {
		if fold(name) == folded {
			return name
		}
		if d := distance([]rune(name), []rune(wrote)); d <= most {
			best, most = name, d-1
		}
	}
	return best
}

func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// distance is the number of letters to insert, delete, replace or exchange with the next
// one (optimal string alignment).
func distance(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i, r := range a {
		row[0] = i + 1
		for j, s := range b {
			cost := 1
			if r == s {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && r == b[j-1] && a[i-1] == s {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
