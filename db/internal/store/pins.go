package store

import (
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// pins holds the timestamps that are still being read. Badger may drop an older
// version of a key once no pin is below the newer one.
type pins struct {
	mu    sync.Mutex
	bdb   *badger.DB
	at    map[uint64]int // timestamp → number of readers
	last  uint64         // newest commit
	floor uint64         // as Badger was last told
}

// init begins at the newest transaction, or after acknowledged ones that are lost.
func (p *pins) init(bdb *badger.DB, acknowledged uint64) {
	p.bdb, p.at, p.last = bdb, make(map[uint64]int), max(bdb.MaxVersion(), acknowledged)
	p.bdb.SetDiscardTs(p.last)
	p.floor = p.last
}

// take pins the timestamp that at returns, or the newest commit's. at runs under the
// lock, so that the timestamp cannot be discarded in between.
func (p *pins) take(at func() uint64) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	ts := p.last
	if at != nil {
		ts = at()
	}
	p.at[ts]++
	return ts
}

func (p *pins) release(ts uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at[ts]--; p.at[ts] == 0 {
		delete(p.at, ts)
	}
	p.raise()
}

// newest is the timestamp of the newest commit.
func (p *pins) newest() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// commit makes ts the newest commit.
func (p *pins) commit(ts uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = ts
	p.raise()
}

// raise moves the floor up to the oldest pin. p.mu is held.
func (p *pins) raise() {
	floor := p.last
	for ts := range p.at {
		floor = min(floor, ts)
	}
	if floor > p.floor {
		p.floor = floor
		p.bdb.SetDiscardTs(floor)
	}
}
