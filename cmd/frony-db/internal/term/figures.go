package term

import "github.com/dustin/go-humanize"

// Plural formats a number of things: "1 document", "2,000 documents".
func Plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return humanize.Comma(n) + " " + what + "s"
}

// Bytes formats a size: "4.4 MiB".
func Bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
