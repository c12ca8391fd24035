package db

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/gofrs/flock"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
)

// DB is an open database. Its methods may be called concurrently.
type DB struct {
	dir  string
	opts Options
	id   [16]byte // of this database, so that derived files can't be mixed up
	lock *flock.Flock
	st   *store.Store
	gate *gate

	// mu guards collections, the ones that are loaded, and loading, the ones that
	// are about to be, each with a channel that is closed then.
	mu          sync.Mutex
	collections map[string]*Collection
	loading     map[string]chan struct{}
}

const (
	markerFile = "FRONYDB" // says that the directory is a database, and which
	lockFile   = "LOCK"
	storeDir   = "store"
	derivedDir = "derived"
)

// Open opens the database in the directory path, and creates it if the
// directory is empty or missing. nil options are the defaults.
//
// It returns ErrLocked, naming the process, if another one has it open,
// ErrNotDatabase if path holds something else, ErrFormat if a newer version
// wrote it, ErrReadOnly if it can't be written to, and ErrInvalidOptions.
func Open(path string, opts *Options) (*DB, error) {
	o, err := opts.prepare()
	if err != nil {
		return nil, wrap("open", path, err)
	}
	d := &DB{dir: path, opts: o, gate: newGate(), collections: make(map[string]*Collection), loading: make(map[string]chan struct{})}
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
			return because(ErrNotDatabase, "there is no database here")
		}
		if err := os.MkdirAll(d.dir, 0o755); err != nil {
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
			if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o755); err != nil {
				return unwritable(err)
			}
		}
		removeTemps(d.dir)
		removeTemps(filepath.Join(d.dir, derivedDir))
	}
	d.st, err = store.Open(filepath.Join(d.dir, storeDir), store.Options{
		SyncEvery: d.opts.SyncEvery, ReadOnly: d.opts.ReadOnly, Logger: d.opts.Logger,
	})
	if err != nil {
		return unwritable(err)
	}
	if !d.opts.ReadOnly {
		if n, err := d.st.Sweep(); err != nil {
			d.opts.Logger.Warn("sweeping dropped collections failed; it goes on at the next opening", "err", err)
		} else if n > 0 {
			d.opts.Logger.Info("swept dropped collections", "collections", n)
		}
	}
	return nil
}

// inspect says whether dir holds a database. A directory with anything else in
// it is left alone.
func inspect(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		if info, serr := os.Stat(dir); serr == nil && !info.IsDir() {
			return false, because(ErrNotDatabase, "it is a file, not a directory")
		}
		return false, err
	}
	if len(entries) == 0 {
		return false, nil
	}
	for _, e := range entries {
		if e.Name() == markerFile {
			return true, nil
		}
	}
	if store.Exists(filepath.Join(dir, storeDir)) {
		return true, nil // the marker is missing; identify writes it anew
	}
	for _, e := range entries {
		if e.Name() != lockFile { // left by an Open that was interrupted
			return false, because(ErrNotDatabase, "the directory holds other files, such as %s", e.Name())
		}
	}
	return false, nil
}

func unwritable(err error) error {
	if errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "read-only file system") {
		return because(ErrReadOnly, "%v", err)
	}
	return err
}

// takeLock keeps other processes out. The file holds the holder's pid.
func (d *DB) takeLock() error {
	path := filepath.Join(d.dir, lockFile)
	d.lock = flock.New(path)
	try := d.lock.TryLock
	if d.opts.ReadOnly {
		try = d.lock.TryRLock
	}
	ok, err := try()
	if err != nil {
		d.lock = nil
		return unwritable(err)
	}
	if !ok {
		d.lock = nil
		pid, err := os.ReadFile(path)
		if err != nil || len(pid) == 0 {
			return ErrLocked
		}
		return because(ErrLocked, "process %s has it open", strings.TrimSpace(string(pid)))
	}
	if d.opts.ReadOnly {
		return nil
	}
	// Windows keeps the file itself from being written while it is locked: who
	// holds it then stays unsaid.
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil && runtime.GOOS != "windows" {
		return unwritable(err)
	}
	return nil
}

// identify reads the marker file, or writes it:
//
//	frony-db 1
//	<32 hexadecimal digits that name this database>
func (d *DB) identify(exists bool) error {
	path := filepath.Join(d.dir, markerFile)
	_, err := os.Stat(path)
	if missing := errors.Is(err, fs.ErrNotExist); !exists || missing && !d.opts.ReadOnly {
		if exists {
			d.opts.Logger.Warn("the marker file was missing and is written anew; collections are rebuilt when they are opened", "file", path)
		}
		if _, err := rand.Read(d.id[:]); err != nil {
			return err
		}
		return unwritableOrNil(writeFile(path, fmt.Appendf(nil, "frony-db %d\n%x\n", markerVersion, d.id)))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var version int
	var id string
	if _, err := fmt.Sscanf(string(b), "frony-db %d\n%s\n", &version, &id); err != nil {
		return damagedMarker(err)
	}
	if version > markerVersion {
		return because(ErrFormat, "version %d, this program knows %d; open it with a newer frony-db", version, markerVersion)
	}
	n, err := hex.Decode(d.id[:], []byte(id))
	if err != nil || n != len(d.id) {
		return damagedMarker(errors.New("it does not hold 32 hexadecimal digits"))
	}
	return nil
}

// damagedMarker says what helps: the name of a database only keeps derived
// files apart, so a new one costs nothing but their rebuilding.
func damagedMarker(err error) error {
	return because(ErrNotDatabase, "the marker file %s is damaged (%v); delete it and open again: the documents are in %s and are not touched",
		markerFile, err, storeDir)
}

const markerVersion = 1

func unwritableOrNil(err error) error {
	if err == nil {
		return nil
	}
	return unwritable(err)
}

// Collection opens a collection, and creates it if it does not exist. nil
// options are the defaults. The same collection may be opened often; all
// handles are one.
//
// It returns ErrNoCollection if opts say that it must exist, ErrModelMismatch
// if it was filled with another model, ErrInvalidName, ErrInvalidOptions and
// ErrLimit.
func (d *DB) Collection(ctx context.Context, name string, opts *CollectionOptions) (*Collection, error) {
	if err := d.gate.enter(); err != nil {
		return nil, wrap("open collection", name, err)
	}
	defer d.gate.leave()
	var o CollectionOptions
	if opts != nil {
		o = *opts
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.settled(ctx, name)
	var c *Collection
	if err == nil {
		c, err = d.collection(ctx, name, &o)
	}
	return c, wrap("open collection", name, err)
}

// settled waits until nobody else is loading the collection. d.mu is held, but
// not while it waits.
func (d *DB) settled(ctx context.Context, name string) error {
	for d.loading[name] != nil {
		loaded := d.loading[name]
		d.mu.Unlock()
		select {
		case <-loaded:
		case <-ctx.Done():
		}
		d.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// loadAlone loads a collection without d.mu, which is held before and after:
// a rebuild takes long, and the other collections are wanted meanwhile.
func (d *DB) loadAlone(ctx context.Context, info store.Info, o *CollectionOptions) (*Collection, error) {
	loaded := make(chan struct{})
	d.loading[info.Name] = loaded
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.loading, info.Name)
		close(loaded)
	}()
	return d.load(ctx, info, o)
}

func (d *DB) collection(ctx context.Context, name string, o *CollectionOptions) (*Collection, error) {
	if c := d.collections[name]; c != nil {
		s := c.set
		d.lend(o, &s)
		if err := o.open(&s, &d.opts.Limits); err != nil {
			return nil, err
		}
		c.take(o.Embedder)
		return c, nil
	}
	info, ok := d.st.Lookup(name)
	var was *settings
	if ok {
		s, err := decodeSettings(info)
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
			return nil, because(ErrLimit, "the database has %d collections", n)
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

// lend gives a collection the database's embedder if it is opened without one.
// was is what it was created with, or nil.
func (d *DB) lend(o *CollectionOptions, was *settings) {
	// Vectors that were given are of a model that only the caller knows: the
	// database's embedder would ask them in another language.
	given := was != nil && was.Spec == nil
	if o.Embedder == nil && !o.anyModel && !given {
		o.Embedder = d.opts.Embedder
	}
}

// checkName admits letters and digits of any script, and _ - . inside, so that
// a name is safe in a URL, a shell and a file name.
func checkName(name string) error {
	if name == "" || len(name) > 128 {
		return because(ErrInvalidName, "%q has %d bytes, want 1 to 128", name, len(name))
	}
	for i, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || i > 0 && (r == '-' || r == '.') || unicode.IsMark(r) && i > 0 {
			continue
		}
		return because(ErrInvalidName, "%q has %q; use letters, digits, and _ - . inside", name, r)
	}
	return nil
}

// CollectionInfo describes a collection without loading it.
type CollectionInfo struct {
	Name      string         `json:"name"`
	Documents int            `json:"documents"`
	Dims      int            `json:"dims"`
	HeadDims  int            `json:"head_dims"`
	Model     *embedder.Spec `json:"model,omitempty"` // nil: embeddings are given
	Created   time.Time      `json:"created"`
}

// Collections yields the collections by name.
func (d *DB) Collections(ctx context.Context) iter.Seq2[CollectionInfo, error] {
	return func(yield func(CollectionInfo, error) bool) {
		if err := d.gate.enter(); err != nil {
			yield(CollectionInfo{}, wrap("list collections", "", err))
			return
		}
		defer d.gate.leave()
		v := d.st.View(nil)
		defer v.Close()
		for info, err := range v.Collections() {
			if err == nil {
				err = ctx.Err()
			}
			var ci CollectionInfo
			if err == nil {
				ci, err = describe(info, d.st.State(info.ID))
			}
			if !yield(ci, wrap("list collections", "", err)) || err != nil {
				return
			}
		}
	}
}

func describe(info store.Info, st store.State) (CollectionInfo, error) {
	s, err := decodeSettings(info)
	return CollectionInfo{
		Name: info.Name, Documents: int(st.Live), Dims: s.Dims, HeadDims: s.HeadDims,
		Model: s.Spec, Created: info.Created,
	}, err
}

// Drop deletes a collection with all its documents. Searches of it that are
// under way end first: do not call it inside a Scan of the collection.
func (d *DB) Drop(ctx context.Context, name string) error {
	if err := d.gate.enter(); err != nil {
		return wrap("drop collection", name, err)
	}
	defer d.gate.leave()
	info, c, err := d.forget(ctx, name)
	if err != nil {
		return wrap("drop collection", name, err)
	}
	// Without d.mu: what is under way may be a Scan that opens other collections.
	if c != nil {
		c.gate.close()
		if err := c.discard(); err != nil {
			d.opts.Logger.Warn("closing a dropped collection", "collection", name, "err", err)
		}
	}
	d.removeDerived(info.ID)
	if _, err := d.st.Sweep(); err != nil {
		d.opts.Logger.Warn("sweeping a dropped collection failed; it goes on at the next opening", "collection", name, "err", err)
	}
	return nil
}

// forget takes a collection out of the store's list and out of the table. It
// returns the handle, if it was open: its data is there until it is swept.
func (d *DB) forget(ctx context.Context, name string) (store.Info, *Collection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.settled(ctx, name); err != nil {
		return store.Info{}, nil, err
	}
	info, ok := d.st.Lookup(name)
	if !ok {
		return info, nil, ErrNoCollection
	}
	if err := d.st.DropCollection(name); err != nil {
		return info, nil, err
	}
	c := d.collections[name]
	delete(d.collections, name)
	return info, c, nil
}

// Close waits for what runs, takes snapshots of the graphs and closes the
// database. Calls that come later return ErrClosed. Scan and Collections count
// as running until their loop ends: do not call Close inside it.
func (d *DB) Close() error {
	if !d.gate.close() {
		return wrap("close", d.dir, ErrClosed)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for name, c := range d.collections {
		c.gate.close()
		if err := c.close(); err != nil {
			// The store is the truth: the next opening rebuilds what is missing.
			d.opts.Logger.Warn("snapshot failed; the collection is rebuilt when it is opened", "collection", name, "err", err)
		}
	}
	errs = append(errs, d.st.Close(), d.lock.Unlock())
	return wrap("close", d.dir, errors.Join(errs...))
}
