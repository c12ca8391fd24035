package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// Pipeline is one run from a reader to a store.
type Pipeline struct {
	reader source.Reader
	stages Stages
	opts   Options
	count  counters
}

// New returns a pipeline over r, which stays the caller's to close. Options may
// be nil. It returns ErrOptions.
func New(r source.Reader, stages Stages, opts *Options) (*Pipeline, error) {
	o, err := opts.withDefaults(stages)
	if err != nil {
		return nil, err
	}
	return &Pipeline{reader: r, stages: stages, opts: o}, nil
}

// Run moves all records and returns nil when the last is written. It returns
// the error of the stage that failed first, or the context's; what was written
// until then is written. It may be called once.
func (p *Pipeline) Run(ctx context.Context) error {
	start := time.Now()
	p.count.start.Store(&start)
	defer func() {
		end := time.Now()
		p.count.end.Store(&end)
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	slots := make(chan struct{}, p.opts.Windows)
	windows := make(chan *window, p.opts.Windows)
	var wg sync.WaitGroup
	stage := func(run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	stage(func(ctx context.Context) error {
		defer close(windows)
		return p.read(ctx, slots, windows)
	})
	stage(func(ctx context.Context) error { return wrap("writing", p.write(ctx, slots, windows)) })
	wg.Wait()
	return context.Cause(ctx)
}

// wrap names the stage, but leaves alone what says enough.
func wrap(stage string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*source.FileError](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", stage, err)
}

// read fills windows until the reader has ended.
func (p *Pipeline) read(ctx context.Context, slots chan<- struct{}, windows chan<- *window) error {
	for ended := false; !ended; {
		if err := send(ctx, slots, struct{}{}); err != nil {
			return err
		}
		w := &window{}
		var err error
		if ended, err = p.fill(ctx, w); err != nil {
			return err
		}
		if err := send(ctx, windows, w); err != nil {
			return err
		}
	}
	return nil
}

// fill reads records into w until it is full, and reports whether the reader has
// ended.
func (p *Pipeline) fill(ctx context.Context, w *window) (ended bool, err error) {
	for !w.full(&p.opts) {
		rec, err := p.reader.Next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err == nil {
			p.count.read.Add(1)
			err = p.prepare(ctx, w, rec)
		} else if _, ok := errors.AsType[*source.Reject](err); ok {
			p.count.read.Add(1)
		} else {
			err = wrap("reading", err)
		}
		if err == nil {
			continue
		}
		if reject, ok := errors.AsType[*source.Reject](err); ok {
			w.rejects = append(w.rejects, reject)
		} else if failed, ok := errors.AsType[*source.FileError](err); ok {
			w.failed = append(w.failed, failed)
			return false, nil // tell the caller before the next file is begun
		} else {
			return false, err
		}
	}
	return false, nil
}

// prepare puts what Prepare makes of a record into w.
func (p *Pipeline) prepare(ctx context.Context, w *window, rec source.Record) error {
	if p.stages.Prepare == nil {
		w.add([]source.Record{rec})
		return nil
	}
	pieces, err := p.stages.Prepare(ctx, rec)
	if err != nil {
		return err
	}
	if len(pieces) == 0 {
		p.count.skipped.Add(1)
	}
	w.add(pieces)
	return nil
}

// write writes windows in order, one after the other.
func (p *Pipeline) write(ctx context.Context, slots <-chan struct{}, windows <-chan *window) error {
	for {
		w, ok, err := receive(ctx, windows)
		if err != nil || !ok {
			return err
		}
		if err := p.store(ctx, w); err != nil {
			return err
		}
		<-slots // never waits: the window holds one
	}
}

// store writes one window and tells of what was rejected.
func (p *Pipeline) store(ctx context.Context, w *window) error {
	if len(w.records) > 0 {
		stored, rejects, err := p.stages.Write(ctx, w.records)
		p.count.written.Add(int64(stored))
		if err != nil {
			return err
		}
		w.rejects = append(w.rejects, rejects...)
	}
	for _, reject := range w.rejects {
		p.count.rejected.Add(1)
		if p.stages.Reject == nil {
			continue
		}
		if err := p.stages.Reject(reject); err != nil {
			return fmt.Errorf("reporting a rejected record: %w", err)
		}
	}
	for _, failed := range w.failed {
		p.count.failed.Add(1)
		if p.stages.Failed == nil {
			return failed
		}
		if err := p.stages.Failed(failed); err != nil {
			return err
		}
	}
	return nil
}

// send sends v, or returns the context's error.
func send[T any](ctx context.Context, ch chan<- T, v T) error {
	select {
	case ch <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// receive receives a value; ok is false when the channel is closed.
func receive[T any](ctx context.Context, ch <-chan T) (v T, ok bool, err error) {
	select {
	case v, ok = <-ch:
		return v, ok, nil
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
}
