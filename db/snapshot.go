package db

import "context"

// Snapshot saves the collection's derived state if it has changed, so that the
// next opening need not replay the change log. Searches continue meanwhile; writes
// wait while the state is copied in memory, but not for the disk.
//
// Snapshots are taken in the background as a collection changes, and by Close: it
// is rarely necessary to call it. It returns ErrReadOnly and ErrClosed.
func (c *Collection) Snapshot(ctx context.Context) error {
	return c.do("snapshot", c.Name(), func(v *version) error {
		if c.db.opts.ReadOnly {
			return ErrReadOnly
		}
		return v.Save(ctx)
	})
}
