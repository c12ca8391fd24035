package source

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// TestGigabyte: in every format, a record of a gigabyte is a reject or an error, and is
// never completely in memory.
func TestGigabyte(t *testing.T) {
	gigabyte := int64(1 << 30)
	if testing.Short() {
		gigabyte = 64 << 20
	}
	stream := func(head, tail string) io.Reader {
		return io.MultiReader(strings.NewReader(head), &endless{gigabyte, strings.NewReader(tail)})
	}
	for _, tc := range []struct {
		name    string
		format  Format
		in      io.Reader
		ids     string
		rejects int
	}{
		{"a CSV cell", CSV, stream("id,text\na,b\nc,", "\nd,e\n"), "a d", 1},
		{"a CSV cell in quotes", CSV, stream("id,text\na,b\nc,\"", "\"\nd,e\n"), "a d", 1},
		{"a CSV header", CSV, stream("id,", "\na,b\n"), "", 0},
		{"a text file", Text, stream("", ""), "", 1},
		{"a Markdown file", Markdown, stream("# ", ""), "", 1},
		{"a line in UTF-16", JSONL, stream("\xff\xfe{\x00", "\n\x00{\x00}\x00\n\x00"), "", 2},
		{"a line within gzip", JSONL, zipping(stream("{", "\n{\"id\":\"a\",\"text\":\"b\"}\n")), "a", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := readAll(t, "-", &Options{Stdin: tc.in, Format: tc.format})
			runtime.ReadMemStats(&after)
			if got.ids() != tc.ids || len(got.rejects) != tc.rejects || (len(got.files) > 0) != (len(got.rejects) == 0) {
				t.Fatalf("ids %q, rejects %v, files %v", got.ids(), got.rejects, got.files)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 16*DefaultMaxRecord {
				t.Errorf("%d MiB were allocated, garbage included, with a limit of %d MiB a record", grown>>20, DefaultMaxRecord>>20)
			}
		})
	}
}

// zipping compresses as it is read.
func zipping(in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		z := gzip.NewWriter(w)
		_, err := io.Copy(z, in)
		if err == nil {
			err = z.Close()
		}
		_ = w.CloseWithError(err)
	}()
	return r
}
