package db

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// load makes the new version if there is none, and loads it.
func (m *move) load(ctx context.Context) error {
	d := m.c.db
	if err := d.gate.enter(); err != nil {
		return err
	}
	defer d.gate.leave()
	if m.fresh != nil {
		var err error
		if m.hidden, err = d.st.CreateHidden(m.c.name, m.fresh); err != nil {
			return err
		}
	}
	set := m.c.facts.Load() // what it was opened with goes over
	to, err := d.load(ctx, m.hidden.Info, &CollectionOptions{Embedder: m.e, EfSearch: set.EfSearch, Oversampling: set.Oversampling})
	if err != nil {
		return err
	}
	// From here on Close and Drop take care of it, as long as it is in the table.
	d.mu.Lock()
	defer d.mu.Unlock()
	if h, ok := d.st.Hidden(m.c.name); !ok || h.ID != to.id {
		err := to.discard()
		d.removeDerived(to.id)
		return errors.Join(ErrClosed, err)
	}
	d.hidden[to.id] = to
	m.to = to
	return nil
}

// unload closes the new version, unless it is the collection by now, or someone
// else has closed it.
func (m *move) unload() {
	d := m.c.db
	if d.gate.enter() != nil {
		return
	}
	defer d.gate.leave()
	d.mu.Lock()
	_, mine := d.hidden[m.to.id]
	delete(d.hidden, m.to.id)
	d.mu.Unlock()
	if !mine {
		return
	}
	m.to.gate.close()
	if err := m.to.close(); err != nil {
		m.c.log.Warn("snapshot of the new version failed; it is rebuilt when it is gone on with", "err", err)
	}
	if h, ok := d.st.Hidden(m.c.name); !ok || h.ID != m.to.id {
		d.removeDerived(m.to.id) // it was dropped while its snapshot was written
	}
}

// finish brings over what is left while nothing else runs on the collection, and
// switches.
func (m *move) finish(ctx context.Context, discard bool) error {
	if err := m.c.db.gate.enter(); err != nil {
		return err
	}
	defer m.c.db.gate.leave()
	for try := 1; ; try++ {
		m.c.calm(ctx)
		m.to.calm(ctx)
		if err := m.c.gate.pause(ctx); err != nil {
			return err
		}
		// The pause may have waited for long, for a Scan, while others wrote.
		n, all := m.f.waiting()
		if last := try == moveTries; last || n <= moveLast && !all {
			old := m.c.id
			if err := m.change(ctx, discard); err != nil {
				return err
			}
			if discard {
				m.c.db.removeDerived(old)
				m.c.sweepDropped()
			}
			return nil
		}
		m.c.gate.resume()
		if err := m.rounds(ctx); err != nil {
			return err
		}
	}
}

// change is the switch. The collection is paused, and goes on when it returns.
func (m *move) change(ctx context.Context, discard bool) error {
	c := m.c
	defer c.gate.resume()
	c.settle()
	m.paused = true
	if err := m.catchUp(ctx); err != nil {
		return err
	}
	m.to.gate.close() // its own sweeps
	m.to.settle()
	if err := c.db.st.Switch(c.name, discard); err != nil {
		return err
	}
	c.become(m.to)
	m.report.Switched = true
	return nil
}

// calm waits for work in the background that settle would wait for, while others
// can still go on.
func (c *Collection) calm(ctx context.Context) {
	for (c.repairing.Load() || c.snapping.Load() || c.calibrating.Load()) && ctx.Err() == nil {
		rest(ctx, time.Millisecond)
	}
}

// settle ends what goes on behind the operations, of which none is under way.
func (c *Collection) settle() {
	c.background.Wait()
	c.grace.drain()
	c.background.Wait() // what was let go may have begun one
}

// become makes the handle that of another version: its number, settings, model
// and everything derived. Both are settled and closed to operations; the other
// handle is of no use any more.
func (c *Collection) become(to *Collection) {
	c.expiry.end()
	if err := c.rows.Close(); err != nil {
		c.log.Warn("closing the vector rows of the version before", "err", err)
	}
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	delete(c.db.hidden, to.id)
	c.id, c.set, c.derived = to.id, to.set, to.derived
	c.facts.Store(&to.set)
	c.model.Store(to.model.Load())
	c.calibration.Store(to.calibration.Load())
	c.saved.Store(to.saved.Load())
	c.changes.Store(to.changes.Load())
	c.sampled.reset()
	c.sweepLater(0) // the other handle's timer finds it closed
}

func (s *sampler) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum, s.LiveRecall = 0, LiveRecall{}
}

// dropLoaded closes the hidden version of a collection that is being dropped, if
// it is being filled. No operation on the collection is under way any more.
func (d *DB) dropLoaded(h store.Hidden) {
	if h.ID == 0 {
		return // there is none
	}
	d.mu.Lock()
	to := d.hidden[h.ID]
	delete(d.hidden, h.ID)
	d.mu.Unlock()
	if to != nil {
		to.gate.close()
		if err := to.discard(); err != nil {
			d.opts.Logger.Warn("closing a dropped version", "collection", h.Name, "err", err)
		}
	}
	d.removeDerived(h.ID)
}

// errSwitched sends a write back to its beginning: the collection has become
// another version, with another model, while it embedded.
var errSwitched = errors.New("the collection has changed its model")

// whole runs a write, again if the collection was switched meanwhile.
func (c *Collection) whole(write func() error) error {
	for {
		if err := write(); !errors.Is(err, errSwitched) {
			return err
		}
	}
}

// outside runs f, which takes long, outside of the operation that calls it: a
// switch does not wait for it. Nothing that the operation knows of the collection
// holds after errSwitched.
func (c *Collection) outside(f func() error) error {
	id := c.id
	c.gate.leave()
	err := f()
	if closed := c.gate.enter(); closed != nil {
		c.gate.again() // the operation will leave
		return closed
	}
	if err == nil && c.id != id {
		return errSwitched
	}
	return err
}
