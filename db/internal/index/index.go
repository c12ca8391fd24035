package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/gate"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/rows"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/epoch"
)

// Options say what an index is made from.
type Options struct {
	Store    *store.Store
	ID       uint32 // of the version in the store
	Settings Settings
	Dir      string   // of derived files
	Database [16]byte // which the files must be of
	ReadOnly bool
	Logger   *slog.Logger

	// Progress is told about long work: a task such as "rebuild", and how much
	// of it is done.
	Progress func(task string, done, total int)

	// Searching counts the running searches of all indexes, which share the cores.
	Searching *atomic.Int32

	// Ask embeds a sentence of a text as a question, for calibration. Nil where
	// that cannot be done, or not for nothing.
	Ask func(ctx context.Context, text string) ([]float32, error)

	// NoQuestions keeps none of the questions that are received.
	NoQuestions bool

	// RecallSample, if positive, repeats one in RecallSample searches exactly, in
	// the background, and calls OnRecall with the share of the true K nearest that
	// the search found.
	RecallSample int
	OnRecall     func(k int, recall float64)
}

// Index is the derived state of one version of a collection. Its methods may be
// called concurrently. After Close they return store.ErrClosed.
type Index struct {
	opts Options
	st   *store.Store
	id   uint32
	set  Settings
	log  *slog.Logger
	gate *gate.Gate
	// commits is entered by each commit inside the gate: a change of the model pauses
	// it alone, since readers may go on with the version that they began with.
	commits *gate.Gate

	derived
	epochs epoch.Epoch // of readers

	follower atomic.Pointer[Follower]
	past     past
	sources  sync.Mutex
	filing   sync.RWMutex
	linking  sync.RWMutex
	saving   sync.Mutex

	questions   questions // that were received
	calibration atomic.Pointer[calibration]
	calibrating atomic.Bool
	islands     atomic.Int64 // documents when islands were last looked for
	seeding     atomic.Bool
	stopping    atomic.Bool // background work ends early
	building    atomic.Bool
	halting     atomic.Int32 // > 0: building and calibrations end early

	full     atomic.Bool            // the codes are full ones: those of the settings, or chosen
	choice   atomic.Pointer[Choice] // why; nil: nothing was measured
	recoding atomic.Bool
	changing sync.WaitGroup // changes of the codes, which wait for the background
	sampler  sampler

	// detached holds the nodes that a repair has taken out of the graph for now:
	// searches compare them beside it. Nil: none.
	detached atomic.Pointer[[]uint32]

	repairing  atomic.Bool
	snapping   atomic.Bool
	background sync.WaitGroup // repairs, calibrations, snapshots, samples
	saved      atomic.Uint64  // sequence number of the newest snapshot
	changes    atomic.Int64   // nodes born and dead since then
}

// derived is the part of an index that a rebuild replaces.
type derived struct {
	codes   *codes
	members *members
	graph   *graph
	attrs   *attr.Index
	lexical *lexical.Index
	rows    *rows.File
	nodes   *nodes
	expiry  *expiry
	visible *visible

	gathered [][]float32 // the vectors, if there is no store and no file: see Gather
}

// Open loads an index from its snapshot and the change log since, or, if either
// is missing, damaged or does not fit, from the store. It returns
// store.ErrReadOnly if the directory cannot be written to, and the context's
// error.
func Open(ctx context.Context, o Options) (*Index, error) {
	x := &Index{opts: o, st: o.Store, id: o.ID, set: o.Settings, log: o.Logger, gate: gate.New(store.ErrClosed), commits: gate.New(store.ErrClosed)}
	x.calibration.Store(new(calibration))
	x.full.Store(o.Settings.Full)
	if err := x.derive(ctx); err != nil {
		if x.rows != nil {
			err = errors.Join(err, x.rows.Close())
		}
		return nil, err
	}
	x.recallQuestions()
	return x, nil
}

// ID is the number of the version in the store.
func (x *Index) ID() uint32 { return x.id }

// Settings are what the index was opened with.
func (x *Index) Settings() *Settings { return &x.set }

// coded are the settings with the codes that there are.
func (x *Index) coded() Settings {
	set := x.set
	set.Full = x.full.Load()
	return set
}

// Path is the path of a derived file of version id in dir, by its extension.
func Path(dir string, id uint32, ext string) string {
	return filepath.Join(dir, fmt.Sprintf("%08x.%s", id, ext))
}

// Remove deletes the derived files of version id in dir.
func Remove(dir string, id uint32) {
	for _, ext := range []string{rowsExt, snapshotExt, questionsExt} {
		_ = os.Remove(Path(dir, id, ext))
	}
}

const (
	rowsExt     = "rows"
	snapshotExt = "snapshot"
)

func (x *Index) path(ext string) string { return Path(x.opts.Dir, x.id, ext) }

// openRows opens the vector rows if they have the stamp of the snapshot, or else
// new ones. 0 is new ones.
func (x *Index) openRows(stamp uint64) (err error) {
	owner := x.opts.Database // and the version
	for i := range 4 {
		owner[i] ^= byte(x.id >> (8 * i))
	}
	fresh := false
	if x.opts.ReadOnly {
		x.rows, err = rows.OpenReadOnly(x.path(rowsExt), x.set.Dims, owner, stamp)
	} else {
		x.rows, fresh, err = rows.Open(x.path(rowsExt), x.set.Dims, owner, stamp)
	}
	if fresh && stamp != 0 {
		x.log.Warn("the vector rows are not those of the snapshot; they are read from the store and written again")
	}
	if err != nil && (errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "read-only file system")) {
		return reason.For(store.ErrReadOnly, "%v", err)
	}
	return err
}

// newRows begins with new vector rows: what rebuilds everything trusts nothing.
func (x *Index) newRows() error {
	if x.rows != nil {
		if err := x.rows.Close(); err != nil {
			return err
		}
		x.rows = nil
	}
	return x.openRows(0)
}

// empty makes the derived state of a collection without documents.
func (x *Index) empty() (err error) {
	if x.codes, err = newCodes(new(x.coded())); err != nil {
		return err
	}
	x.members, x.graph = new(members), new(graph)
	x.attrs, x.lexical, x.nodes, x.expiry = attr.New(), lexical.New(), newNodes(), newExpiry()
	return nil
}

// bound is above every node that was ever allocated.
func (x *Index) bound() uint32 {
	if x.codes == nil {
		return uint32(len(x.gathered))
	}
	return uint32(x.codes.heads.Len())
}

// Close waits for running operations, saves a snapshot, and closes the index. It
// returns nil if the index was closed already.
func (x *Index) Close() error {
	if !x.stop() {
		return nil
	}
	var err error
	if !x.opts.ReadOnly {
		err = x.save()
		if kept := x.keepQuestions(); kept != nil {
			x.log.Warn("questions not kept; the next opening measures again", "err", kept)
		}
	}
	return errors.Join(err, x.rows.Close())
}

// Discard is Close without saving.
func (x *Index) Discard() error {
	if !x.stop() {
		return nil
	}
	return x.rows.Close()
}

// stop waits for the operations that run and ends background work. It reports
// whether the index was open.
func (x *Index) stop() bool {
	if !x.gate.Close() {
		return false
	}
	x.stopping.Store(true)
	x.changing.Wait()
	x.expiry.end()
	x.settle()
	return true
}

// settle waits for background work. No operation is inside the gate.
func (x *Index) settle() {
	x.background.Wait()
	x.epochs.Drain()
	x.background.Wait() // what the readers released may have started more
}

// PauseWrites waits until no commit runs, and holds new ones until ResumeWrites or
// Retire. Reads go on.
func (x *Index) PauseWrites(ctx context.Context) error { return x.commits.Pause(ctx) }

// ResumeWrites ends a pause.
func (x *Index) ResumeWrites() { x.commits.Resume() }

// Retire ends a pause of the writes: another index has taken the place of this
// one. The writes that wait get store.ErrClosed. Then it waits for the operations
// that run, and closes the index without saving.
func (x *Index) Retire() error {
	x.commits.Retire()
	return x.Discard()
}
