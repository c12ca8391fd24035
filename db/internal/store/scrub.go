package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4/table"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// Badger takes a block that does not have its checksum for the end of its table: an
// iteration goes on with the other tables, and a key is not found. A compaction would
// even make that permanent. So the blocks are read here, damaged ones are remembered,
// and whoever comes upon one is told.

// hole is the range of keys of a damaged block: from first up to, but not including,
// end, without versions.
type hole struct {
	table      string
	what       string
	first, end []byte
}

func (h *hole) err() error { return reason.For(ErrCorrupt, "%s; %s", h.what, holeHint) }

const holeHint = "write the documents in it again, or restore a backup; 'frony-db doctor --accept-loss' goes on without it"

// holes are the damaged blocks of a store, in order of their keys.
type holes []hole

// at is the hole that holds a key, or nil.
func (h holes) at(key []byte) *hole {
	for i := range h {
		if bytes.Compare(h[i].first, key) <= 0 && (bytes.Compare(key, h[i].end) <= 0) {
			return &h[i]
		}
	}
	return nil
}

// in are the holes that overlap the keys with a prefix, from start on.
func (h holes) in(prefix, start []byte) (some holes) {
	for _, x := range h {
		if bytes.Compare(x.end, start) >= 0 && (bytes.Compare(x.first, prefix) <= 0 || bytes.HasPrefix(x.first, prefix)) {
			some = append(some, x)
		}
	}
	return some
}

func (h holes) sort() {
	slices.SortFunc(h, func(a, b hole) int { return bytes.Compare(a.end, b.end) })
}

// scrubAtOnce is the size up to which all tables are read before a store is opened.
// Those of larger stores are read once it is open: see scrubLater.
const scrubAtOnce = 512 << 20

// scrub reads every block and returns those that are damaged.
func (t *tableFile) scrub() (damaged holes, err error) {
	part := make([]byte, 1<<20) // many blocks are read at once
	var at, end int64
	for i, b := range t.blocks {
		if b.at < at || b.at+b.length > end {
			part = slices.Grow(part[:0], int(b.length))
			part = part[:cap(part)]
			n, err := t.f.ReadAt(part, b.at)
			if err != nil && !errors.Is(err, io.EOF) {
				return damaged, err
			}
			at, end = b.at, b.at+int64(n)
		}
		_, _, err := t.parse(i, part[b.at-at:min(end, b.at+b.length)-at])
		switch {
		case errors.Is(err, errTable):
			h := hole{table: t.name, what: err.Error(), first: withoutVersion(b.first), end: withoutVersion(b.end)}
			if b.end == nil {
				h.end = h.first
			}
			damaged = append(damaged, h)
		case err != nil:
			return damaged, err
		}
	}
	return damaged, nil
}

func withoutVersion(key []byte) []byte { return key[:max(0, len(key)-8)] }

// scrubAll reads every block of some tables, on a few cores, until stop is closed. What
// it finds in a table that is gone by then does not count.
func scrubAll(paths []string, gone func(path string) bool, stop <-chan struct{}) (damaged holes, broken error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan string)
	for range 4 {
		wg.Go(func() {
			for path := range next {
				found, err := scrubTable(path)
				if (len(found) > 0 || err != nil) && gone(path) {
					continue
				}
				mu.Lock()
				damaged = append(damaged, found...)
				broken = errors.Join(broken, err)
				mu.Unlock()
			}
		})
	}
feed:
	for _, path := range paths {
		select {
		case <-stop:
			break feed
		case next <- path:
		}
	}
	close(next)
	wg.Wait()
	damaged.sort()
	return damaged, broken
}

func scrubTable(path string) (holes, error) {
	t, err := openTable(path)
	if err != nil {
		return nil, err
	}
	found, err := t.scrub()
	return found, errors.Join(err, t.close())
}

// Scrub reads every block of every table, and returns ErrCorrupt if some are damaged.
func (s *Store) Scrub() error { return s.scrub(s.tables()) }

// tables are the paths of the tables in use.
func (s *Store) tables() (paths []string) {
	for _, t := range s.bdb.Tables() {
		paths = append(paths, table.NewFilename(t.ID, s.dir))
	}
	return paths
}

func (s *Store) scrub(paths []string) error {
	// A compaction may replace a table while it is read. Badger cuts it to nothing before
	// it removes it, so it looks damaged; but it is out of use before that.
	gone := func(path string) bool { return !slices.Contains(s.tables(), path) }
	damaged, err := scrubAll(paths, gone, s.closed)
	s.holes.Store(&damaged)
	if len(damaged) > 0 {
		err = errors.Join(err, damaged.err())
	}
	if errors.Is(err, errTable) && !errors.Is(err, ErrCorrupt) {
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

func (h holes) err() error {
	var what []string
	for i := range h {
		if i == 10 {
			what = append(what, fmt.Sprintf("%d more", len(h)-i))
			break
		}
		what = append(what, h[i].what)
	}
	return reason.For(ErrCorrupt, "%s; %s", strings.Join(what, "; "), holeHint)
}

// scrubLater reads the tables of a large store in the background.
func (s *Store) scrubLater() {
	if err := s.Scrub(); err != nil {
		s.log.Error("tables are damaged", "err", err)
	}
}

// damagedAt returns ErrCorrupt for a key in a damaged block.
func (s *Store) damagedAt(key []byte) error {
	if h := s.holes.Load(); h != nil && len(*h) > 0 {
		if at := h.at(key); at != nil {
			return at.err()
		}
	}
	return nil
}

func sizeOf(paths []string) (sum int64) {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
