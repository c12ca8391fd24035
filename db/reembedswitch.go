package db

import (
	"context"
	"errors"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/move"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
)

// change is a running change of a collection's model. It fills the hidden version
// and switches to it.
type change struct {
	c      *Collection
	from   *version
	to     *version          // once it is loaded
	hidden store.Hidden      // ID 0: it must be created
	fresh  *index.Settings   // of the version to create
	e      embedder.Embedder // of to; nil: nothing can be embedded
	report *ReembedReport

	move move.Move
}

// run fills the hidden version, compares the two versions, and switches if doSwitch
// is set. discard then drops the previous version.
func (g *change) run(ctx context.Context, sample int, doSwitch, discard bool) (err error) {
	d := g.c.db
	g.move.Store, g.move.From, g.move.ToID = d.st, g.from.Index, g.hidden.ID
	g.move.Progress = func(done, total int) { d.opts.Progress("reembed "+g.c.Name(), done, total) }
	defer func() {
		g.report.Embedded, g.report.Copied = g.move.Embedded, g.move.Copied
		g.report.Removed, g.report.Skipped = g.move.Removed, g.move.Skipped
		g.report.To.Documents = int(d.st.State(g.move.ToID).Live)
	}()
	plan, err := g.move.Plan(ctx)
	if err != nil {
		return err
	}
	if n := plan.Embeds(); n > 0 && g.e == nil {
		return reason.For(ErrNoEmbedder, "%d documents written since must be embedded with the previous model", n)
	}
	if err := g.load(ctx); err != nil {
		return err
	}
	defer g.unload()
	g.report.To = versionOf(g.to.Settings(), store.State{})
	g.move.Embed = g.to.embed
	g.move.Start(g.to.Index, plan)
	defer g.move.End()
	if err := g.move.All(ctx); err != nil {
		return err
	}
	if err := g.move.Rounds(ctx); err != nil {
		return err
	}
	if sample > 0 {
		if g.report.Overlap, err = g.compare(ctx, sample); err != nil {
			return err
		}
	}
	if !doSwitch {
		return nil
	}
	return d.do(func() error { return g.switchOver(ctx, discard) })
}

// do runs f as an operation on the database: Close waits for it.
func (d *DB) do(f func() error) error {
	if err := d.gate.Enter(); err != nil {
		return err
	}
	defer d.gate.Leave()
	return f()
}

// load creates the hidden version if there is none, and loads it.
func (g *change) load(ctx context.Context) error {
	d := g.c.db
	return d.do(func() (err error) {
		if g.fresh != nil {
			if g.hidden, err = d.st.CreateHidden(g.c.Name(), g.fresh); err != nil {
				return err
			}
		}
		set := g.from.Settings() // carries over the options it was opened with
		to, err := d.load(ctx, g.hidden.Info, &CollectionOptions{Embedder: g.e, EfSearch: set.EfSearch, Oversampling: set.Oversampling, Graph: Graph(set.Graph)})
		if err != nil {
			return err
		}
		// From here on Close and Drop close it, as long as it is in the table.
		d.mu.Lock()
		defer d.mu.Unlock()
		if h, ok := d.st.Hidden(g.c.Name()); !ok || h.ID != to.ID() {
			err := to.Discard()
			index.Remove(d.derivedDir(), to.ID())
			return errors.Join(ErrClosed, err)
		}
		d.hidden[to.ID()] = to
		g.to = to
		return nil
	})
}

// unload closes the hidden version, unless it has become the current one or is
// already closed.
func (g *change) unload() {
	d := g.c.db
	_ = d.do(func() error { // after Close there is nothing to do
		if !d.takeHidden(g.to.ID()) {
			return nil
		}
		g.to.close()
		if h, ok := d.st.Hidden(g.c.Name()); !ok || h.ID != g.to.ID() {
			index.Remove(d.derivedDir(), g.to.ID()) // dropped while its snapshot was written
		}
		return nil
	})
}

// takeHidden removes a version from the table of versions that are being filled,
// and reports whether it was there.
func (d *DB) takeHidden(id uint32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.hidden[id]
	delete(d.hidden, id)
	return ok
}

// switchOver makes the hidden version the current one. It applies the last changes
// while nothing else runs on the previous version.
func (g *change) switchOver(ctx context.Context, discard bool) error {
	c, d := g.c, g.c.db
	err := g.move.Finish(ctx, func() error { return d.st.Switch(c.Name(), discard) })
	if err != nil {
		return err
	}
	g.report.Switched = true
	d.takeHidden(g.to.ID())
	c.current.Store(g.to) // before the previous version is closed: see Collection.do
	if err := g.from.Retire(); err != nil {
		g.from.log.Warn("closing the vector rows of the previous version failed", "err", err)
	}
	if discard {
		index.Remove(d.derivedDir(), g.from.ID())
		d.deleteGarbage(c.Name())
	}
	return nil
}

// deleteGarbage deletes the data of dropped collections and versions.
func (d *DB) deleteGarbage(name string) {
	if _, err := d.st.DeleteGarbage(); err != nil {
		d.opts.Logger.Warn("deleting dropped data failed; the next opening continues it", "collection", name, "err", err)
	}
}

// dropLoaded closes the hidden version of a collection that is being dropped, if
// it is being filled, and removes its files.
func (d *DB) dropLoaded(h store.Hidden) {
	if h.ID == 0 {
		return // there is none
	}
	d.mu.Lock()
	to := d.hidden[h.ID]
	delete(d.hidden, h.ID)
	d.mu.Unlock()
	if to != nil {
		if err := to.Discard(); err != nil {
			to.log.Warn("closing a dropped version failed", "err", err)
		}
	}
	index.Remove(d.derivedDir(), h.ID)
}
