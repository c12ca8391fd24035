package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"time"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/ledger"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// lockedWait is how often a watcher tries to open a database that another process
// has locked.
const lockedWait = time.Second

// sync imports the files that r reads, and deletes the chunks of files that are not
// there any more.
func (w *watcher) sync(ctx context.Context, r source.Reader, there map[string]stamp, changed []string) error {
	im := newImporter(w.Options)
	im.o.Quiet = true // the report suffices
	im.count.unread.Store(int64(len(w.unread)))
	im.notes = w.notes
	im.rejected = func(rj *source.Reject) error {
		fmt.Fprintf(w.Messages, "frony-db: %v; its previous version is kept\n", rj)
		return nil
	}
	im.failed = func(fe *source.FileError) error {
		if !errors.Is(fe, fs.ErrNotExist) { // if it was removed meanwhile, the next look handles it
			fmt.Fprintf(w.Messages, "frony-db: %v; its previous version is kept\n", fe)
		}
		return nil
	}
	d, err := w.openFree(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := d.Close(); err != nil {
			w.Log.Error("closing the database", "err", err)
		}
	}()
	im.to = Target{Collection: w.Collection, DB: engine.Local(d), Models: w.Models}
	if err := im.open(ctx, &source.Record{}); err != nil {
		return err
	}
	info, _, err := im.find(ctx, d)
	if err != nil {
		return err
	}
	l, err := ledger.Open(filepath.Join(w.Dir, "imports"), ledger.Key{
		Folder: w.Folder, Prefix: w.Source.Prefix, Collection: w.Collection, Created: info.Created,
	})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // additions are on disk already
	if err := l.Add(changed...); err != nil {
		return err
	}
	if len(changed) > 0 {
		if err := im.run(ctx, r); err != nil {
			return err
		}
	}
	if err := im.removeVanished(ctx, l, there, w.unread); err != nil {
		return err
	}
	return w.Report(im.Report())
}

// openFree opens the database. It waits while another process has locked it.
func (w *watcher) openFree(ctx context.Context) (*db.DB, error) {
	for told := false; ; {
		d, err := w.Open()
		if !errors.Is(err, db.ErrLocked) {
			return d, err
		}
		if !told && !w.Quiet {
			fmt.Fprintf(w.Messages, "frony-db: %v; waiting\n", err)
			told = true
		}
		select {
		case <-time.After(lockedWait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// removeVanished deletes the chunks of files that are in the ledger but no longer in
// the folder. What can't be read is not gone.
func (im *Importer) removeVanished(ctx context.Context, l *ledger.Ledger, there map[string]stamp, unread map[string]error) error {
	var gone []string
	for name := range l.Files() {
		if _, ok := there[name]; ok || within(name, unread) {
			continue
		}
		r, err := im.col.ReplaceSource(ctx, im.o.Source.Prefix+name)
		if err != nil {
			return err
		}
		im.count.removed.Add(int64(r.Deleted))
		gone = append(gone, name)
	}
	return l.Remove(gone...)
}

// within reports whether a file is one of the paths, or in one of them.
func within(name string, paths map[string]error) bool {
	for ; name != "."; name = path.Dir(name) {
		if _, ok := paths[name]; ok {
			return true
		}
	}
	return false
}
