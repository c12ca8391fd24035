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
	r := restoringCollection{d: d, ctx: ctx, name: name, from: o.From}
	if r.from == "" {
		r.from = name
	}
	line, err := r.run(o.MaxBytes, backups)
	return line, wrap("restore collection", name, err)
}

// restoringCollection is the state of a RestoreCollection.
type restoringCollection struct {
	d          *DB
	ctx        context.Context //nolint:containedctx // it lives as long as the call
	name, from string

	source *restored // nil: the backup does not have it, as far as it was read
	hidden store.Hidden
	to     *version
	puts   []index.Put
	bytes  int
	done   int
}

const (
	restoreBatch = 1000
	restoreBytes = 4 << 20 // of texts and vectors in a batch
)

func (r *restoringCollection) run(most int64, backups []io.Reader) (line BackupCollection, err error) {
	d := r.d
	switch _, exists := d.st.Lookup(r.name); {
	case d.opts.ReadOnly:
		return line, ErrReadOnly
	case exists:
		return line, ErrCollectionExists
	case d.st.Collections() >= d.opts.Limits.Collections:
		return line, reason.For(ErrLimit, "the database has %d collections, and at most %d are allowed", d.st.Collections(), d.opts.Limits.Collections)
	}
	if err := checkName(r.name); err != nil {
		return line, err
	}
	defer func() {
		if err = errors.Join(err, r.close(err == nil)); err == nil {
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

// begin creates the collection, without a name.
func (r *restoringCollection) begin(c *restored) error {
	if c.Info.Name != r.from {
		return nil
	}
	d := r.d
	set, err := index.DecodeSettings(c.Info)
	if err != nil {
		return err
	}
	if r.hidden, err = d.st.CreateUnnamed(r.name, set); err != nil {
		return err
	}
	r.source = c
	if r.to, err = d.load(r.ctx, r.hidden.Info, &CollectionOptions{}); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hidden[r.to.ID()] = r.to
	return nil
}

// put adds a document to the batch.
func (r *restoringCollection) put(c *restored, _ uint32, rec *store.Record, _, vector []byte) error {
	if c != r.source {
		return nil
	}
	r.puts = append(r.puts, index.Put{Record: *rec, Vector: store.DecodeVector(nil, vector)})
	if r.bytes += len(rec.Text) + len(vector); len(r.puts) < restoreBatch && r.bytes < restoreBytes {
		return nil
	}
	return r.flush()
}

// flush writes the batch.
func (r *restoringCollection) flush() error {
	if len(r.puts) == 0 {
		return nil
	}
	if err := r.to.Insert(r.ctx, r.puts); err != nil {
		return err
	}
	r.done += len(r.puts)
	r.puts, r.bytes = nil, 0
	r.d.opts.Progress("restore "+r.name, r.done, max(r.done, int(r.source.State.Live)))
	return nil
}

// close gives the collection its name, or drops it.
func (r *restoringCollection) close(publish bool) error {
	d := r.d
	if r.hidden.ID == 0 {
		return nil
	}
	if r.to != nil && d.takeHidden(r.to.ID()) {
		r.to.close()
	}
	var err error
	if publish {
		if err = d.st.Publish(r.hidden); err == nil {
			return nil
		}
	}
	if e := d.st.DropHidden(r.hidden.Name); e != nil {
		return errors.Join(err, e)
	}
	index.Remove(d.derivedDir(), r.hidden.ID)
	d.deleteGarbage(r.name)
	return err
}
