package term

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	lineEvery   = 5 * time.Second        // between plain lines
	redrawEvery = 100 * time.Millisecond // between drawings of the bar
	barWidth    = 24
)

// Progress shows the progress of a task: as a bar on a terminal, elsewhere as a plain
// line every few seconds, and finally as one last line. It is safe for concurrent use.
//
// Nothing else should write to the terminal between NewProgress and Finish.
type Progress struct {
	w     io.Writer
	label string
	count func(int64) string // formats a count: 4,500 or 4.4 MiB
	began time.Time
	bars  *mpb.Progress // nil: plain lines
	bar   *mpb.Bar

	mu     sync.Mutex // guards what follows
	n      int64
	total  int64 // at most 0: unknown
	detail string
	wrote  time.Time // the last plain line
	done   bool
}

// NewProgress begins at 0 of total, which is unknown if it is 0 or less. The label
// names the task, such as "importing docs.jsonl". Finish must be called at the end,
// even after an error.
func NewProgress(w io.Writer, label string, total int64) *Progress {
	return newProgress(w, label, total, humanize.Comma, drawable(w))
}

// NewByteProgress is NewProgress for a number of bytes.
func NewByteProgress(w io.Writer, label string, total int64) *Progress {
	return newProgress(w, label, total, byteCount, drawable(w))
}

// drawable reports whether a bar can be redrawn. A dumb terminal can't move back.
func drawable(w io.Writer) bool { return IsTerminal(w) && os.Getenv("TERM") != "dumb" }

func byteCount(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func newProgress(w io.Writer, label string, total int64, count func(int64) string, terminal bool) *Progress {
	now := time.Now()
	p := &Progress{w: w, label: Clean(label), count: count, total: total, began: now, wrote: now}
	if !terminal {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh(), mpb.WithRefreshRate(redrawEvery))
	// A bar with a total ends when it is reached. This one ends with Finish, since totals
	// are often estimates.
	p.bar = p.bars.New(0, mpb.BarStyle(), // ASCII: one column each, in every locale
		mpb.BarWidth(barWidth),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return p.label })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return p.status() })),
	)
	p.bar.SetTotal(total, false)
	return p
}

// Add counts n more.
func (p *Progress) Add(n int64) {
	p.mu.Lock()
	p.n += n
	if p.bar == nil && !p.done {
		p.line()
	}
	p.mu.Unlock()
	if p.bar != nil {
		p.bar.IncrInt64(n)
	}
}

// SetDetail shows a text after the figures, such as the current file.
func (p *Progress) SetDetail(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.detail = Cut(s, 3*barWidth)
}

// Finish removes the bar and writes the last line, with the count and the time.
// Further calls do nothing.
func (p *Progress) Finish() {
	p.mu.Lock()
	finished := p.done
	p.done = true
	p.mu.Unlock()
	if finished {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true) // draws without p.mu held: status takes it
		p.bars.Wait()
	}
	took := time.Since(p.began)
	p.mu.Lock()
	defer p.mu.Unlock()
	count := p.count(p.n)
	if p.n < p.total {
		count = "stopped at " + count + " of " + p.count(p.total)
	}
	fmt.Fprintf(p.w, "%s: %s in %s%s\n", p.label, count, short(took), p.rate(took))
}

// line writes a plain line if the last one was long ago.
func (p *Progress) line() {
	now := time.Now()
	if now.Sub(p.wrote) < lineEvery {
		return
	}
	p.wrote = now
	fmt.Fprintf(p.w, "%s: %s\n", p.label, p.figures(now.Sub(p.began)))
}

// status is the figures next to the bar.
func (p *Progress) status() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.figures(time.Since(p.began))
}

// figures is what is known: 4,500 of 10,000 (45%), 1,234/s, 4s left, detail.
func (p *Progress) figures(took time.Duration) string {
	var s strings.Builder
	s.WriteString(p.count(p.n))
	if p.total > 0 && p.n <= p.total {
		fmt.Fprintf(&s, " of %s (%d%%)", p.count(p.total), int(100*float64(p.n)/float64(p.total)))
	}
	s.WriteString(p.rate(took))
	if p.n > 0 && p.n < p.total {
		left := time.Duration(float64(took) / float64(p.n) * float64(p.total-p.n))
		s.WriteString(", " + left.Round(time.Second).String() + " left")
	}
	if p.detail != "" {
		s.WriteString(", " + p.detail)
	}
	return s.String()
}

// rate is the count per second, or empty while it means nothing.
func (p *Progress) rate(took time.Duration) string {
	if took <= 0 || p.n <= 0 {
		return ""
	}
	perSecond := float64(p.n) / took.Seconds()
	if perSecond < 10 {
		return fmt.Sprintf(", %.1f/s", perSecond)
	}
	return ", " + p.count(int64(perSecond)) + "/s"
}

// short formats a duration.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
