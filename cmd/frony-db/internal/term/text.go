package term

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// maxCluster bounds one grapheme cluster, in bytes. The longest emoji have about 40;
// stacks of combining marks have no limit.
const maxCluster = 64

// TextWidth is the number of columns that s takes.
func TextWidth(s string) int { return uniseg.StringWidth(s) }

// Cut truncates s to one line of at most width columns, with an ellipsis if something
// was cut. It replaces any white space by one space, and removes invalid UTF-8 and
// control characters, including those that change the direction of writing. It reads
// no more of s than it shows. If width is below 1 it returns an empty string.
func Cut(s string, width int) string {
	if width < 1 {
		return ""
	}
	s = clean(s, maxCluster*min(width+1, math.MaxInt/maxCluster))
	var b strings.Builder
	used, fits := 0, 0 // columns written; bytes that leave space for an ellipsis
	for state := -1; s != ""; {
		var cluster string
		var n int
		cluster, s, n, state = uniseg.FirstGraphemeClusterInString(s, state)
		if used+n > width {
			return strings.TrimRight(b.String()[:fits], " ") + ellipsis
		}
		b.WriteString(bounded(cluster))
		if used += n; used < width {
			fits = b.Len()
		}
	}
	return b.String()
}

// Clean is Cut without truncating.
func Clean(s string) string { return Cut(s, math.MaxInt-1) }

// CleanLines is Clean for each line of s, keeping white space at its beginning.
func CleanLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		text := strings.TrimLeft(line, " \t")
		b.WriteString(line[:len(line)-len(text)])
		b.WriteString(Clean(text))
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// clean cleans s until it has limit bytes.
func clean(s string, limit int) string {
	var b strings.Builder
	space := false
	for i, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case keep(r) < 0, r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			continue
		case b.Len() >= limit:
			return b.String()
		case space:
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// bounded shortens a cluster to maxCluster bytes.
func bounded(cluster string) string {
	if len(cluster) <= maxCluster {
		return cluster
	}
	end := maxCluster
	for !utf8.RuneStart(cluster[end]) {
		end--
	}
	return cluster[:end]
}

// keep drops control and format characters, except the joiners and tags that emoji and
// scripts need.
func keep(r rune) rune {
	switch {
	case r == 0x200c, r == 0x200d, r >= 0xe0020 && r <= 0xe007f:
		return r
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return r
}

// Pad adds spaces to s up to width columns.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-TextWidth(s)))
}

// PadLeft adds spaces before s.
func PadLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-TextWidth(s))) + s
}
