package importer

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

// counters count what has become of documents (a chunk is one).
type counters struct {
	added, replaced, unchanged atomic.Int64
	removed                    atomic.Int64 // chunks of older versions
	repeated                   atomic.Int64 // records whose id had come by before
	skipped                    atomic.Int64 // files of a folder that were passed over
}

// Report says what an import has done. Its JSON is what import prints with --json.
type Report struct {
	Collection  string   `json:"collection"`
	Read        int64    `json:"read"`    // records
	Written     int64    `json:"written"` // documents, a chunk is one: added and replaced
	Added       int64    `json:"added"`
	Replaced    int64    `json:"replaced"`
	Unchanged   int64    `json:"unchanged"`
	Removed     int64    `json:"removed"`  // chunks of older versions, and of files that are gone
	Repeated    int64    `json:"repeated"` // records whose id had come by before: the later counts
	Rejected    int64    `json:"rejected"`
	Skipped     int64    `json:"skipped_files"`
	Failed      int64    `json:"failed_files"` // not read to their end
	RejectsFile string   `json:"rejects_file,omitempty"`
	Bytes       int64    `json:"bytes"`
	Seconds     float64  `json:"seconds"`
	Rate        float64  `json:"documents_per_second"`
	EmbedShare  *float64 `json:"embed_share,omitempty"` // of the time, in [0, 1]
}

// Report says what was done, also by an import that has failed.
func (im *Importer) Report() Report {
	s, c := im.stats, &im.count
	r := Report{
		Collection: im.to.Collection, Read: s.Read, Added: c.added.Load(), Replaced: c.replaced.Load(),
		Unchanged: c.unchanged.Load(), Removed: c.removed.Load(), Repeated: c.repeated.Load(),
		Rejected: s.Rejected, Skipped: c.skipped.Load(), Failed: s.Failed, RejectsFile: im.rj.written(),
		Bytes: s.Bytes, Seconds: s.Elapsed.Seconds(),
	}
	r.Written = r.Added + r.Replaced
	r.Rate = float64(r.Written+r.Unchanged) / max(r.Seconds, 1e-9)
	if im.meter.Embedder != nil {
		share := im.meter.share(s.Elapsed)
		r.EmbedShare = &share
	}
	return r
}

// String is the report in a line or two.
func (r Report) String() string {
	var s strings.Builder
	took := time.Duration(r.Seconds * float64(time.Second)).Round(time.Millisecond)
	if r.Read == 0 {
		fmt.Fprintf(&s, "%s: nothing to read", r.Collection)
	} else {
		fmt.Fprintf(&s, "%s: read %s, wrote %s in %s (%s/s)", r.Collection, term.Plural(r.Read, "record"), term.Plural(r.Written, "document"), took, humanize.Comma(int64(r.Rate)))
	}
	more := func(n int64, format string, args ...any) {
		if n > 0 {
			fmt.Fprintf(&s, ", "+format, args...)
		}
	}
	more(r.Replaced, "%s of them replaced", humanize.Comma(r.Replaced))
	more(r.Unchanged, "%s unchanged", humanize.Comma(r.Unchanged))
	more(r.Removed, "%s removed", term.Plural(r.Removed, "old chunk"))
	more(r.Repeated, "%s with an id that came before (the later counts)", term.Plural(r.Repeated, "record"))
	more(r.Skipped, "%s of other kinds passed over", term.Plural(r.Skipped, "file"))
	if r.RejectsFile != "" {
		more(r.Rejected, "%s rejected: see %s", humanize.Comma(r.Rejected), r.RejectsFile)
	} else {
		more(r.Rejected, "%s rejected", humanize.Comma(r.Rejected))
	}
	more(r.Failed, "%s not read to the end", term.Plural(r.Failed, "file"))
	return s.String()
}
