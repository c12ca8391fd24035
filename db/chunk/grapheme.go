package chunk

import (
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// boundary reports whether a grapheme cluster begins at i. from must be a boundary at or
// before i; the nearer, the faster.
func boundary(doc string, from, i int) bool {
	return lastBoundary(doc, from, i) == i
}

// lastBoundary returns the last cluster boundary at or before i.
func lastBoundary(doc string, from, i int) int {
	if i <= from || i >= len(doc) || plainBoundary(doc, i) {
		return i
	}
	state := -1
	rest := doc[from:]
	for at := from; ; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if at+len(cluster) > i {
			return at
		}
		at += len(cluster)
	}
}

// plainBoundary recognises the common boundaries from the adjacent characters alone: after
// a line break, between ASCII characters, and between ASCII and a Hangul syllable.
func plainBoundary(doc string, i int) bool {
	left, right := doc[i-1], doc[i]
	switch {
	case left == '\n':
		return true
	case left < utf8.RuneSelf && right < utf8.RuneSelf:
		return left != '\r' || right != '\n'
	case left < utf8.RuneSelf:
		r, _ := utf8.DecodeRuneInString(doc[i:])
		return hangul(r)
	case right < utf8.RuneSelf:
		r, _ := utf8.DecodeLastRuneInString(doc[:i])
		return hangul(r)
	}
	return false
}

// trim moves start and end inwards past white space, without splitting a cluster. start
// and end must be cluster boundaries.
func (s *splitter) trim(start, end int) (int, int) {
	from := start
	for start < end {
		r, n := utf8.DecodeRuneInString(s.doc[start:end])
		if !unicode.IsSpace(r) {
			break
		}
		start += n
	}
	for start > from && start < end && !boundary(s.doc, from, start) {
		_, n := utf8.DecodeLastRuneInString(s.doc[from:start])
		start -= n
	}
	stop := end
	for stop > start {
		r, n := utf8.DecodeLastRuneInString(s.doc[start:stop])
		if !unicode.IsSpace(r) {
			break
		}
		stop -= n
	}
	if stop > start && stop < end && !boundary(s.doc, start, stop) {
		stop = end
	}
	return start, stop
}

// fit returns the end of the longest prefix of doc[start:end] that Count allows, moved back
// to a line break or a space if there is one in its second half. The prefix is at least
// one cluster.
func (s *splitter) fit(start, end int) int {
	stops := s.clusterEnds(start, end)
	// The longest that fits, by bisection: Count grows with the text.
	low, high := 0, len(stops) // stops[low] fits or is the first, stops[high] does not
	for high-low > 1 {
		mid := (low + high) / 2
		if s.opts.Count(s.doc[start:stops[mid]]) <= s.opts.MaxTokens {
			low = mid
		} else {
			high = mid
		}
	}
	if stops[low] == end {
		return end
	}
	space := -1
	for i := low; i > low/2; i-- {
		switch b := s.doc[stops[i]-1]; {
		case b == '\n':
			return stops[i]
		case space < 0 && (b == ' ' || b == '\t'):
			space = stops[i]
		}
	}
	if space > 0 {
		return space
	}
	return stops[low]
}

// clusterEnds lists the ends of clusters from start until Count exceeds MaxTokens.
func (s *splitter) clusterEnds(start, end int) []int {
	var stops []int
	rest, at, state := s.doc[start:end], start, -1
	step := 4 * s.opts.MaxTokens // clusters between two calls of Count
	for len(rest) > 0 {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at += len(cluster)
		stops = append(stops, at)
		if len(stops)%step == 0 && s.opts.Count(s.doc[start:at]) > s.opts.MaxTokens {
			break
		}
	}
	return stops
}
