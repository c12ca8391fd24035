package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"time"
)

// Options say how long and where the kill loop runs.
type Options struct {
	Dir      string        // a directory for the database, empty or missing
	Duration time.Duration // the loop ends after it, or
	Kills    int           // after this many kills; 0 means no limit
	Seed     uint64
	// Command returns a process that calls Child with the plan.
	Command func(ctx context.Context, p Plan) *exec.Cmd
	// Progress, if set, is called after each kill.
	Progress func(Report)
}

// Report is the result of the test.
type Report struct {
	Seed         uint64  `json:"seed"`
	Kills        int     `json:"kills"`
	Acknowledged int     `json:"acknowledged"` // operations
	Documents    int     `json:"documents"`    // written or deleted by them
	Lost         int     `json:"lost"`         // acknowledged documents that are missing
	Resurrected  int     `json:"resurrected"`  // documents that exist although they were deleted or replaced
	Torn         int     `json:"torn"`         // operations that were done partially
	Wrong        int     `json:"wrong"`        // documents whose text or embedding differs from what was written
	Recall       float64 `json:"recall"`       // recall@10 after restarts, against exact search
	Searches     int     `json:"searches"`     // self-queries that recall is the average of
	Missed       int     `json:"missed"`       // self-queries that did not return their document
	Opened       float64 `json:"open_ms"`      // the longest open after a kill
	Seconds      float64 `json:"seconds"`

	Faults []string `json:"faults,omitempty"` // the first few, in words
}

// OK reports whether the test passed.
func (r *Report) OK() bool {
	return r.Lost == 0 && r.Resurrected == 0 && r.Torn == 0 && r.Wrong == 0 && len(r.Faults) == 0
}

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < 20 {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// loop is a running test.
type loop struct {
	opts Options
	Report
	rng    *rand.Rand
	next   [writers]int   // the first operation that was not acknowledged
	states [writers]state // after the acknowledged ones
	recall float64        // sum
}

// Run kills until the time or the number of kills is reached. An error means that the
// test could not be run.
func Run(ctx context.Context, o Options) (Report, error) {
	l := &loop{opts: o, Report: Report{Seed: o.Seed}, rng: rand.New(rand.NewPCG(o.Seed, 1))}
	for w := range writers {
		l.states[w] = state{}
	}
	start := time.Now()
	for ctx.Err() == nil && len(l.Faults) == 0 && time.Since(start) < o.Duration && (o.Kills == 0 || l.Kills < o.Kills) {
		if err := l.round(ctx); err != nil && ctx.Err() == nil {
			return l.Report, fmt.Errorf("kill %d: %w", l.Kills, err)
		}
		l.Seconds = time.Since(start).Seconds()
		if o.Progress != nil {
			o.Progress(l.Report)
		}
	}
	return l.Report, nil
}

// round starts a child, kills it and verifies what it left.
func (l *loop) round(ctx context.Context) error {
	child, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := l.opts.Command(child, Plan{Dir: l.opts.Dir, Seed: l.Seed, From: l.next})
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := func() { _ = cmd.Process.Kill() }
	opening := l.rng.IntN(8) == 0 // some are killed while they open
	if opening {
		defer time.AfterFunc(time.Duration(l.rng.IntN(100))*time.Millisecond, kill).Stop()
	}
	killed := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "open" {
			killed = true
			defer time.AfterFunc(time.Duration(l.rng.IntN(100))*time.Millisecond, kill).Stop()
			continue
		}
		var w, n int
		if _, err := fmt.Sscan(lines.Text(), &w, &n); err != nil || w < 0 || w >= writers || n != l.next[w] {
			kill()
			_ = cmd.Wait()
			return fmt.Errorf("unexpected output of the child: %q", lines.Text())
		}
		op := operationOf(l.Seed, w, n)
		l.states[w].apply(op, n)
		l.next[w]++
		l.Acknowledged++
		l.Documents += len(op.ids)
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); err == nil || ok && exit.Exited() {
		return fmt.Errorf("the child ended on its own: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	if killed || opening {
		l.Kills++
	}
	return l.verify(ctx)
}
