package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// formatVersion is the version of keys and records that this code reads and writes.
const formatVersion = 1

// Options configure a store.
type Options struct {
	// SyncEvery is zero to sync each commit before it is acknowledged, or the
	// interval at which commits are synced in the background.
	SyncEvery time.Duration
	// CacheBytes is the size of the cache of table blocks. If it is 0 there is none,
	// and blocks are read through the page cache alone.
	CacheBytes int64
	// ReadOnly opens a store that was closed cleanly, and refuses writes.
	ReadOnly bool
	// Unsynced says that the system stopped while the last writes were not on disk:
	// any of them may be missing.
	Unsynced bool
	// AcceptLoss opens a store of which acknowledged writes are lost, with what is
	// intact. Damaged files are kept in LostDir beside the store.
	AcceptLoss bool
	// Stopped, if set, is called when the disk has failed and writes are no longer
	// accepted.
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

	queue  chan *request // to the committer
	closed chan struct{} // ends the syncer
	wg     sync.WaitGroup

	// closing guards isClosed and the closing of queue.
	closing  sync.RWMutex
	isClosed bool

	// mu guards the collections and their states.
	mu      sync.RWMutex
	states  map[uint32]*state // of collections and hidden versions
	hidden  map[string]Hidden // by name of the collection
	aliases map[string]Alias  // by their own names

	orphans  []Hidden // hidden versions of no collection, for DeleteGarbage
	dangling []string // aliases that lead nowhere, for DeleteGarbage

	// pins keeps Badger from dropping versions of keys that are still read.
	pins pins

	holes atomic.Pointer[holes] // damaged blocks
	space space

	inSession  bool   // its name is written
	oldSession []byte // key of the session to forget when another begins

	ledger *ledger
	lost   []string // what opening has gone on without

	ledgerFailed atomic.Bool

	failed    atomic.Pointer[error] // why writes are no longer accepted
	badgerLog *badgerLog

	tightening sync.Mutex
	known      map[string]bool // files whose modes are as they are to be

	freeBytes func(dir string) (uint64, error) // replaced in tests
}

// Open opens the store in dir, which must exist, or creates it there.
func Open(dir string, opts Options) (*Store, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	log := &badgerLog{log: opts.Logger}
	known := fileNames(dir)
	bdb, found, err := openFiles(dir, &opts, log)
	if err != nil {
		return nil, err
	}
	s := &Store{
		bdb: bdb, opts: opts, log: opts.Logger, dir: dir,
		queue:     make(chan *request, 64),
		closed:    make(chan struct{}),
		states:    make(map[uint32]*state),
		hidden:    make(map[string]Hidden),
		badgerLog: log,
		freeBytes: disk.Free,
	}
	s.space.init(found.ledger.garbage)
	s.known = known
	if !opts.ReadOnly {
		s.tighten()
	}
	s.pins.init(bdb, found.ledger.written)
	if len(found.damaged) > 0 {
		s.holes.Store(&found.damaged)
		s.log.Error("tables are damaged; the documents in them cannot be read, and nothing is compacted", "err", found.damaged.err())
	}
	if err := s.start(found); err != nil {
		return nil, errors.Join(err, s.ledger.close(), bdb.Close())
	}
	if found.large {
		s.wg.Go(s.scrubLater)
	}
	if !opts.ReadOnly {
		s.wg.Go(s.committer)
		if opts.SyncEvery > 0 {
			s.wg.Go(s.syncer)
		}
		s.wg.Go(s.compactor)
	}
	return s, nil
}

func badgerOptions(dir string, opts *Options, log *badgerLog) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(log).
		WithSyncWrites(opts.SyncEvery == 0).
		WithReadOnly(opts.ReadOnly).
		WithDetectConflicts(false). // the committer is the only writer
		WithCompression(options.None).
		WithBlockCacheSize(opts.CacheBytes).
		WithMetricsEnabled(false).
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithNumMemtables(3).
		WithNumCompactors(2).
		// Every new table spans all keys, so the first compaction rewrites whatever
		// lies below it. Waiting for more tables makes that rarer: decision 0078.
		WithNumLevelZeroTables(15).
		WithNumLevelZeroTablesStall(30).
		WithValueLogFileSize(64 << 20)
}

// openFiles prepares and checks the files in dir and opens Badger.
func openFiles(dir string, opts *Options, log *badgerLog) (*badger.DB, *inspection, error) {
	if !opts.ReadOnly {
		if err := removeLeftovers(dir); err != nil {
			return nil, nil, fmt.Errorf("open store: %w", err)
		}
		if err := checkLogCapacity(dir, disk.Free); err != nil {
			return nil, nil, fmt.Errorf("open store: %w", err)
		}
	}
	found, err := inspect(dir, opts.Unsynced)
	if err == nil {
		err = found.prepare(opts)
	}
	if err == nil {
		err = renewHelpers(dir, opts.ReadOnly)
	}
	if err != nil {
		if system := systemError(err); system != nil {
			err = system
		}
		return nil, nil, fmt.Errorf("open store: %w", err)
	}
	o := badgerOptions(dir, opts, log)
	if len(found.damaged) > 0 {
		// A compaction would drop what stands behind damage in a table.
		o = o.WithNumCompactors(0).WithNumLevelZeroTablesStall(1 << 20).WithNumLevelZeroTables(1 << 19)
	}
	bdb, err := openBadger(o)
	if err != nil {
		if strings.Contains(err.Error(), "directory lock") {
			return nil, nil, fmt.Errorf("%w: %s", ErrLocked, dir)
		}
		return nil, nil, fmt.Errorf("open store: %w", err)
	}
	found.logs = nil // they are large
	return bdb, found, nil
}

// prepare refuses the files, or makes them such that Badger can be opened.
func (i *inspection) prepare(opts *Options) error {
	if opts.AcceptLoss && !opts.ReadOnly {
		i.leaveOut()
	}
	if len(i.lost) > 0 && (!opts.AcceptLoss || opts.ReadOnly) {
		return i.err()
	}
	for _, l := range [][]string{i.lost, i.unsynced} {
		for _, what := range l {
			opts.Logger.Warn("going on without acknowledged writes", "lost", what)
		}
	}
	if opts.ReadOnly {
		return nil
	}
	if len(i.lost)+len(i.unsynced)+len(i.half) > 0 {
		if err := i.salvage(); err != nil {
			return err
		}
	}
	return i.fence()
}

// leaveOut makes the damaged blocks a loss to be accepted.
func (i *inspection) leaveOut() {
	for _, h := range i.damaged {
		i.lose("%s", h.what)
		if id := tableID(h.table); !slices.Contains(i.broken, id) {
			i.broken = append(i.broken, id)
		}
	}
	i.damaged = nil
}

// start begins the ledger and reads the collections.
func (s *Store) start(found *inspection) (err error) {
	if s.opts.ReadOnly {
		return s.readCollections()
	}
	if s.ledger, err = openLedger(s.dir, found.ledger); err != nil {
		return err
	}
	if err := s.readCollections(); err != nil {
		return err
	}
	s.lost = slices.Concat(found.lost, found.unsynced)
	if s.bdb.MaxVersion() < found.ledger.written { // go on after what is lost: its timestamps are known elsewhere
		ts, err := s.update(keepTime)
		if err != nil {
			return err
		}
		s.pins.commit(ts)
	}
	s.noteWritten(s.pins.newest(), true)
	return nil
}

// noteWritten brings the ledger up to date. If it cannot be written, a later loss may
// go unnoticed, and nothing else depends on it.
func (s *Store) noteWritten(ts uint64, synced bool) {
	if err := s.ledger.wrote(ts, synced, s.space.bytes()); err != nil && s.ledgerFailed.CompareAndSwap(false, true) {
		s.log.Error("the ledger of acknowledged writes cannot be written", "err", err)
	}
}

// Lost says what opening has gone on without: the keys of the collections may not fit
// together.
func (s *Store) Lost() []string { return s.lost }

// readCollections checks the format and reads the collections' states.
func (s *Store) readCollections() error {
	v := s.View(nil)
	defer v.Close()
	got, ok, err := v.get([]byte{keyFormat})
	switch {
	case err != nil:
		return err
	case !ok:
		if err := s.begin(v); err != nil {
			return err
		}
	case len(got) != 4:
		return fmt.Errorf("%w: its version cannot be read", ErrFormat)
	case binary.BigEndian.Uint32(got) != formatVersion:
		return fmt.Errorf("%w: version %d, this program supports %d; open it with a newer frony-db",
			ErrFormat, binary.BigEndian.Uint32(got), formatVersion)
	}
	for info, err := range v.Collections() {
		if err != nil {
			return err
		}
		if s.states[info.ID], err = v.stateOf(info); err != nil {
			return err
		}
	}
	if err := s.countSessions(v); err != nil {
		return err
	}
	if err := s.loadHidden(v); err != nil {
		return err
	}
	return s.loadAliases(v)
}

// begin writes the format into an empty store.
func (s *Store) begin(v *View) error {
	for item, err := range v.items(nil, nil, 0) {
		switch {
		case isHole(err), err == nil && item.Key()[0] != keyTime:
			if !s.opts.AcceptLoss || s.opts.ReadOnly {
				return fmt.Errorf("%w: its version is missing, and it is not empty; restore a backup, or go on with what is there: 'frony-db doctor --accept-loss'", ErrCorrupt)
			}
			return s.setFormat()
		case err != nil:
			return err
		}
	}
	if s.opts.ReadOnly {
		return fmt.Errorf("%w: the store is empty", ErrFormat)
	}
	return s.setFormat()
}

func (s *Store) setFormat() error {
	if err := s.checkCapacity(reserveWrite); err != nil {
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

// Close finishes the requests in the committer's queue, syncs and closes. Later calls
// return ErrClosed.
//
// Badger writes tables as it closes, and a disk without space for them would kill
// the process. Close then returns ErrDiskFull: it syncs the log and leaves it to the
// next opening, and the files stay open until the process ends.
func (s *Store) Close() error {
	s.closing.Lock()
	if s.isClosed {
		s.closing.Unlock()
		return ErrClosed
	}
	s.isClosed = true
	close(s.queue)
	close(s.closed)
	s.closing.Unlock()
	s.wg.Wait()
	if !s.opts.ReadOnly {
		if err := checkLogCapacity(s.dir, s.freeBytes); err != nil {
			return fmt.Errorf("close store: %w", errors.Join(err, SyncLogs(s.dir), s.bdb.Sync()))
		}
	}
	err := s.bdb.Close()
	if !s.opts.ReadOnly {
		s.tighten()
	}
	if err == nil && !s.opts.ReadOnly && s.failed.Load() == nil {
		s.noteWritten(s.pins.newest(), true)
	}
	if err := errors.Join(err, s.ledger.close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// DiskBytes is the space that the file system has allocated to the store's files,
// which are sparse.
func (s *Store) DiskBytes() int64 { return disk.Allocated(s.dir) }

// Exists reports whether dir holds a store.
func Exists(dir string) bool {
	_, err := os.Stat(dir + "/MANIFEST")
	return err == nil
}
