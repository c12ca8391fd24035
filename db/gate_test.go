package db

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// An operation inside that begins another, as a loop over Scan does, must not
// wait for a pause that waits for it.
func TestGateNested(t *testing.T) {
	g := newGate()
	if err := g.enter(); err != nil {
		t.Fatal(err)
	}
	paused := make(chan error, 1)
	go func() { paused <- g.pause(t.Context()) }()
	time.Sleep(patience / 5) // the pause holds by now, most likely
	again := make(chan error, 1)
	go func() { again <- g.enter() }()
	select {
	case err := <-again:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("an operation within an operation waits for the pause, which waits for it")
	}
	g.leave()
	g.leave()
	if err := <-paused; err != nil {
		t.Fatal(err)
	}
	entered := make(chan error, 1)
	go func() { entered <- g.enter() }()
	select {
	case err := <-entered:
		t.Error("an operation came in during a pause", err)
	case <-time.After(2 * patience):
	}
	g.resume()
	if err := <-entered; err != nil {
		t.Error(err)
	}
}

func TestGatePauseEnds(t *testing.T) {
	g := newGate()
	if err := g.enter(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if err := g.pause(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a pause that was cancelled returned %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if !g.close() {
			t.Error("closed twice")
		}
	})
	for g.enter() == nil { // until the gate is shut
		g.leave()
	}
	if err := g.pause(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("a pause of a closed gate returned %v", err)
	}
	g.again() // what is inside may still go on in the background
	g.leave()
	g.leave()
	wg.Wait()
}
