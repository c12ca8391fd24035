package db

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/fronyai/frony-db/db/internal/archive"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// BackupInfo says what a backup is of.
type BackupInfo struct {
	ID       string    `json:"id"`
	Database string    `json:"database"` // the database's own name
	Created  time.Time `json:"created"`
	// Base is the backup that this one adds to; empty: it is complete.
	Base string `json:"base,omitempty"`
	// Since and Until are moments of the database: the backup holds the documents
	// that were written after the one, up to the other.
	Since uint64 `json:"since"`
	Until uint64 `json:"until"`

	Collections []BackupCollection `json:"collections,omitempty"`
	Documents   int                `json:"documents"` // in this backup
	Bytes       int64              `json:"bytes"`     // before compression
	SHA256      string             `json:"sha256"`    // of all before the manifest
}

// BackupCollection is a line of a backup's manifest.
type BackupCollection struct {
	Name      string `json:"name"`
	Live      int    `json:"live"`      // documents of the collection at that moment
	Documents int    `json:"documents"` // of these, in this backup
	SHA256    string `json:"sha256"`
}

// BackupOptions say what to back up. The zero value is everything.
type BackupOptions struct {
	// Base is an earlier backup of this database, of which ReadBackupInfo or
	// Backup gave the description. The new one then holds only what was written
	// since, and the list of what is still there.
	Base *BackupInfo
}

// Backup writes the database, as it is at this moment, to w: compressed, with
// checksums, and a manifest at its end. Searches and writes go on meanwhile.
// Only documents and vectors are in it; what is derived from them is made anew
// when the restored database is opened.
//
// It returns ErrBackup if the base is not of this database, what w returns, and
// ErrClosed.
func (d *DB) Backup(ctx context.Context, w io.Writer, o *BackupOptions) (BackupInfo, error) {
	if err := d.gate.Enter(); err != nil {
		return BackupInfo{}, wrap("backup", d.dir, err)
	}
	defer d.gate.Leave()
	v := d.st.View(nil)
	defer v.Close()
	// A later one has what is newer than this: it must not be lost and written anew.
	if err := d.st.Sync(); err != nil {
		return BackupInfo{}, wrap("backup", d.dir, err)
	}
	info := BackupInfo{
		ID: uuid.Must(uuid.NewV7()).String(), Database: fmt.Sprintf("%x", d.id),
		Created: time.Now().UTC().Truncate(time.Second), Until: v.TS(),
	}
	if o != nil && o.Base != nil {
		b := o.Base
		switch {
		case b.Database != info.Database:
			return info, wrap("backup", d.dir, reason.For(ErrBackup, "the base is of another database"))
		case b.Until > info.Until:
			return info, wrap("backup", d.dir, reason.For(ErrBackup, "the base is newer than the database"))
		}
		info.Base, info.Since = b.ID, b.Until
	}
	err := d.backup(ctx, v, w, &info)
	return info, wrap("backup", d.dir, err)
}

func (d *DB) backup(ctx context.Context, v *store.View, w io.Writer, info *BackupInfo) error {
	a, err := archive.NewWriter(w)
	if err != nil {
		return err
	}
	defer a.Abandon()
	if err := a.JSON(archive.Header, info); err != nil {
		return err
	}
	for c, err := range v.Collections() {
		if err != nil {
			return err
		}
		since := info.Since
		if c.Changed > since {
			since = 0 // the base has it with another model, or not at all
		}
		line, err := backupCollection(ctx, v, a, c, since)
		if err != nil {
			return fmt.Errorf("collection %q: %w", c.Name, err)
		}
		info.Collections = append(info.Collections, line)
		info.Documents += line.Documents
	}
	info.SHA256, info.Bytes = a.Sum()
	return a.Finish(info)
}

// archivedCollection is what a backup keeps of a collection beside its
// documents.
type archivedCollection struct {
	Info  store.Info  `json:"info"`
	State store.State `json:"state"`
}

func backupCollection(ctx context.Context, v *store.View, a *archive.Writer, info store.Info, since uint64) (line BackupCollection, err error) {
	st, err := v.StateOf(info.ID)
	if err != nil {
		return line, err
	}
	a.Begin()
	if err := a.JSON(archive.Collection, archivedCollection{info, st}); err != nil {
		return line, err
	}
	line.Name = info.Name
	before := uint32(0)
	live := func(node uint32) error {
		line.Live++
		a.Buf = binary.AppendUvarint(a.Buf, uint64(node-before))
		before = node
		return a.Spill(ctx, archive.Live)
	}
	first := true
	document := func(node uint32, record, vector []byte) error {
		if first {
			first = false
			if err := a.Flush(archive.Live); err != nil {
				return err
			}
		}
		line.Documents++
		a.Buf = binary.AppendUvarint(a.Buf, uint64(node))
		for _, b := range [][]byte{record, vector} {
			a.Buf = binary.AppendUvarint(a.Buf, uint64(len(b)))
			a.Buf = append(a.Buf, b...)
		}
		return a.Spill(ctx, archive.Documents)
	}
	if err := v.Export(info.ID, since, live, document); err != nil {
		return line, err
	}
	last := archive.Documents
	if first {
		last = archive.Live
	}
	if err := a.Flush(last); err != nil {
		return line, err
	}
	line.SHA256 = a.CollectionSum()
	return line, nil
}
