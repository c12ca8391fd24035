package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// formatVersion is the version of keys and records this code reads and writes.
const formatVersion = 1

// Options say how a store is opened.
type Options struct {
	// SyncEvery is zero to sync each commit before it is acknowledged, or the
	// interval at which commits are synced in the background.
	SyncEvery time.Duration
	// CacheBytes is the size of the cache of table blocks; 0 is none: blocks are
	// then read through the page cache alone.
	CacheBytes int64
	// ReadOnly opens a store that was closed in good order and refuses writes.
	ReadOnly bool
	// Stopped, if set, is called when the disk has failed and nothing is written any
	// more.
	Stopped func()
	// Logger may be nil.
	Logger *slog.Logger
}

// Store is an open Badger store. Its methods may be called concurrently.
type Store struct {
	bdb  *badger.DB
	opts Options
	log  *slog.Logger
	dir  string

	queue   chan *request // to the committer
	stopped chan struct{} // closed by Close, for the syncer
	wg      sync.WaitGroup

	// closing guards isClosed and the closing of queue.
	closing  sync.RWMutex
	isClosed bool

	// mu guards the collections and their states.
	mu     sync.RWMutex
	states map[uint32]*state
	hidden map[string]Hidden // by name of the collection; their states are among the others

	orphans []Hidden // found when the store was opened, for Sweep

	// pins guards against losing versions that someone still reads.
	pins pins

	broken    atomic.Pointer[error] // why nothing is written any more
	badgerLog *badgerLog

	freeBytes func(dir string) (uint64, error) // replaced in tests
}

// state is what the committer knows of a collection.
type state struct {
	info Info
	seq  uint64
	next uint32
	live uint64
	free []uint32 // nodes to reuse, smallest last
}

// Open opens the store in dir, which must exist, or creates it there.
func Open(dir string, opts Options) (*Store, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	log := &badgerLog{log: opts.Logger}
	b := badger.DefaultOptions(dir).
		WithLogger(log).
		WithSyncWrites(opts.SyncEvery == 0).
		WithReadOnly(opts.ReadOnly).
		WithDetectConflicts(false). // the committer is the only writer
		WithCompression(options.None).
		WithBlockCacheSize(opts.CacheBytes).
		WithMetricsEnabled(false).
		WithNumMemtables(3).
		WithNumCompactors(2).
		// Every new table spans all keys, so that the first compaction rewrites what
		// lies below it. Waiting for more tables makes that rarer: decision 0078.
		WithNumLevelZeroTables(15).
		WithNumLevelZeroTablesStall(30).
		WithValueLogFileSize(64 << 20)
	if !opts.ReadOnly {
		if err := removeLeftovers(dir); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
		if err := roomForLogs(dir, disk.Free); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	if err := checkFiles(dir, b); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	bdb, err := openBadger(b)
	if err != nil {
		if strings.Contains(err.Error(), "directory lock") {
			return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
		}
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{
		bdb: bdb, opts: opts, log: opts.Logger, dir: dir,
		queue:     make(chan *request, 64),
		stopped:   make(chan struct{}),
		states:    make(map[uint32]*state),
		hidden:    make(map[string]Hidden),
		badgerLog: log,
		freeBytes: disk.Free,
	}
	s.pins.init(bdb)
	if err := s.load(); err != nil {
		return nil, errors.Join(err, bdb.Close())
	}
	if !opts.ReadOnly {
		s.wg.Go(s.committer)
		if opts.SyncEvery > 0 {
			s.wg.Go(s.syncer)
		}
	}
	return s, nil
}

// load checks the format and reads the collections' states.
func (s *Store) load() error {
	v := s.View(nil)
	defer v.Close()
	got, ok, err := v.get([]byte{keyFormat})
	switch {
	case err != nil:
		return err
	case !ok:
		if s.opts.ReadOnly {
			return fmt.Errorf("%w: it is empty", ErrFormat)
		}
		return s.setFormat()
	case len(got) != 4:
		return fmt.Errorf("%w: its version is not readable", ErrFormat)
	case binary.BigEndian.Uint32(got) != formatVersion:
		return fmt.Errorf("%w: version %d, this program knows %d; open it with a newer frony-db",
			ErrFormat, binary.BigEndian.Uint32(got), formatVersion)
	}
	for info, err := range v.Collections() {
		if err != nil {
			return err
		}
		st := &state{info: info}
		if err := st.read(v); err != nil {
			return err
		}
		s.states[info.ID] = st
	}
	return s.loadHidden(v)
}

func (s *Store) setFormat() error {
	if err := s.room(reserveWrite); err != nil {
		return err
	}
	ts, err := s.update(func(txn *badger.Txn) error {
		return txn.Set([]byte{keyFormat}, binary.BigEndian.AppendUint32(nil, formatVersion))
	})
	if err == nil {
		s.pins.commit(ts)
	}
	return err
}

// Close finishes what waits in the committer's queue, syncs and closes. Calls
// that come later return ErrClosed. On a disk without room for the tables that
// Badger makes as it closes, which would kill the process, the log is synced and
// left for the next opening, the files stay open until the process ends, and the
// error is ErrDiskFull.
func (s *Store) Close() error {
	s.closing.Lock()
	if s.isClosed {
		s.closing.Unlock()
		return ErrClosed
	}
	s.isClosed = true
	close(s.queue)
	close(s.stopped)
	s.closing.Unlock()
	s.wg.Wait()
	if !s.opts.ReadOnly {
		if err := roomForLogs(s.dir, s.freeBytes); err != nil {
			return fmt.Errorf("close store: %w", errors.Join(err, SyncLogs(s.dir), s.bdb.Sync()))
		}
	}
	if err := s.bdb.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// MaxBatch is the size in bytes of the largest batch that Commit takes, and
// the number of its keys.
func (s *Store) MaxBatch() (bytes, keys int64) {
	return s.bdb.MaxBatchSize() * 9 / 10, s.bdb.MaxBatchCount() * 9 / 10
}

// DiskBytes is the size of the store's files as the file system has allocated
// them: tables and logs are sparse.
func (s *Store) DiskBytes() int64 { return disk.Allocated(s.dir) }

// Exists says whether dir holds a store.
func Exists(dir string) bool {
	_, err := os.Stat(dir + "/MANIFEST")
	return err == nil
}
