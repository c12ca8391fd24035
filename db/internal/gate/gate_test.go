package gate

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

var errClosed = errors.New("closed")

// An operation inside that begins another, as a loop over Scan does, must not
// wait for a pause that waits for it.
func TestGateNested(t *testing.T) {
	g := New(errClosed)
	if err := g.Enter(); err != nil {
		t.Fatal(err)
	}
	paused := make(chan error, 1)
	go func() { paused <- g.Pause(t.Context()) }()
	time.Sleep(firstWait / 5) // the pause holds by now, most likely
	again := make(chan error, 1)
	go func() { again <- g.Enter() }()
	select {
	case err := <-again:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("an operation within an operation waits for the pause, which waits for it")
	}
	g.Leave()
	g.Leave()
	if err := <-paused; err != nil {
		t.Fatal(err)
	}
	entered := make(chan error, 1)
	go func() { entered <- g.Enter() }()
	select {
	case err := <-entered:
		t.Error("an operation came in during a pause", err)
	case <-time.After(2 * firstWait):
	}
	g.Resume()
	if err := <-entered; err != nil {
		t.Error(err)
	}
}

func TestGatePauseEnds(t *testing.T) {
	g := New(errClosed)
	if err := g.Enter(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*firstWait)
	defer cancel()
	if err := g.Pause(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a pause that was cancelled returned %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if !g.Close() {
			t.Error("closed twice")
		}
	})
	for g.Enter() == nil { // until the gate is shut
		g.Leave()
	}
	if err := g.Pause(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("a pause of a closed gate returned %v", err)
	}
	g.Leave()
	wg.Wait()
}

// A pause gets its turn although operations always take longer than its first
// wait, and follow each other without a gap.
func TestPauseWaitsLonger(t *testing.T) {
	g := New(errClosed)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if g.Enter() != nil {
					return
				}
				time.Sleep(3 * firstWait)
				g.Leave()
			}
		})
	}
	if err := g.Pause(t.Context()); err != nil {
		t.Error(err)
	}
	g.Resume()
	close(stop)
	wg.Wait()
}
