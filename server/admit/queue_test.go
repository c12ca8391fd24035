package admit_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fronyai/frony-db/server/admit"
)

// client enters the queue, holds its slot for a time, and leaves.
func client(t *testing.T, q *admit.Queue, hold time.Duration) (waited time.Duration, ok bool) {
	t.Helper()
	arrived := time.Now()
	p := q.Enter(t.Context())
	waited = time.Since(arrived)
	if p != nil {
		if p.Detail.Code != "overloaded" || p.GetHeaders().Get("Retry-After") == "" {
			t.Error(p, p.GetHeaders())
		}
		return waited, false
	}
	time.Sleep(hold)
	q.Leave(hold)
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
				if _, ok := client(t, q, 300*time.Millisecond); ok {
					answered.Add(1)
				}
			}()
			synctest.Wait()
		}
		if !q.Full() || q.Running() != 2 || q.Waiting() != 4 || refused.Load() != 1 {
			t.Errorf("full %v, %d running, %d waiting, %d refused", q.Full(), q.Running(), q.Waiting(), refused.Load())
		}
		time.Sleep(2 * time.Second)
		if answered.Load() != 6 || q.Full() || q.Running() != 0 || q.Waiting() != 0 {
			t.Errorf("%d answered, %d running, %d waiting", answered.Load(), q.Running(), q.Waiting())
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
			client(t, q, hold)
		}
		time.Sleep(time.Second)
		end := time.Now().Add(5 * time.Second)
		var answered, refused atomic.Int64
		for range 50 {
			go func() {
				for time.Now().Before(end) {
					waited, ok := client(t, q, hold)
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
		if _, ok := client(t, q, hold); !ok {
			t.Error("refused when the load was over")
		}
		for range 60 { // a burst again
			go client(t, q, hold)
		}
		synctest.Wait()
		if q.Waiting() < 50 {
			t.Errorf("only %d wait in a burst", q.Waiting())
		}
		time.Sleep(2 * time.Second)
	})
}
