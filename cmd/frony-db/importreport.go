package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/pipeline"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

// importCounters count what has become of documents (a chunk is one).
type importCounters struct {
	added, replaced, unchanged atomic.Int64
	removed                    atomic.Int64 // chunks of older versions
	repeated                   atomic.Int64 // records whose id had come by before
	skipped                    atomic.Int64 // files of a folder that were passed over
}

// importReport is what import prints with --json.
type importReport struct {
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

func (im *importer) summary() importReport {
	s, c := im.stats, &im.count
	r := importReport{
		Collection: im.collection, Read: s.Read, Added: c.added.Load(), Replaced: c.replaced.Load(),
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

// report prints what was done, also of an import that has failed, and returns
// errRejects if not every record was taken.
func (im *importer) report(failed error) error {
	r := im.summary()
	if failed != nil && r.Read == 0 {
		return nil
	}
	var err error
	if im.json {
		err = im.printJSON(r)
	} else {
		_, err = fmt.Fprintln(im.out, r)
	}
	if err == nil && failed == nil && r.Rejected+r.Failed > 0 {
		err = errRejects
	}
	return err
}

// String is the report in a line or two.
func (r importReport) String() string {
	var s strings.Builder
	took := time.Duration(r.Seconds * float64(time.Second)).Round(time.Millisecond)
	if r.Read == 0 {
		fmt.Fprintf(&s, "%s: nothing to read", r.Collection)
	} else {
		fmt.Fprintf(&s, "%s: read %s, wrote %s in %s (%s/s)", r.Collection, plural(r.Read, "record"), plural(r.Written, "document"), took, humanize.Comma(int64(r.Rate)))
	}
	more := func(n int64, format string, args ...any) {
		if n > 0 {
			fmt.Fprintf(&s, ", "+format, args...)
		}
	}
	more(r.Replaced, "%s of them replaced", humanize.Comma(r.Replaced))
	more(r.Unchanged, "%s unchanged", humanize.Comma(r.Unchanged))
	more(r.Removed, "%s removed", plural(r.Removed, "old chunk"))
	more(r.Repeated, "%s with an id that came before (the later counts)", plural(r.Repeated, "record"))
	more(r.Skipped, "%s of other kinds passed over", plural(r.Skipped, "file"))
	if r.RejectsFile != "" {
		more(r.Rejected, "%s rejected: see %s", humanize.Comma(r.Rejected), r.RejectsFile)
	} else {
		more(r.Rejected, "%s rejected", humanize.Comma(r.Rejected))
	}
	more(r.Failed, "%s not read to the end", plural(r.Failed, "file"))
	return s.String()
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return humanize.Comma(n) + " " + what + "s"
}

// watchProgress shows how far a run is, until stop is called.
func (im *importer) watchProgress(p *pipeline.Pipeline, label string) (stop func()) {
	if im.quiet {
		return func() {}
	}
	bar := term.NewByteProgress(im.err, label, max(p.Stats().Size, 0))
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		var seen int64
		show := func() {
			s := p.Stats()
			bar.SetDetail(im.detail(s))
			bar.Add(s.Bytes - seen)
			seen = s.Bytes
		}
		for {
			select {
			case <-end:
				show()
				bar.Finish()
				return
			case <-tick.C:
				show()
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// detail is what the progress says beside the bytes.
func (im *importer) detail(s pipeline.Stats) string {
	rate := float64(s.Written) / max(s.Elapsed.Seconds(), 1e-9)
	d := fmt.Sprintf("%s, %s/s", plural(s.Written, "document"), humanize.Comma(int64(rate)))
	if s.Rejected > 0 {
		d += fmt.Sprintf(", %s rejected", humanize.Comma(s.Rejected))
	}
	if share := im.meter.share(s.Elapsed); share > 0 {
		d += fmt.Sprintf(", embedding %.0f%%", 100*share)
	}
	return d
}
