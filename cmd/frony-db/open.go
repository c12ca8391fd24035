package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
)

// open opens the database. Commands that only read it set mustExist.
func (a *app) open(mustExist bool) (*db.DB, error) {
	return a.openWith(db.Options{MustExist: mustExist})
}

func (a *app) openWith(o db.Options) (*db.DB, error) {
	o.Logger, o.Progress = a.log, a.progress()
	d, err := db.Open(a.dir, &o)
	return d, wayIn(err)
}

// openToRead opens the database for a command that only reads. Several may do so at
// one time, also in a directory that can't be written to. A database that was not
// closed properly is opened for writing, which recovers it.
func (a *app) openToRead() (*db.DB, error) { return a.openToReadWith(db.Options{}) }

func (a *app) openToReadWith(o db.Options) (*db.DB, error) {
	o.MustExist, o.ReadOnly = true, true
	d, err := a.openWith(o)
	if !errors.Is(err, db.ErrReadOnly) {
		return d, err
	}
	o.ReadOnly = false
	if d, recovered := a.openWith(o); recovered == nil {
		return d, nil
	}
	return nil, err
}

// wayIn adds a hint to the error of a database that can't be opened.
func wayIn(err error) error {
	switch {
	case errors.Is(err, db.ErrNotDatabase):
		return fmt.Errorf("%w; name a database with --db, or create one with 'frony-db import' or 'frony-db quickstart'", err)
	case errors.Is(err, db.ErrLocked):
		return fmt.Errorf("%w; if that is 'frony-db serve', use it with --server URL, or stop it", err)
	}
	return err
}

// close closes the database. An error is logged and otherwise ignored.
func (a *app) close(d *db.DB) {
	if err := d.Close(); err != nil {
		a.log.Error("closing the database", "err", err)
	}
}

// progress shows what the library does in long calls, such as loading a collection.
func (a *app) progress() func(string, int, int) {
	if a.quiet {
		return nil
	}
	var bar *term.Progress
	shown, last := "", 0
	return func(task string, done, total int) {
		switch {
		case bar == nil && done >= total:
			return // it ended before there was anything to show
		case bar == nil:
			bar, shown, last = term.NewProgress(a.err, task, int64(total)), task, 0
		case task != shown:
			return // there is one bar: what goes on in the background waits for the next
		}
		bar.Add(int64(done - last))
		if last = done; done >= total {
			bar.Finish()
			bar = nil
		}
	}
}

// openCollection opens an existing collection, with its model if the command
// embeds anything.
func (a *app) openCollection(ctx context.Context, d *db.DB, embeds bool) (*db.Collection, error) {
	o := &db.CollectionOptions{MustExist: true}
	if embeds {
		info, err := a.describe(ctx, d)
		if err != nil {
			return nil, err
		}
		if o.Embedder, err = a.models.For(ctx, info.Model); err != nil {
			return nil, err
		}
	}
	c, err := d.Collection(ctx, a.collection, o)
	switch {
	case errors.Is(err, db.ErrNoCollection):
		return nil, a.noCollection(ctx, d)
	case errors.Is(err, db.ErrModelMismatch) && a.models.Name == "":
		return nil, fmt.Errorf("%w; change its model with 'frony-db reembed -c %s --model builtin', or another model", err, a.collection)
	}
	return c, err
}

func (a *app) describe(ctx context.Context, d database) (db.CollectionInfo, error) {
	for info, err := range d.Collections(ctx) {
		if err != nil || info.Has(a.collection) {
			return info, err
		}
	}
	return db.CollectionInfo{}, a.noCollection(ctx, d)
}

// noCollection says which collections there are.
func (a *app) noCollection(ctx context.Context, d database) error {
	cause := fmt.Errorf("collection %q: %w", a.collection, db.ErrNoCollection)
	var names []string
	for info, err := range d.Collections(ctx) {
		if err == nil {
			names = append(names, info.Name)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%w; the database has no collections yet; create one with 'frony-db import'", cause)
	}
	return fmt.Errorf("%w; choose one with --collection: %q", cause, names)
}
