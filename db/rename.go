package db

import (
	"context"
	"errors"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// Rename gives a collection another name, in one transaction. Its aliases follow it, and so
// do its handles: reads and writes go on. The old name is free.
//
// It returns ErrNoCollection, ErrAliased if from is an alias, ErrCollectionExists if the
// new name is taken by a collection or an alias, ErrInvalidName, ErrReembedding while the
// collection's model is being changed, ErrReadOnly, ErrDiskFull and ErrClosed.
func (d *DB) Rename(ctx context.Context, from, to string) error {
	return wrap("rename collection", from, d.do(func() error {
		if err := errors.Join(ctx.Err(), checkName(to), d.notAlias(from)); err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		name, err := d.settled(ctx, from)
		if err != nil {
			return err
		}
		c := d.collections[name]
		if c != nil {
			if !c.changing.TryLock() {
				return reason.For(ErrReembedding, "it is in progress; rename the collection when it has ended")
			}
			defer c.changing.Unlock()
		}
		if err := d.st.RenameCollection(name, to); err != nil || c == nil {
			return err
		}
		delete(d.collections, name)
		d.collections[to] = c
		c.named.Store(&to)
		return nil
	}))
}
