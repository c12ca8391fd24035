package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// How a watcher waits.
const (
	settle    = 300 * time.Millisecond // without an event, before it looks
	settleMax = 3 * time.Second        // with events all the time
	lookEvery = time.Minute            // without any: not all file systems tell
	pollEvery = 2 * time.Second        // where they can't be watched at all
)

// watcher keeps a collection in step with a folder. Events only say when to
// look: what has changed is told by a walk through the folder, so that a lost
// event, a renamed folder or an editor's way of saving makes no difference.
//
// The database is open, and locked, only while there is something to store:
// between changes other commands can use it.
type watcher struct {
	*app
	o      importOptions
	folder string
	seen   map[string]stamp // files as they were when they were read
}

// stamp tells whether a file has changed. The zero stamp is that of no file.
type stamp struct {
	size     int64
	modified time.Time
}

// runWatch stores what the folder holds, removes what has vanished since the
// last time, and, if asked to, goes on doing so until ctx ends.
func (a *app) runWatch(ctx context.Context, folder string, o importOptions) error {
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return usage.Errorf("--watch and --prune want a folder, and %q is a file", folder)
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	w := &watcher{app: a, o: o, folder: abs, seen: map[string]stamp{}}
	if !o.watch {
		_, err := w.look(ctx, true)
		return err
	}
	err = w.run(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the way to end it
	}
	return err
}

func (w *watcher) run(ctx context.Context) error {
	notes, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", w.folder, err)
	}
	defer func() { _ = notes.Close() }()
	every := w.watchFolders(notes)
	for first := true; ; first = false {
		again, err := w.look(ctx, first)
		if err != nil {
			return err
		}
		if first && !w.quiet {
			fmt.Fprintf(w.err, "frony-db: watching %s; stop with Ctrl-C\n", w.folder)
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

// wait returns when files have changed and lie still again, or after a while.
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
		case <-notes.Errors: //nolint:errcheck // events were lost: look
			return nil
		case <-still.C:
			return nil
		case <-end:
			return nil
		}
	}
}

// watchFolders asks to be told of changes in the folder and all below, and
// returns how long to wait if nothing is told.
func (w *watcher) watchFolders(notes *fsnotify.Watcher) time.Duration {
	data, _ := os.Stat(w.dir)
	every := lookEvery
	err := filepath.WalkDir(w.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil //nolint:nilerr // a folder that is gone again
		}
		info, err := d.Info()
		if path != w.folder && (hidden(path) || err == nil && data != nil && os.SameFile(info, data)) {
			return fs.SkipDir
		}
		if err := notes.Add(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.log.Warn("folder can't be watched, and is looked at now and then", "folder", path, "err", err)
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

// look finds what has changed in the folder since it was last looked at, and
// brings the collection into step. With all, everything is read: the store
// knows what it has. It returns true if a file was written to just now, so that
// its time can't tell whether it is written to again.
func (w *watcher) look(ctx context.Context, all bool) (again bool, err error) {
	now := time.Now()
	there := map[string]stamp{}
	var changed []string
	o := w.o.source
	o.Select = func(path string, format source.Format, info fs.FileInfo) bool {
		if format != source.Markdown && format != source.Text || info.Size() == 0 {
			return false
		}
		s := stamp{info.Size(), info.ModTime()}
		there[path] = s
		if w.seen[path] == s {
			return false
		}
		changed = append(changed, path)
		return true
	}
	r, err := source.Open(ctx, w.folder, &o)
	if errors.Is(err, source.ErrNoFiles) {
		r, err = nil, nil
	}
	if err != nil {
		return false, optionError(err)
	}
	if r != nil {
		defer func() { _ = r.Close() }() // only read from
	}
	vanished := all
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

// optionError tells a wrong command line from what is wrong with files.
func optionError(err error) error {
	switch {
	case errors.Is(err, source.ErrFormat):
		return usage.Errorf("%w (--format)", err)
	case errors.Is(err, source.ErrOptions), errors.Is(err, source.ErrEncoding):
		return usage.Wrap(err)
	}
	return err
}
