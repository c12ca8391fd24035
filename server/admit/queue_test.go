package admit_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fronyai/frony-db/server/admit"
	"github.com/fronyai/frony-db/server/problem"
)

// visit enters the queue as a client, holds its slot for a time, and leaves.
func visit(t *testing.T, q *admit.Queue, name string, hold time.Duration) (waited time.Duration, ok bool) {
	t.Helper()
	arrived := time.Now()
	p := q.Enter(t.Context(), name)
	waited = time.Since(arrived)
	if p != nil {
		if p.Detail.Code != "overloaded" || p.GetHeaders().Get("Retry-After") == "" {
			t.Error(p, p.GetHeaders())
		}
		return waited, false
	}
	time.Sleep(hold)
	q.Leave(name, hold)
	return waited, true
}

// A burst is answered whole, however long that takes, up to the limits.
func TestQueueBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Int64
		q := admit.NewQueue(admit.QueueOptions{Slots: 2, Waiting: 4, Wait: time.Second, Factor: 4, Refused: func(string) { refused.Add(1) }})
		var answered atomic.Int64
		for range 7 {
			go func() {
				if _, ok := visit(t, q, "a", 300*time.Millisecond); ok {
					answered.Add(1)
				}
			}()
			synctest.Wait()
		}
		if !q.Full("a") || q.Running() != 2 || q.Waiting() != 4 || refused.Load() != 1 {
			t.Errorf("full %v, %d running, %d waiting, %d refused", q.Full("a"), q.Running(), q.Waiting(), refused.Load())
		}
		time.Sleep(2 * time.Second)
		if answered.Load() != 6 || q.Full("a") || q.Running() != 0 || q.Waiting() != 0 {
			t.Errorf("%d answered, %d running, %d waiting", answered.Load(), q.Running(), q.Waiting())
		}
	})
}

// One request that holds the slot for long is no overload: the next one waits for it.
func TestQueueOutlier(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.NewQueue(admit.QueueOptions{Slots: 1, Waiting: 64, Wait: time.Second, Factor: 4})
		for range 200 {
			visit(t, q, "a", time.Millisecond)
		}
		go visit(t, q, "a", 500*time.Millisecond)
		time.Sleep(200 * time.Millisecond)
		if waited, ok := visit(t, q, "a", time.Millisecond); !ok || waited != 300*time.Millisecond {
			t.Errorf("answered %v after %s", ok, waited)
		}
	})
}

// Under sustained load a request waits no longer than Factor times the mean
// request, and the rest are refused at once. When the load ends, so does that.
func TestQueueOverload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hold, factor = 10 * time.Millisecond, 4
		q := admit.NewQueue(admit.QueueOptions{Slots: 2, Waiting: 64, Wait: time.Second, Factor: factor})
		for range 200 { // the mean is known
			visit(t, q, "a", hold)
		}
		time.Sleep(time.Second)
		end := time.Now().Add(5 * time.Second)
		var answered, refused atomic.Int64
		for range 50 {
			go func() {
				for time.Now().Before(end) {
					waited, ok := visit(t, q, "a", hold)
					if ok {
						answered.Add(1)
					} else {
						refused.Add(1)
						time.Sleep(hold)
					}
					if late := time.Since(end) > -4*time.Second; late && waited > factor*hold {
						t.Errorf("a request waited %s", waited)
					}
				}
			}()
		}
		time.Sleep(4 * time.Second)
		if q.Waiting() > factor {
			t.Errorf("%d wait", q.Waiting())
		}
		time.Sleep(3 * time.Second)
		if most := int64(2 * 5 * time.Second / hold); answered.Load() < most*9/10 || refused.Load() < 1000 {
			t.Errorf("%d answered of %d, %d refused", answered.Load(), most, refused.Load())
		}
		if _, ok := visit(t, q, "a", hold); !ok {
			t.Error("refused when the load was over")
		}
		for range 60 { // a burst again
			go visit(t, q, "a", hold)
		}
		synctest.Wait()
		if q.Waiting() < 50 {
			t.Errorf("only %d wait in a burst", q.Waiting())
		}
		time.Sleep(2 * time.Second)
	})
}

// A client that sends much at a time leaves others their turn, in overload as well, and
// as many that send one each are treated alike.
func TestQueueTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hold = 10 * time.Millisecond
		q := admit.NewQueue(admit.QueueOptions{Slots: 1, Waiting: 64, Wait: time.Second, Factor: 4})
		visit(t, q, "a", hold) // the mean is known
		end := time.Now().Add(5 * time.Second)
		var greedy, modest, refused atomic.Int64
		longest := make(chan time.Duration, 1)
		for range 64 {
			go func() {
				for time.Now().Before(end) {
					if _, ok := visit(t, q, "greedy", hold); ok {
						greedy.Add(1)
					}
					time.Sleep(time.Millisecond)
				}
			}()
		}
		go func() {
			most := time.Duration(0)
			defer func() { longest <- most }()
			for time.Now().Before(end) {
				waited, ok := visit(t, q, "modest", hold)
				if most = max(most, waited); ok {
					modest.Add(1)
				} else {
					refused.Add(1)
				}
				time.Sleep(hold)
			}
		}()
		time.Sleep(7 * time.Second)
		if most := <-longest; refused.Load() > 0 || most > 2*hold {
			t.Errorf("the modest client was refused %d times and waited up to %s", refused.Load(), most)
		}
		if modest.Load() < 100 || greedy.Load() < 200 {
			t.Errorf("%d and %d answered", modest.Load(), greedy.Load())
		}
		if q.Running() != 0 || q.Waiting() != 0 || q.Full("a") {
			t.Errorf("%d running, %d waiting", q.Running(), q.Waiting())
		}
	})
}

// Who gives up leaves nothing behind, a stream is never displaced, and a request that is
// gets its answer at once.
func TestQueueLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.NewQueue(admit.QueueOptions{Slots: 1, Waiting: 1, Wait: time.Hour, Factor: 4})
		if p := q.Enter(t.Context(), "a"); p != nil {
			t.Fatal(p)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stream := make(chan error, 1)
		go func() { stream <- q.EnterStream(ctx, "a") }()
		synctest.Wait()
		if q.Waiting() != 0 {
			t.Error("a stream takes the place of another request")
		}
		first := make(chan *problem.Problem, 1)
		go func() { first <- q.Enter(t.Context(), "a") }()
		synctest.Wait()
		second := make(chan *problem.Problem, 1)
		go func() { second <- q.Enter(t.Context(), "b") }()
		synctest.Wait()
		if p := <-first; p == nil || p.Detail.Code != "overloaded" {
			t.Errorf("not displaced: %v", p)
		}
		if p := q.Enter(t.Context(), "c"); p == nil {
			t.Error("a third client takes the place of one that has no more than itself")
		}
		cancel()
		if err := <-stream; err == nil {
			t.Error("a stream that went away has a slot")
		}
		q.Leave("a", time.Millisecond)
		if p := <-second; p != nil {
			t.Error(p)
		}
		q.Leave("b", time.Millisecond)
		if q.Running() != 0 || q.Waiting() != 0 {
			t.Errorf("%d running, %d waiting", q.Running(), q.Waiting())
		}
	})
}
