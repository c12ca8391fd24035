package server

import (
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/fronyai/frony-db/server/keys"
)

// rates limits the requests per second of each key, by its name, so that a
// reload of the keys gives nobody a new allowance.
type rates struct {
	limit rate.Limit
	burst int

	mu sync.Mutex // guards by
	by map[string]*rate.Limiter
}

func newRates(perSecond float64, burst int) *rates {
	return &rates{limit: rate.Limit(perSecond), burst: burst, by: map[string]*rate.Limiter{}}
}

// take uses one request of a key's allowance; nil is everybody without keys.
func (t *rates) take(k *keys.Key) *Problem {
	if t.limit == 0 {
		return nil
	}
	name := ""
	if k != nil {
		name = k.Name
	}
	t.mu.Lock()
	l := t.by[name]
	if l == nil {
		l = rate.NewLimiter(t.limit, t.burst)
		t.by[name] = l
	}
	t.mu.Unlock()
	now := time.Now()
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return refuse(http.StatusTooManyRequests, "rate_limited", "more than %v requests per second", float64(t.limit)).
		after(int(math.Ceil(wait.Seconds()))).hint("try again after the time in Retry-After")
}

// keep forgets the keys that are no longer in the set.
func (t *rates) keep(set *keys.Set) {
	names := map[string]bool{"": true}
	for _, k := range set.Keys() {
		names[k.Name] = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.by {
		if !names[name] {
			delete(t.by, name)
		}
	}
}
