package store

import (
	"errors"
	"sync"
)

// Badger compacts when there are many tables of level 0, a gigabyte of writes. Until
// then nothing that is deleted or replaced gives back its space, however small the
// store is. So garbage is counted, by estimate, and compacted when there is half as
// much of it in tables as there is data.
const (
	garbageShare = 2 // the data is so many times the garbage
)

// garbageLeast is what a compaction is for. The benchmark sets it.
var garbageLeast uint64 = 16 << 20

// space is what the store knows of its garbage.
type space struct {
	mu       sync.Mutex
	garbage  uint64 // in tables and in the log
	recent   uint64 // what of it came after the last table: the log has it
	written  uint64 // bytes of documents since the store was opened
	puts     uint64
	tables   int // of level 0, as last seen
	wake     chan struct{}
	working  sync.Mutex // a compaction is under way
	inTables uint64     // bytes of all tables, as last seen
}

func (p *space) init(garbage uint64) {
	p.garbage, p.wake = garbage, make(chan struct{}, 1)
}

func (p *space) bytes() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.garbage
}

// add counts garbage in bytes.
func (p *space) add(bytes uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.garbage += bytes
	p.recent += bytes
}

// batch counts what a batch wrote and replaced. live is the number of all documents.
func (p *space) batch(b *Batch, dead int, live uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range b.Puts {
		p.written += uint64(len(b.Puts[i].ID) + len(b.Puts[i].Record) + len(b.Puts[i].Vector))
	}
	p.puts += uint64(len(b.Puts))
	var each uint64
	switch {
	case p.puts > 0:
		each = p.written / p.puts
	case live > 0:
		each = p.inTables / live
	}
	p.garbage += each * uint64(dead)
	p.recent += each * uint64(dead)
}

// seen notes the tables that there are, and wakes the compactor if it has something to
// do. It reports whether there are others than before.
func (p *space) seen(level0 int, bytes uint64) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if level0 > p.tables {
		p.recent = 0 // the log has just become a table
	}
	changed = level0 != p.tables || bytes != p.inTables
	p.tables, p.inTables = level0, bytes
	if p.due() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return changed
}

// due reports whether a compaction is worth its while. p.mu is held.
func (p *space) due() bool {
	old := p.garbage - min(p.garbage, p.recent)
	data := p.inTables - min(p.inTables, old)
	return old >= garbageLeast && old >= data/garbageShare
}

// old is the garbage that is in tables. compacted says that it is gone.
func (p *space) old() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.garbage - min(p.garbage, p.recent)
}

func (p *space) compacted(old uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.garbage -= min(p.garbage, old)
}

// compactor compacts when there is enough garbage.
func (s *Store) compactor() {
	s.look()
	for {
		select {
		case <-s.closed:
			return
		case <-s.space.wake:
		}
		if h := s.holes.Load(); h != nil && len(*h) > 0 {
			return // see scrub.go
		}
		if err := s.compactQuietly(); err != nil {
			s.log.Warn("compacting in the background failed; it is tried again after more writes", "err", err)
		}
		s.look()
	}
}

// look notes the tables that there are, and returns the size of those that the next
// compaction may rewrite.
func (s *Store) look() (compacting uint64) {
	level0 := 0
	var sum uint64
	for _, l := range s.bdb.Levels() {
		if l.Level == 0 {
			level0 = l.NumTables
		}
		if l.Level == 0 || l.IsBaseLevel {
			compacting += uint64(l.Size)
		}
		sum += uint64(l.Size)
	}
	if s.space.seen(level0, sum) {
		s.tighten()
	}
	return compacting
}

// compactQuietly compacts all tables while writes go on. Only if all of them are in level
// 0, in which Badger's Flatten leaves them, writes wait for it.
func (s *Store) compactQuietly() error {
	s.space.working.Lock()
	defer s.space.working.Unlock()
	if err := s.checkCompactCapacity(); errors.Is(err, ErrDiskFull) {
		return nil // deleting goes on; there is nothing else to say
	} else if err != nil {
		return err
	}
	if err := s.Scrub(); err != nil {
		return err
	}
	old := s.space.old()
	below := 0
	for _, l := range s.bdb.Levels() {
		if l.Level > 0 {
			below += l.NumTables
		}
	}
	var err error
	if below == 0 {
		if err = s.mark(); err == nil {
			err = s.drop()
		}
	} else {
		err = s.bdb.Flatten(1)
	}
	if errors.Is(err, ErrClosed) {
		return nil
	}
	if err != nil {
		return err
	}
	s.space.compacted(old)
	return s.collectValues()
}
