package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

// Delays of a watcher.
const (
	settle    = 300 * time.Millisecond // without events before it looks
	settleMax = 3 * time.Second        // before it looks despite events
	lookEvery = time.Minute            // without events, since some file systems send none
	pollEvery = 2 * time.Second        // if folders can't be watched
)

// WatchOptions say which folder to keep a collection in sync with.
type WatchOptions struct {
	Options
	Folder     string
	Collection string
	Models     *models.Opener
	Dir        string                 // of the database; it has the ledger, and is not watched
	Open       func() (*db.DB, error) // opens the database; retried on db.ErrLocked
	Report     func(Report) error     // called by Watch after each change
}

// watcher keeps a collection in sync with a folder. Events only trigger a look: a walk
// through the folder finds what has changed. So lost events, renamed folders and the
// ways in which editors save files make no difference.
//
// The database is open, and locked, only while changes are stored. Between changes
// other commands can use it.
type watcher struct {
	WatchOptions
	seen   map[string]stamp // files as they were when last read
	unread map[string]error // folders and files that could not be read at the last look
	notes  *notes           // of the last look
}

// stamp shows whether a file has changed. No file has the zero stamp.
type stamp struct {
	size     int64
	modified time.Time
	mode     fs.FileMode // a file that could not be read may be readable now
}

// Sync imports the files of the folder, and deletes the chunks of files that were
// removed since the last Sync or Watch.
func Sync(ctx context.Context, o WatchOptions) (Report, error) {
	var last Report
	o.Report = func(r Report) error { last = r; return nil }
	w, err := newWatcher(o)
	if err != nil {
		return last, err
	}
	_, err = w.look(ctx, true)
	return last, err
}

// Watch calls Sync and then follows changes until ctx ends, which is not an error.
func Watch(ctx context.Context, o WatchOptions) error {
	report := o.Report
	o.Report = func(r Report) error {
		if r.Written+r.Removed == 0 && len(r.Notes) == 0 {
			return nil // nothing to report
		}
		return report(r)
	}
	w, err := newWatcher(o)
	if err != nil {
		return err
	}
	err = w.run(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // this is how it ends
	}
	return err
}

func newWatcher(o WatchOptions) (*watcher, error) {
	if info, err := os.Stat(o.Folder); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, usage.Errorf("--watch and --prune need a folder, but %q is a file", o.Folder)
	}
	var err error
	o.Folder, err = filepath.Abs(o.Folder)
	return &watcher{WatchOptions: o, seen: map[string]stamp{}}, err
}

func (w *watcher) run(ctx context.Context) error {
	notes, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", w.Folder, err)
	}
	defer func() { _ = notes.Close() }()
	every := w.watchFolders(notes)
	for first := true; ; first = false {
		again, err := w.look(ctx, first)
		if err != nil {
			return err
		}
		if first && !w.Quiet {
			fmt.Fprintf(w.Messages, "frony-db: watching %s; stop with Ctrl-C\n", w.Folder)
		}
		if again {
			select {
			case <-time.After(settle):
			case <-ctx.Done():
				return ctx.Err()
			}
		} else if err := wait(ctx, notes, every); err != nil {
			return err
		}
		every = w.watchFolders(notes)
	}
}

// wait returns when files have changed and settled, or after a while.
func wait(ctx context.Context, notes *fsnotify.Watcher, every time.Duration) error {
	still := time.NewTimer(every)
	defer still.Stop()
	var end <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-notes.Events:
			if e.Op == fsnotify.Chmod {
				continue
			}
			if end == nil {
				end = time.After(settleMax)
			}
			still.Reset(settle)
		case <-notes.Errors: //nolint:errcheck // events were lost, so look
			return nil
		case <-still.C:
			return nil
		case <-end:
			return nil
		}
	}
}

// watchFolders subscribes to changes in the folder and all below it, and returns how
// long to wait without events.
func (w *watcher) watchFolders(notes *fsnotify.Watcher) time.Duration {
	data, _ := os.Stat(w.Dir)
	every := lookEvery
	err := filepath.WalkDir(w.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil //nolint:nilerr // the folder may be gone again
		}
		info, err := d.Info()
		if path != w.Folder && (hidden(path) || err == nil && data != nil && os.SameFile(info, data)) {
			return fs.SkipDir
		}
		if err := notes.Add(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.Log.Warn("folder can't be watched; polling it", "folder", path, "err", err)
			every = pollEvery
		}
		return nil
	})
	if err != nil {
		every = pollEvery
	}
	return every
}

func hidden(path string) bool { return filepath.Base(path)[0] == '.' }

// look finds what has changed in the folder since the last look, and brings the
// collection into sync. If all is set it reads every file, and unchanged ones cost
// little. It returns true if a file was modified just now, since its time of
// modification could miss another change.
func (w *watcher) look(ctx context.Context, all bool) (again bool, err error) {
	now := time.Now()
	there := map[string]stamp{}
	var changed []string
	o := w.Source
	o.Select = func(path string, format source.Format, info fs.FileInfo) bool {
		if !format.IsDocument() || info.Size() == 0 {
			return false
		}
		s := stamp{info.Size(), info.ModTime(), info.Mode()}
		there[path] = s
		if w.seen[path] == s {
			return false
		}
		changed = append(changed, path)
		return true
	}
	unread := map[string]error{}
	o.Unread = func(path string, err error) { unread[path] = err }
	w.notes = &notes{}
	o.Note = w.notes.add
	r, err := source.Open(ctx, w.Folder, &o)
	if errors.Is(err, source.ErrNoFiles) {
		r, err = nil, nil
	}
	if err != nil {
		return false, optionError(err)
	}
	if r != nil {
		defer func() { _ = r.Close() }() // only read from
	}
	vanished := w.tellUnread(unread) || all
	for path := range w.seen {
		if _, ok := there[path]; !ok {
			vanished = true
		}
	}
	if len(changed) > 0 || vanished {
		if err := w.sync(ctx, r, there, changed); err != nil {
			return false, err
		}
	}
	for path, s := range there {
		if now.Sub(s.modified) < settle {
			there[path], again = stamp{size: -1}, true
		}
	}
	w.seen = there
	return again, nil
}

// tellUnread names the folders and files that can't be read, once each, and reports
// whether others than at the last look can be.
func (w *watcher) tellUnread(unread map[string]error) (changed bool) {
	for _, path := range slices.Sorted(maps.Keys(unread)) {
		if _, told := w.unread[path]; !told {
			fmt.Fprintf(w.Messages, "frony-db: %s: %v; what was stored of it is kept\n", path, unread[path])
			changed = true
		}
	}
	changed = changed || len(unread) != len(w.unread)
	w.unread = unread
	return changed
}
