package importer

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/pipeline"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

// watchProgress shows the progress of a run until stop is called.
func (im *Importer) watchProgress(p *pipeline.Pipeline) (stop func()) {
	if im.o.Quiet {
		return func() {}
	}
	bar := term.NewByteProgress(im.o.Messages, im.o.Label, max(p.Stats().Size, 0))
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

// detail is the text next to the progress in bytes.
func (im *Importer) detail(s pipeline.Stats) string {
	rate := float64(s.Written) / max(s.Elapsed.Seconds(), 1e-9)
	d := fmt.Sprintf("%s, %s/s", term.Plural(s.Written, "document"), humanize.Comma(int64(rate)))
	if s.Rejected > 0 {
		d += fmt.Sprintf(", %s rejected", humanize.Comma(s.Rejected))
	}
	if share := im.meter.share(s.Elapsed); share > 0 {
		d += fmt.Sprintf(", embedding %.0f%%", 100*share)
	}
	return d
}
