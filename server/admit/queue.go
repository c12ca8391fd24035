package admit

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
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
//
// Clients take turns. A slot goes to the one that has fewest, and a place in a full
// queue from the one that has most: who sends more at a time is not served more.
type Queue struct {
	opts QueueOptions

	mu      sync.Mutex // guards the fields below
	running int
	waiting int
	clients map[string]*client
	turns   []*client // those that wait, in the order of their turns

	empty int64 // when a request last came and nobody waited, in Unix nanoseconds
	full  int64 // when one was last refused
	mean  int64 // moving average of the time that slots are held, in nanoseconds
	known bool  // mean has begun
}

// client is somebody who has requests in the queue.
type client struct {
	name    string
	running int
	waiting []*place // in order
}

// place is a request that waits.
type place struct {
	// admitted is told whether the request has a slot, or was refused for another one.
	admitted chan bool
	stream   bool // it waits however long that takes
}

// NewQueue returns a queue.
func NewQueue(o QueueOptions) *Queue {
	return &Queue{opts: o, clients: map[string]*client{}}
}

// Enter takes a slot for a client; Leave gives it back.
func (q *Queue) Enter(ctx context.Context, name string) *problem.Problem {
	q.mu.Lock()
	if q.waiting == 0 { // one slow request is no overload, and the next one may wait for it
		q.empty = time.Now().UnixNano()
	}
	if q.running < q.opts.Slots {
		q.take(q.client(name))
		q.mu.Unlock()
		return nil
	}
	waiting, wait := q.limits()
	if q.waiting >= waiting && !q.displace(name) {
		q.mu.Unlock()
		return q.Refuse()
	}
	p := q.wait(name, false)
	q.mu.Unlock()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case admitted := <-p.admitted:
		if !admitted {
			return q.overloaded("another client's request waits in its place")
		}
		return nil
	case <-t.C:
		if q.giveUp(name, p) {
			return q.overloaded("no slot became free in time")
		}
	case <-ctx.Done():
		if q.giveUp(name, p) {
			return problem.Refuse(problem.StatusClosed, "cancelled", "the client went away")
		}
	}
	if !<-p.admitted { // it was told just now
		return q.overloaded("another client's request waits in its place")
	}
	return nil
}

// EnterStream takes a slot, however long that takes: a stream slows down instead
// of failing.
func (q *Queue) EnterStream(ctx context.Context, name string) error {
	q.mu.Lock()
	if q.running < q.opts.Slots {
		q.take(q.client(name))
		q.mu.Unlock()
		return nil
	}
	p := q.wait(name, true)
	q.mu.Unlock()
	select {
	case <-p.admitted:
		return nil
	case <-ctx.Done():
		if q.giveUp(name, p) {
			return ctx.Err()
		}
		return nil // it has a slot since just now
	}
}

// Leave gives back the slot that a client held for a time.
func (q *Queue) Leave(name string, held time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mean += (int64(held) - q.mean) / 16; !q.known {
		q.mean, q.known = int64(held), true
	}
	q.running--
	c := q.clients[name]
	c.running--
	q.forget(c)
	if len(q.turns) == 0 {
		return
	}
	next := slices.MinFunc(q.turns, func(a, b *client) int { return cmp.Compare(a.running, b.running) })
	p := next.waiting[0]
	q.remove(next, 0)
	if len(next.waiting) > 0 { // its next turn comes after the others'
		at := slices.Index(q.turns, next)
		q.turns = append(slices.Delete(q.turns, at, at+1), next)
	}
	q.take(next)
	p.admitted <- true
}

// client finds a client, or makes it. The caller holds q.mu, here and below.
func (q *Queue) client(name string) *client {
	c := q.clients[name]
	if c == nil {
		c = &client{name: name}
		q.clients[name] = c
	}
	return c
}

// forget drops a client that has no requests here.
func (q *Queue) forget(c *client) {
	if c.running == 0 && len(c.waiting) == 0 {
		delete(q.clients, c.name)
	}
}

func (q *Queue) take(c *client) {
	q.running++
	c.running++
}

// wait gives a client a place in the queue.
func (q *Queue) wait(name string, stream bool) *place {
	c := q.client(name)
	p := &place{admitted: make(chan bool, 1), stream: stream}
	if c.waiting = append(c.waiting, p); len(c.waiting) == 1 {
		q.turns = append(q.turns, c)
	}
	if !stream {
		q.waiting++
	}
	return p
}

// remove takes away a place.
func (q *Queue) remove(c *client, at int) {
	if !c.waiting[at].stream {
		q.waiting--
	}
	if c.waiting = slices.Delete(c.waiting, at, at+1); len(c.waiting) == 0 {
		i := slices.Index(q.turns, c)
		q.turns = slices.Delete(q.turns, i, i+1)
	}
}

// giveUp takes away a place. It is false if the place was told something before.
func (q *Queue) giveUp(name string, p *place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.clients[name]
	if c == nil {
		return false
	}
	at := slices.Index(c.waiting, p)
	if at < 0 {
		return false
	}
	q.remove(c, at)
	q.forget(c)
	return true
}

// displace refuses the last request of the client that has most, if a client has so
// few that it should have the place.
func (q *Queue) displace(name string) bool {
	c, at := q.greedy(name)
	if c == nil {
		return false
	}
	p := c.waiting[at]
	q.remove(c, at)
	q.forget(c)
	p.admitted <- false
	return true
}

// greedy is the client with most requests, and the last of them that waits and may be
// refused, if that would leave it no fewer than a client gets. Otherwise it is nil.
func (q *Queue) greedy(name string) (greedy *client, at int) {
	own := 0
	if c := q.clients[name]; c != nil {
		own = c.running + len(c.waiting)
	}
	most := own + 1
	for _, c := range q.turns {
		last := len(c.waiting) - 1
		for last >= 0 && c.waiting[last].stream {
			last--
		}
		if n := c.running + len(c.waiting); last >= 0 && n > most {
			greedy, at, most = c, last, n
		}
	}
	return greedy, at
}

// limits are how many requests may wait, and how long. In overload only so many
// may wait that half of the longest wait is enough for them: a request that is let
// in is nearly always answered, and any other is refused at once.
func (q *Queue) limits() (waiting int, wait time.Duration) {
	o := &q.opts
	now := time.Now().UnixNano()
	if now-q.empty < int64(standing) && now-q.full > int64(strict) {
		return o.Waiting, o.Wait
	}
	waiting = min(o.Waiting, max(1, int(o.Factor/2*float64(o.Slots))))
	return waiting, min(o.Wait, max(time.Millisecond, time.Duration(o.Factor*float64(q.mean))))
}

// Full reports whether Enter would refuse a client now.
func (q *Queue) Full(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running < q.opts.Slots {
		return false
	}
	if waiting, _ := q.limits(); q.waiting < waiting {
		return false
	}
	c, _ := q.greedy(name)
	return c == nil
}

// Refuse is the problem of a queue that is full.
func (q *Queue) Refuse() *problem.Problem { return q.overloaded("too many requests are waiting") }

func (q *Queue) overloaded(why string) *problem.Problem {
	q.mu.Lock()
	q.full = time.Now().UnixNano()
	q.mu.Unlock()
	if q.opts.Refused != nil {
		q.opts.Refused("overloaded")
	}
	return problem.Refuse(http.StatusServiceUnavailable, "overloaded", "the server is busy: %s", why).After(1).
		Hint("try again after the time in Retry-After")
}

// Running is the number of requests that hold a slot.
func (q *Queue) Running() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running
}

// Waiting is the number of requests that wait for a slot and may be refused.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}
