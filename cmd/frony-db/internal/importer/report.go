package importer

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

// counters count what became of documents; a chunk counts as one.
type counters struct {
	added, replaced, unchanged atomic.Int64
	removed                    atomic.Int64 // chunks of previous versions
	repeated                   atomic.Int64 // records with the id of an earlier one
	skipped                    atomic.Int64 // files of a folder that were not read
	unread                     atomic.Int64 // folders and files that can't be read
}

// Report says what an import has done. Its JSON is printed by import --json.
type Report struct {
	Collection  string   `json:"collection"`
	Read        int64    `json:"read"`    // records
	Written     int64    `json:"written"` // documents (a chunk counts as one): added and replaced
	Added       int64    `json:"added"`
	Replaced    int64    `json:"replaced"`
	Unchanged   int64    `json:"unchanged"`
	Removed     int64    `json:"removed"`  // chunks of previous versions and of removed files
	Repeated    int64    `json:"repeated"` // records with the id of an earlier one, which they replace
	Rejected    int64    `json:"rejected"`
	Skipped     int64    `json:"skipped_files"`
	Failed      int64    `json:"failed_files"` // not read to the end
	Unread      int64    `json:"unread"`       // folders that can't be listed and files that can't be looked at
	RejectsFile string   `json:"rejects_file,omitempty"`
	Bytes       int64    `json:"bytes"`
	Seconds     float64  `json:"seconds"`
	Rate        float64  `json:"documents_per_second"`
	EmbedShare  *float64 `json:"embed_share,omitempty"` // fraction of the time spent embedding
	// Notes say what was guessed or changed in the files. MoreNotes counts those beyond
	// the first maxNotes.
	Notes     []source.Note `json:"notes,omitempty"`
	MoreNotes int64         `json:"more_notes,omitempty"`
}

// Complete reports whether everything was read and taken.
func (r Report) Complete() bool { return r.Rejected+r.Failed+r.Unread == 0 }

// Report says what the import has done, even if it failed.
func (im *Importer) Report() Report {
	s, c := im.stats, &im.count
	r := Report{
		Collection: im.to.Collection, Read: s.Read, Added: c.added.Load(), Replaced: c.replaced.Load(),
		Unchanged: c.unchanged.Load(), Removed: c.removed.Load(), Repeated: c.repeated.Load(),
		Rejected: s.Rejected, Skipped: c.skipped.Load(), Failed: s.Failed, Unread: c.unread.Load(), RejectsFile: im.rj.written(),
		Bytes: s.Bytes, Seconds: s.Elapsed.Seconds(),
	}
	r.Notes, r.MoreNotes = im.notes.all()
	r.Written = r.Added + r.Replaced
	r.Rate = float64(r.Written+r.Unchanged) / max(r.Seconds, 1e-9)
	if im.meter.Embedder != nil {
		share := im.meter.share(s.Elapsed)
		r.EmbedShare = &share
	}
	return r
}

// String is the report on one line.
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
	more(r.Repeated, "%s with the id of an earlier one (the later wins)", term.Plural(r.Repeated, "record"))
	more(r.Skipped, "%s of other types skipped", term.Plural(r.Skipped, "file"))
	if r.RejectsFile != "" {
		more(r.Rejected, "%s rejected: see %s", humanize.Comma(r.Rejected), r.RejectsFile)
	} else {
		more(r.Rejected, "%s rejected", humanize.Comma(r.Rejected))
	}
	more(r.Failed, "%s not read to the end", term.Plural(r.Failed, "file"))
	more(r.Unread, "%s unreadable", term.Plural(r.Unread, "folder or file"))
	return s.String()
}
