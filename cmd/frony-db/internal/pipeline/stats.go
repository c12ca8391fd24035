package pipeline

import (
	"sync/atomic"
	"time"
)

// Stats say how far a run has got.
type Stats struct {
	Read     int64 // records that the reader gave, rejects among them
	Skipped  int64 // records that Prepare made nothing of
	Written  int64 // records and pieces that were stored
	Rejected int64 // records that were not taken
	Failed   int64 // files that could not be read to their end

	Bytes int64 // bytes read of the files, as they are on disk
	Size  int64 // bytes of all files, -1 if unknown

	Elapsed time.Duration // since Run began, until it ended
}

// counters are Stats while they are counted.
type counters struct {
	read, skipped, written, rejected, failed atomic.Int64
	start, end                               atomic.Pointer[time.Time]
}

// Stats returns the counters as they stand. Any goroutine may call it.
func (p *Pipeline) Stats() Stats {
	c := &p.count
	s := Stats{
		Read: c.read.Load(), Skipped: c.skipped.Load(), Written: c.written.Load(),
		Rejected: c.rejected.Load(), Failed: c.failed.Load(),
		Bytes: p.reader.BytesRead(), Size: p.reader.Size(),
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
