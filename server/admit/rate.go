package admit

import (
	"maps"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/fronyai/frony-db/server/problem"
)

// Rates limits the requests per second of each key. It knows keys by their names,
// so that a reload of the keys gives nobody a new allowance.
type Rates struct {
	limit rate.Limit
	burst int

	mu sync.Mutex // guards by
	by map[string]*rate.Limiter
}

// NewRates returns limits of so many requests per second and at once. 0 per second
// is no limit.
func NewRates(perSecond float64, burst int) *Rates {
	return &Rates{limit: rate.Limit(perSecond), burst: burst, by: map[string]*rate.Limiter{}}
}

// Take uses one request of a key's allowance. Requests without a key share that of
// the empty name.
func (t *Rates) Take(name string) *problem.Problem {
	if t.limit == 0 {
		return nil
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
	return problem.Refuse(http.StatusTooManyRequests, "rate_limited", "more than %v requests per second", float64(t.limit)).
		After(int(math.Ceil(wait.Seconds()))).Hint("try again after the time in Retry-After")
}

// Keep forgets the keys that keep does not name.
func (t *Rates) Keep(keep map[string]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.by, func(name string, _ *rate.Limiter) bool { return name != "" && !keep[name] })
}
