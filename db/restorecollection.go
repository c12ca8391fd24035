package db

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// RestoreCollectionOptions say what RestoreCollection restores. The zero value is the
// default.
type RestoreCollectionOptions struct {
	// From is the collection's name in the backup. Empty means the new name.
	From string
	// MaxBytes is the largest size of a backup when decompressed. Zero means a
	// thousand times its compressed size.
	MaxBytes int64
}

// RestoreCollection adds a collection to the database, from a complete backup and the
// incremental ones that follow it, oldest first. They may be of another database. The
// collection appears under its name when all of it has been read and verified; after a
// failure or a kill nothing of it is left. Searches and writes of other collections
// continue meanwhile.
//
// Documents that were damaged when the backup was made are left out: RestoreCollection
// then returns ErrDamaged, which names them, and the collection holds all others.
// Otherwise it returns ErrCollectionExists, ErrNoCollection if the backup does not
// have it, ErrBackup, ErrInvalidName, ErrLimit, ErrDiskFull, ErrReadOnly and ErrClosed.
func (d *DB) RestoreCollection(ctx context.Context, name string, o *RestoreCollectionOptions, backups ...io.Reader) (BackupCollection, error) {
	if o == nil {
		o = &RestoreCollectionOptions{}
	}
	if err := d.gate.Enter(); err != nil {
		return BackupCollection{}, wrap("restore collection", name, err)
	}
	defer d.gate.Leave()
	r := restoringCollection{filling: filling{d: d, ctx: ctx, name: name, step: "restore"}, from: o.From}
	if r.from == "" {
		r.from = name
	}
	line, err := r.run(o.MaxBytes, backups)
	return line, wrap("restore collection", name, err)
}

// restoringCollection is the state of a RestoreCollection.
type restoringCollection struct {
	filling
	from   string
	source *restored // nil: the backup does not have it, as far as it was read
}

func (r *restoringCollection) run(most int64, backups []io.Reader) (line BackupCollection, err error) {
	if err := r.check(); err != nil {
		return line, err
	}
	defer func() {
		if err = errors.Join(err, r.end(err == nil)); err == nil {
			err = (&BackupInfo{Collections: []BackupCollection{line}}).damaged("the restored collection holds")
		}
	}()
	s := &restoring{begin: r.begin, put: r.put}
	info, err := s.readAll(r.ctx, most, backups)
	if err == nil && r.source == nil {
		var names []string
		for _, c := range info.Collections {
			names = append(names, c.Name)
		}
		err = reason.For(ErrNoCollection, "the backup has no collection %q; it has %s", r.from, reason.IDs(names...))
	}
	if err == nil {
		err = r.flush()
	}
	if err != nil {
		return line, err
	}
	line = info.Collections[slices.IndexFunc(info.Collections, func(c BackupCollection) bool { return c.Name == r.from })]
	line.Name, line.Live, line.Documents = r.name, r.done, r.done
	return line, nil
}

// begin creates the collection once the backup comes to it.
func (r *restoringCollection) begin(c *restored) error {
	if c.Info.Name != r.from {
		return nil
	}
	set, err := index.DecodeSettings(c.Info)
	if err != nil {
		return err
	}
	r.source = c
	return r.filling.begin(&set, int(c.State.Live))
}

// put adds a document of the collection.
func (r *restoringCollection) put(c *restored, _ uint32, rec *store.Record, _, vector []byte) error {
	if c != r.source {
		return nil
	}
	return r.filling.put(index.Put{Record: *rec, Vector: store.DecodeVector(nil, vector)})
}
