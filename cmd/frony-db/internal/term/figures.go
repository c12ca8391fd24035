package term

import "github.com/dustin/go-humanize"

// Plural is a number of things: "1 document", "2,000 documents".
func Plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return humanize.Comma(n) + " " + what + "s"
}

// Bytes is a size for people.
func Bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
