package db

import "context"

// Snapshot saves the collection's derived state if it has changed, so that the
// next opening has nothing to replay. Searches go on meanwhile, and writes wait
// only while the state is copied out of memory, not for the disk.
//
// Snapshots are taken in the background as a collection changes, and by Close:
// there is rarely a need to call it. It returns ErrReadOnly and ErrClosed.
func (c *Collection) Snapshot(ctx context.Context) error {
	return c.do("snapshot", c.name, func(v *version) error {
		if c.db.opts.ReadOnly {
			return ErrReadOnly
		}
		return v.Save(ctx)
	})
}
