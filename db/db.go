package db

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/gofrs/flock"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/gate"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// DB is an open database. Its methods may be called concurrently.
type DB struct {
	dir  string
	opts Options
	id   [16]byte // written into derived files, so that they can't be mixed up
	lock *flock.Flock
	st   *store.Store
	gate *gate.Gate

	searching atomic.Int32 // number of running searches
	doubtful  atomic.Bool  // writes may be lost: the next opening must repair the store
	unseen    []string     // what snapshots hold and the store does not

	mu          sync.Mutex               // guards the fields below
	collections map[string]*Collection   // open collections
	hidden      map[uint32]*version      // versions being filled, by number
	loading     map[string]chan struct{} // collections being loaded; closed when done
}

const (
	markerFile = "FRONYDB" // marks the directory as a database and holds its id
	lockFile   = "LOCK"
	storeDir   = "store"
	derivedDir = "derived"
)

// Open opens the database in the directory path, and creates it if the
// directory is empty or missing. Nil options are the defaults.
//
// It returns ErrLocked, naming the process, if another process has the database
// open, ErrNotDatabase if path holds something else, ErrFormat if a newer version
// wrote it, ErrReadOnly if it can't be written to, ErrCorrupt if
// acknowledged writes would be lost (see Options.AcceptLoss), and
// ErrInvalidOptions.
func Open(path string, opts *Options) (*DB, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, wrap("open", path, err)
	}
	d := &DB{
		dir: path, opts: o, gate: gate.New(ErrClosed), collections: make(map[string]*Collection),
		hidden: make(map[uint32]*version), loading: make(map[string]chan struct{}),
	}
	if err := d.open(); err != nil {
		if d.lock != nil {
			err = errors.Join(err, d.lock.Unlock())
		}
		return nil, wrap("open", path, err)
	}
	return d, nil
}

func (d *DB) open() error {
	exists, err := inspect(d.dir)
	if err != nil {
		return err
	}
	if !exists {
		if d.opts.MustExist || d.opts.ReadOnly {
			return reason.For(ErrNotDatabase, "there is no database here")
		}
		if err := os.MkdirAll(d.dir, 0o700); err != nil {
			return unwritable(err)
		}
	}
	if err := d.takeLock(); err != nil {
		return err
	}
	if err := d.identify(exists); err != nil {
		return err
	}
	if !d.opts.ReadOnly {
		for _, sub := range []string{storeDir, derivedDir} {
			if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
				return unwritable(err)
			}
		}
		disk.RemoveTemps(d.dir)
		disk.RemoveTemps(d.derivedDir())
	}
	lost, err := d.findUnsynced()
	if err != nil {
		return err
	}
	if err := d.markAccepting(); err != nil {
		return err
	}
	d.st, err = store.Open(filepath.Join(d.dir, storeDir), store.Options{
		SyncEvery: d.opts.SyncEvery, CacheBytes: d.opts.CacheBytes, ReadOnly: d.opts.ReadOnly, Logger: d.opts.Logger,
		Unsynced: lost, AcceptLoss: d.opts.AcceptLoss, Stopped: d.markFailed,
	})
	if err != nil {
		return unwritable(err)
	}
	if !lost { // else a snapshot may rightly know more
		err = d.findUnseen()
	}
	if err == nil && (lost || len(d.Lost()) > 0) {
		err = d.mendLost()
	}
	if err == nil && !d.doubtful.Load() {
		err = d.markUnsynced()
	}
	if err != nil {
		return errors.Join(err, d.st.Close())
	}
	if !d.opts.ReadOnly {
		if n, err := d.st.DeleteGarbage(); err != nil {
			d.opts.Logger.Warn("deleting dropped collections failed; the next opening continues it", "err", err)
		} else if n > 0 {
			d.opts.Logger.Info("deleted dropped collections", "collections", n)
		}
	}
	return nil
}

// Collection opens a collection, and creates it if it does not exist. Nil
// options are the defaults. A collection may be opened repeatedly; every call
// returns the same handle.
//
// An alias opens the collection that it leads to at that moment (see SetAlias), which
// Collection.Name tells. To follow a switch, open it again before each piece of work: that
// costs no more than looking up a name.
//
// It returns ErrNoCollection if the collection does not exist and MustExist is set,
// ErrModelMismatch if it was filled with another model, ErrInvalidName,
// ErrInvalidOptions, ErrLimit and ErrClosed.
func (d *DB) Collection(ctx context.Context, name string, opts *CollectionOptions) (*Collection, error) {
	if err := d.gate.Enter(); err != nil {
		return nil, wrap("open collection", name, err)
	}
	defer d.gate.Leave()
	var o CollectionOptions
	if opts != nil {
		o = *opts
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	is, err := d.settled(ctx, name)
	var c *Collection
	if err == nil {
		c, err = d.collection(ctx, is, &o)
	}
	return c, wrap("open collection", name, err)
}

// settled returns the name of the collection that a name means: see store.Store.Name. It
// waits until no other call is loading that. The caller holds d.mu, which is released
// while it waits.
func (d *DB) settled(ctx context.Context, name string) (string, error) {
	for {
		is := d.st.Name(name)
		loaded := d.loading[is]
		if loaded == nil {
			return is, nil
		}
		d.mu.Unlock()
		select {
		case <-loaded:
		case <-ctx.Done():
		}
		d.mu.Lock()
		if err := ctx.Err(); err != nil {
			return is, err
		}
	}
}

// loadAlone loads a collection. The caller holds d.mu, which is released meanwhile:
// a rebuild takes long, and must not block other collections.
func (d *DB) loadAlone(ctx context.Context, info store.Info, o *CollectionOptions) (*Collection, error) {
	loaded := make(chan struct{})
	d.loading[info.Name] = loaded
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.loading, info.Name)
		close(loaded)
	}()
	v, err := d.load(ctx, info, o)
	if err != nil {
		return nil, err
	}
	c := &Collection{shared: &shared{db: d}}
	c.named.Store(&info.Name)
	c.current.Store(v)
	return c, nil
}

func (d *DB) collection(ctx context.Context, name string, o *CollectionOptions) (*Collection, error) {
	if c := d.collections[name]; c != nil {
		v := c.current.Load()
		s := *v.Settings()
		if v.embedder() == nil {
			d.lend(o, &s) // an open one keeps its embedder, which Reembed may have changed
		}
		if err := o.open(&s, &d.opts.Limits); err != nil {
			return nil, err
		}
		v.setEmbedder(o.Embedder)
		return c, nil
	}
	info, ok := d.st.Lookup(name)
	var was *index.Settings
	if ok {
		s, err := index.DecodeSettings(info)
		if err != nil {
			return nil, err
		}
		was = &s
	}
	d.lend(o, was)
	if !ok {
		if o.MustExist {
			return nil, ErrNoCollection
		}
		if err := checkName(name); err != nil {
			return nil, err
		}
		if n := d.st.Collections(); n >= d.opts.Limits.Collections {
			return nil, reason.For(ErrLimit, "the database has %d collections, and at most %d are allowed; drop some, or raise the limit; a field of the metadata and a filter divide documents as well", n, d.opts.Limits.Collections)
		}
		s, err := o.create(&d.opts.Limits)
		if err != nil {
			return nil, err
		}
		if info, err = d.st.CreateCollection(name, s); err != nil {
			return nil, err
		}
	}
	c, err := d.loadAlone(ctx, info, o)
	if err != nil {
		return nil, err
	}
	d.collections[name] = c
	return c, nil
}

// lend sets the database's embedder for a collection that is opened without one.
// was holds the collection's settings, or is nil if it is new.
func (d *DB) lend(o *CollectionOptions, was *index.Settings) {
	// Only the caller knows the model of precomputed embeddings. Queries that the
	// database's embedder embeds would not match them.
	precomputed := was != nil && was.Spec == nil || was == nil && o.Precomputed
	outdated := was != nil && d.mismatch(was) != nil
	if o.Embedder == nil && !o.anyModel && !precomputed && !outdated {
		o.Embedder = d.opts.Embedder
	}
}

func (d *DB) derivedDir() string { return filepath.Join(d.dir, derivedDir) }

// checkName accepts letters and digits of any script and _, and after the first
// character also - and dots. Such a name is safe in a URL, a shell and a file name.
func checkName(name string) error {
	if name == "" || len(name) > 128 {
		return reason.For(ErrInvalidName, "%q has %d bytes, want 1 to 128", name, len(name))
	}
	for i, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || i > 0 && (r == '-' || r == '.') || unicode.IsMark(r) && i > 0 {
			continue
		}
		return reason.For(ErrInvalidName, "%q has %q; use letters, digits and _, and after the first character also - and .", name, r)
	}
	return nil
}

// Close waits for running calls, saves snapshots of the graphs and closes the
// database. Later calls return ErrClosed. A Scan or a Collections loop runs until it
// ends: do not call Close inside one.
func (d *DB) Close() error {
	if !d.gate.Close() {
		return wrap("close", d.dir, ErrClosed)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	versions := slices.Collect(maps.Values(d.hidden))
	for _, c := range d.collections {
		versions = append(versions, c.current.Load())
	}
	for _, v := range versions {
		v.close()
	}
	err := d.st.Close()
	if err == nil {
		err = d.unmarkUnsynced()
	}
	errs = append(errs, err, d.lock.Unlock())
	return wrap("close", d.dir, errors.Join(errs...))
}
