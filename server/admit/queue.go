package admit

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fronyai/frony-db/server/problem"
)

// standing is how long a queue must not have been empty to count as overload, and
// not as a burst.
const standing = 100 * time.Millisecond

// strict is how long a queue stays short after it refused a request. Without it
// the queue would alternately grow and be cut.
const strict = time.Second

// QueueOptions bound a queue.
type QueueOptions struct {
	Slots   int           // requests that run at one time
	Waiting int           // requests that wait in a burst
	Wait    time.Duration // how long they wait in a burst
	// Factor is the longest wait under sustained load, as a multiple of the mean
	// time that a request holds its slot.
	Factor float64
	// Refused, if set, is told the code of each refusal.
	Refused func(code string)
}

// Queue lets a number of requests work at one time and a number wait. A burst
// waits as long as it must, up to a limit. A queue that never empties means that
// more arrives than can be done. Then few may wait, none longer than a few times
// the mean request, and the rest are refused at once: a queue that grows answers
// everybody late (Maurer 2015, "Fail at Scale", after CoDel, Nichols and Jacobson
// 2012).
type Queue struct {
	opts    QueueOptions
	slots   chan struct{}
	waiting atomic.Int64

	free atomic.Int64 // when a request last found a slot free, in Unix nanoseconds
	full atomic.Int64 // when one was last refused
	mean atomic.Int64 // moving average of the time that slots are held, in nanoseconds
}

// NewQueue returns a queue.
func NewQueue(o QueueOptions) *Queue {
	return &Queue{opts: o, slots: make(chan struct{}, o.Slots)}
}

// Enter takes a slot; Leave gives it back.
func (q *Queue) Enter(ctx context.Context) *problem.Problem {
	select {
	case q.slots <- struct{}{}:
		q.free.Store(time.Now().UnixNano())
		return nil
	default:
	}
	defer q.waiting.Add(-1)
	waiting, wait := q.limits()
	if q.waiting.Add(1) > waiting {
		return q.Refuse()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-t.C:
		return q.overloaded("no slot became free in time")
	case <-ctx.Done():
		return problem.Refuse(problem.StatusClosed, "cancelled", "the client went away")
	}
}

// EnterStream takes a slot, however long that takes: a stream slows down instead
// of failing.
func (q *Queue) EnterStream(ctx context.Context) error {
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave gives back a slot that was held for a time.
func (q *Queue) Leave(held time.Duration) {
	<-q.slots
	old := q.mean.Load()
	q.mean.Store(old + (int64(held)-old)/16) // a lost update is one sample of many
}

// limits are how many requests may wait, and how long. In overload only so many
// may wait that half of the longest wait is enough for them: a request that is let
// in is nearly always answered, and any other is refused at once.
func (q *Queue) limits() (waiting int64, wait time.Duration) {
	o := &q.opts
	now := time.Now().UnixNano()
	if now-q.free.Load() < int64(standing) && now-q.full.Load() > int64(strict) {
		return int64(o.Waiting), o.Wait
	}
	waiting = min(int64(o.Waiting), max(1, int64(o.Factor/2*float64(cap(q.slots)))))
	return waiting, min(o.Wait, max(time.Millisecond, time.Duration(o.Factor*float64(q.mean.Load()))))
}

// Full reports whether Enter would refuse now.
func (q *Queue) Full() bool {
	if len(q.slots) < cap(q.slots) {
		return false
	}
	waiting, _ := q.limits()
	return q.waiting.Load() >= waiting
}

// Refuse is the problem of a queue that is full.
func (q *Queue) Refuse() *problem.Problem { return q.overloaded("too many requests are waiting") }

func (q *Queue) overloaded(why string) *problem.Problem {
	q.full.Store(time.Now().UnixNano())
	if q.opts.Refused != nil {
		q.opts.Refused("overloaded")
	}
	return problem.Refuse(http.StatusServiceUnavailable, "overloaded", "the server is busy: %s", why).After(1).
		Hint("try again after the time in Retry-After")
}

// Running is the number of requests that hold a slot.
func (q *Queue) Running() int { return len(q.slots) }

// Waiting is the number of requests that wait for a slot.
func (q *Queue) Waiting() int { return int(q.waiting.Load()) }
