package admit

import "sync"

// free is the number of bytes that each account holds without being charged. So a
// budget that others have used up refuses only what is large: the connections bound
// the rest.
const free = 64 << 10

// Budget bounds the bytes that requests hold in memory at one time: all of them
// together, and those of each client at half of that. No client can use it up.
type Budget struct {
	all int64

	mu   sync.Mutex // guards what follows
	used int64
	by   map[string]int64
}

// NewBudget allows so many bytes at one time.
func NewBudget(all int64) *Budget { return &Budget{all: all, by: map[string]int64{}} }

// Used is the number of bytes that are charged.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Share is the most that one client can be charged for.
func (b *Budget) Share() int64 { return b.all / 2 }

// Account is what one request of a client holds. Its methods may not be called
// concurrently.
func (b *Budget) Account(client string) *Account { return &Account{budget: b, client: client} }

// Account is the part of a budget that a request holds.
type Account struct {
	budget *Budget
	client string
	held   int64
}

// Hold changes the number of bytes that the request holds to n. It reports whether
// the budget has as many; if not, nothing changes.
func (a *Account) Hold(n int64) bool {
	n = max(0, n-free)
	b := a.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	more := n - a.held
	if more > 0 && (b.used+more > b.all || b.by[a.client]+more > b.Share()) {
		return false
	}
	b.used += more
	if b.by[a.client] += more; b.by[a.client] == 0 {
		delete(b.by, a.client)
	}
	a.held = n
	return true
}

// Close gives everything back.
func (a *Account) Close() { a.Hold(0) }
