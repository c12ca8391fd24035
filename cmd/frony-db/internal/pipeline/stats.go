package pipeline

import (
	"sync/atomic"
	"time"
)

// Stats say how far a run is.
type Stats struct {
	Read     int64 // records that the reader gave, rejects among them
	Skipped  int64 // records of which Prepare made nothing
	Pieces   int64 // what Prepare made of the others
	Embedded int64 // pieces that Embed has embedded
	Written  int64 // pieces that were stored
	Rejected int64 // records that were not taken
	Failed   int64 // files that could not be read to their end

	Bytes int64 // bytes read of the files as they lie on disk
	Size  int64 // bytes of all files, -1 if unknown

	Elapsed   time.Duration // since Run began, until it ended
	ReadBusy  time.Duration // spent reading and in Prepare
	EmbedBusy time.Duration // spent in Embed, over all embedders
	WriteBusy time.Duration // spent in Write
	embedders int
}

// EmbedShare is the part of the time that the embedders were busy, in [0, 1].
func (s Stats) EmbedShare() float64 {
	if s.Elapsed <= 0 || s.embedders == 0 {
		return 0
	}
	return min(1, float64(s.EmbedBusy)/float64(s.Elapsed)/float64(s.embedders))
}

// Remaining estimates the time to the end by the bytes read; false if it can't
// be told yet.
func (s Stats) Remaining() (time.Duration, bool) {
	if s.Size <= 0 || s.Bytes <= 0 || s.Elapsed <= 0 {
		return 0, false
	}
	left := max(0, s.Size-s.Bytes)
	return time.Duration(float64(s.Elapsed) * float64(left) / float64(s.Bytes)), true
}

// counters are Stats while they are counted.
type counters struct {
	read, skipped, pieces, embedded, written, rejected, failed atomic.Int64
	readBusy, embedBusy, writeBusy                             atomic.Int64
	start, end                                                 atomic.Pointer[time.Time]
}

// busy adds the time since start to a counter.
func busy(c *atomic.Int64, start time.Time) { c.Add(int64(time.Since(start))) }

// Stats returns the counters as they stand. Any goroutine may call it.
func (p *Pipeline) Stats() Stats {
	c := &p.count
	s := Stats{
		Read: c.read.Load(), Skipped: c.skipped.Load(), Pieces: c.pieces.Load(), Embedded: c.embedded.Load(),
		Written: c.written.Load(), Rejected: c.rejected.Load(), Failed: c.failed.Load(),
		Bytes: p.reader.BytesRead(), Size: p.reader.Size(),
		ReadBusy:  time.Duration(c.readBusy.Load()),
		EmbedBusy: time.Duration(c.embedBusy.Load()),
		WriteBusy: time.Duration(c.writeBusy.Load()),
		embedders: p.opts.Embedders,
	}
	if start := c.start.Load(); start != nil {
		if end := c.end.Load(); end != nil {
			s.Elapsed = end.Sub(*start)
		} else {
			s.Elapsed = time.Since(*start)
		}
	}
	return s
}
