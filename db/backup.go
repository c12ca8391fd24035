package db

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/fronyai/frony-db/db/internal/archive"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// BackupInfo describes a backup.
type BackupInfo struct {
	ID       string    `json:"id"`
	Database string    `json:"database"` // the database's id
	Created  time.Time `json:"created"`
	// Base is the id of the backup that this one continues. It is empty for a
	// complete backup.
	Base string `json:"base,omitempty"`
	// Since and Until are logical times of the database. The backup holds the
	// documents written after Since, up to and including Until.
	Since uint64 `json:"since"`
	Until uint64 `json:"until"`
	// History names what was written up to Until: a database that was set back to
	// an earlier moment and went on has another one.
	History string `json:"history,omitempty"`

	Collections []BackupCollection `json:"collections,omitempty"`
	Aliases     []Alias            `json:"aliases,omitempty"` // of the database, all of them
	Documents   int                `json:"documents"`         // in this backup
	Bytes       int64              `json:"bytes"`             // before compression
	SHA256      string             `json:"sha256"`            // of everything before the manifest
}

// BackupCollection is a line of a backup's manifest.
type BackupCollection struct {
	Name      string `json:"name"`
	Live      int    `json:"live"`      // documents in the collection at Until
	Documents int    `json:"documents"` // those of them that this backup holds
	SHA256    string `json:"sha256"`
	// Damaged are the documents that could not be read when the backup was made, or
	// do not have their checksums. The backup does not hold them.
	Damaged []DamagedDocument `json:"damaged,omitempty"`
}

// DamagedDocument is a document that a backup does not hold.
type DamagedDocument struct {
	ID     string `json:"id,omitempty"` // if it is known
	Node   uint32 `json:"node"`
	Detail string `json:"detail"`
}

// Damaged is the number of documents that the backup does not hold because they are damaged.
func (i *BackupInfo) Damaged() (n int) {
	for _, c := range i.Collections {
		n += len(c.Damaged)
	}
	return n
}

// damaged is an ErrDamaged that names the documents, or nil.
func (i *BackupInfo) damaged(what string) error {
	if i.Damaged() == 0 {
		return nil
	}
	var ids []string
	for _, c := range i.Collections {
		for _, d := range c.Damaged {
			ids = append(ids, cmp.Or(d.ID, fmt.Sprintf("node %d of %s", d.Node, c.Name)))
		}
	}
	return reason.For(ErrDamaged, "%s all documents but %d: %s", what, len(ids), reason.IDs(ids...))
}

// BackupOptions say what to back up. The zero value is everything.
type BackupOptions struct {
	// Base describes an earlier backup of this database, as returned by Backup or
	// ReadBackupInfo. If set, the backup is incremental: it holds the documents
	// written since, and a list of all that still exist.
	Base *BackupInfo
}

// Backup writes a consistent snapshot of the database to w, compressed, with
// checksums and a manifest at the end. Searches and writes continue meanwhile. The
// backup holds only documents and vectors; the graph and other derived state are
// rebuilt when the restored database is opened.
//
// Every document is compared with its checksums. If some are damaged, the backup holds
// all others and is complete otherwise, and Backup returns ErrDamaged, which names them.
// Otherwise it returns ErrBackup if the base is of another database or another history of this one,
// the errors of w, and ErrClosed.
func (d *DB) Backup(ctx context.Context, w io.Writer, o *BackupOptions) (BackupInfo, error) {
	if err := d.gate.Enter(); err != nil {
		return BackupInfo{}, wrap("backup", d.dir, err)
	}
	defer d.gate.Leave()
	v := d.st.View(nil)
	defer v.Close()
	// The next incremental backup starts after v. If a power failure could undo
	// writes that v shows, their times would be used again, and it would miss those.
	if err := d.st.Sync(); err != nil {
		return BackupInfo{}, wrap("backup", d.dir, err)
	}
	info := BackupInfo{
		ID: uuid.Must(uuid.NewV7()).String(), Database: fmt.Sprintf("%x", d.id),
		Created: time.Now().UTC().Truncate(time.Second), Until: v.TS(),
	}
	var err error
	if info.History, err = historyAt(v, v.TS()); err == nil && o != nil && o.Base != nil {
		err = d.follow(v, &info, o.Base)
	}
	if err != nil {
		return info, wrap("backup", d.dir, err)
	}
	for a, e := range v.Aliases() {
		err = errors.Join(err, e)
		info.Aliases = append(info.Aliases, Alias(a))
	}
	if err == nil {
		err = d.backup(ctx, v, w, &info)
	}
	if err == nil {
		err = info.damaged("the backup holds")
	}
	return info, wrap("backup", d.dir, err)
}

// follow makes a backup continue another one, which must be of this history.
func (d *DB) follow(v *store.View, info, base *BackupInfo) error {
	const complete = "take a complete backup"
	switch {
	case base.Database != info.Database:
		return reason.For(ErrBackup, "the base is of another database")
	case base.Until > info.Until:
		return reason.For(ErrBackup, "the base is newer than the database, which was set back since; %s", complete)
	case base.History == "":
		return reason.For(ErrBackup, "the base was made by an older frony-db, and cannot be proved to be of this history; %s", complete)
	}
	history, err := historyAt(v, base.Until)
	if err != nil {
		return err
	}
	if history != base.History {
		return reason.For(ErrBackup, "the base holds another history: the database was set back to a moment before it, and went on; %s", complete)
	}
	info.Base, info.Since = base.ID, base.Until
	return nil
}

// historyAt names what was written up to a moment.
func historyAt(v *store.View, ts uint64) (string, error) {
	name, ok, err := v.SessionAt(ts)
	if err != nil || !ok {
		return "", err
	}
	return fmt.Sprintf("%x", name), nil
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
		line, err := d.backupCollection(ctx, v, a, c, since)
		if err != nil {
			return fmt.Errorf("collection %q: %w", c.Name, err)
		}
		info.Collections = append(info.Collections, line)
		info.Documents += line.Documents
	}
	info.SHA256, info.Bytes = a.Sum()
	return a.Finish(info)
}

// progressStep is how many documents pass between reports of progress.
const progressStep = 1000

// archivedCollection is what a backup stores of a collection besides its documents.
type archivedCollection struct {
	Info  store.Info  `json:"info"`
	State store.State `json:"state"`
}

func (d *DB) backupCollection(ctx context.Context, v *store.View, a *archive.Writer, info store.Info, since uint64) (line BackupCollection, err error) {
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
		if line.Documents%progressStep == 0 {
			d.opts.Progress("backup "+info.Name, line.Documents, line.Live)
		}
		a.Buf = binary.AppendUvarint(a.Buf, uint64(node))
		for _, b := range [][]byte{record, vector} {
			a.Buf = binary.AppendUvarint(a.Buf, uint64(len(b)))
			a.Buf = append(a.Buf, b...)
		}
		return a.Spill(ctx, archive.Documents)
	}
	damaged := func(node uint32, id string, why error) {
		line.Damaged = append(line.Damaged, DamagedDocument{ID: id, Node: node, Detail: why.Error()})
	}
	if err := v.Export(info.ID, since, store.Exporter{Live: live, Document: document, Damaged: damaged}); err != nil {
		return line, err
	}
	last := archive.Documents
	if first {
		last = archive.Live
	}
	if err := a.Flush(last); err != nil {
		return line, err
	}
	if line.Documents >= progressStep {
		d.opts.Progress("backup "+info.Name, line.Live, line.Live)
	}
	line.SHA256 = a.CollectionSum()
	return line, nil
}
