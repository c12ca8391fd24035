package db

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/fronyai/frony-db/db/internal/archive"
	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// RestoreOptions say how a backup is restored. The zero value is the default.
type RestoreOptions struct {
	// MaxBytes is the largest size of a backup when decompressed. Zero means a
	// thousand times its compressed size.
	MaxBytes int64
	// Logger receives failures and warnings. Nil is silent.
	Logger *slog.Logger
}

// ReadBackupInfo reads the header of a backup. It has no counts and checksums:
// these are in the manifest, at the end.
func ReadBackupInfo(r io.Reader) (BackupInfo, error) {
	a, err := archive.NewReader(r, 0)
	if err != nil {
		return BackupInfo{}, wrap("read backup", "", err)
	}
	defer a.Close()
	info, err := readHeader(a)
	return info, wrap("read backup", "", err)
}

func readHeader(a *archive.Reader) (info BackupInfo, err error) {
	kind, b, err := a.Next()
	if err != nil {
		return info, err
	}
	if kind != archive.Header || json.Unmarshal(b, &info) != nil || info.ID == "" {
		return info, reason.For(ErrBackup, "it has no header")
	}
	return info, nil
}

// VerifyBackup reads a whole backup and checks every checksum, count and document. It
// returns ErrDamaged, naming the documents, if the backup lacks some that were damaged
// when it was made, or holds them.
func VerifyBackup(ctx context.Context, r io.Reader, o *RestoreOptions) (BackupInfo, error) {
	if o == nil {
		o = &RestoreOptions{}
	}
	a, err := archive.NewReader(r, o.MaxBytes)
	if err != nil {
		return BackupInfo{}, wrap("verify backup", "", err)
	}
	defer a.Close()
	info, err := readHeader(a)
	if err == nil {
		info, err = (&restoring{newest: true}).read(ctx, a, info)
	}
	if err == nil {
		err = info.damaged("the backup holds")
	}
	return info, wrap("verify backup", "", err)
}

// Restore creates a database in dir from a complete backup and the incremental ones
// that follow it, oldest first. dir must be missing or empty. The database is built
// in a temporary directory beside it, verified, and renamed into place: dir never
// holds part of a database.
//
// The restored database has an id of its own, so its first backup must be a
// complete one. Documents that were damaged when the backup was made are left out:
// Restore then returns ErrDamaged, which names them, and dir holds all others. Otherwise it
// returns ErrBackup, which names the backup and its fault, and ErrNotEmpty for a dir
// that is not.
func Restore(ctx context.Context, dir string, o *RestoreOptions, backups ...io.Reader) (BackupInfo, error) {
	if o == nil {
		o = &RestoreOptions{}
	}
	info, err := restore(ctx, filepath.Clean(dir), o, backups)
	if err == nil {
		err = info.damaged("the restored database holds")
	}
	return info, wrap("restore", dir, err)
}

func restore(ctx context.Context, dir string, o *RestoreOptions, backups []io.Reader) (info BackupInfo, err error) {
	switch entries, err := os.ReadDir(dir); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return info, err
	case len(entries) > 0:
		return info, &Error{Err: ErrNotEmpty, Hint: "name a new one"}
	}
	if len(backups) == 0 {
		return info, reason.For(ErrBackup, "no backups; name at least one")
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return info, unwritable(err)
	}
	removeRestores(parent)
	temp, err := os.MkdirTemp(parent, restoreTemp)
	if err != nil {
		return info, unwritable(err)
	}
	lock := flock.New(filepath.Join(temp, lockFile)) // says that it is no leftover
	if _, err := lock.TryLock(); err != nil {
		return info, errors.Join(err, os.RemoveAll(temp))
	}
	defer func() {
		_ = lock.Unlock() // nobody waits for it
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	for _, sub := range []string{storeDir, derivedDir} {
		if err := os.Mkdir(filepath.Join(temp, sub), 0o700); err != nil {
			return info, err
		}
	}
	if info, err = fill(ctx, filepath.Join(temp, storeDir), o, backups); err != nil {
		return info, err
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	if err := disk.WriteFile(filepath.Join(temp, markerFile), fmt.Appendf(nil, "frony-db %d\n%x\n", markerVersion, id)); err != nil {
		return info, err
	}
	if err := disk.SyncDir(temp); err != nil {
		return info, err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return info, err
	}
	if err := os.Rename(temp, dir); err != nil {
		return info, err
	}
	return info, disk.SyncDir(parent)
}

// restoreTemp begins the name of the directory in which a database is built.
const restoreTemp = ".frony-restore-"

// removeRestores deletes what killed restores have left in a directory. Those that are
// under way hold their locks.
func removeRestores(dir string) {
	entries, _ := os.ReadDir(dir) // what cannot be listed cannot be removed
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), restoreTemp) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < time.Second {
			continue // it may be about to be locked
		}
		lock := flock.New(filepath.Join(path, lockFile))
		if ok, err := lock.TryLock(); err == nil && ok {
			_ = lock.Unlock()
			_ = os.RemoveAll(path)
		}
	}
}

// fill fills a store from backups, reading the newest first: it lists the nodes
// that exist, and each node is taken from the newest backup that holds it.
func fill(ctx context.Context, dir string, o *RestoreOptions, backups []io.Reader) (info BackupInfo, err error) {
	l, err := store.NewLoader(dir, store.Options{Logger: o.Logger})
	if err != nil {
		return info, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	s := &restoring{put: func(c *restored, node uint32, r *store.Record, record, vector []byte) error {
		return l.Put(c.Info.ID, node, r.ID, record, vector)
	}}
	if info, err = s.readAll(ctx, o.MaxBytes, backups); err != nil {
		return info, err
	}
	for _, c := range s.collections {
		if err := l.Collection(c.Info, c.State); err != nil {
			return info, err
		}
	}
	for _, a := range info.Aliases {
		if err := l.Alias(store.Alias(a)); err != nil {
			return info, err
		}
	}
	st, err := l.Finish()
	if err != nil {
		return info, err
	}
	return info, s.check(st)
}

// readAll reads a complete backup and those that follow it, oldest first.
func (s *restoring) readAll(ctx context.Context, most int64, backups []io.Reader) (info BackupInfo, err error) {
	if len(backups) == 0 {
		return info, reason.For(ErrBackup, "no backups; name at least one")
	}
	readers := make([]*archive.Reader, len(backups))
	defer func() {
		for _, a := range readers {
			if a != nil {
				a.Close()
			}
		}
	}()
	headers := make([]BackupInfo, len(backups))
	for i, r := range backups {
		if readers[i], err = archive.NewReader(r, most); err != nil {
			return info, fmt.Errorf("backup %d: %w", i+1, err)
		}
		if headers[i], err = readHeader(readers[i]); err != nil {
			return info, fmt.Errorf("backup %d: %w", i+1, err)
		}
	}
	if err := chained(headers); err != nil {
		return info, err
	}
	s.newest = true
	for i, r := range slices.Backward(readers) {
		got, err := s.read(ctx, r, headers[i])
		if err != nil {
			return info, fmt.Errorf("backup %d: %w", i+1, err)
		}
		if s.newest {
			info = got
		}
		s.newest = false
	}
	return info, s.settle(&info)
}

// chained returns an error unless each backup continues the one before it.
func chained(h []BackupInfo) error {
	if h[0].Base != "" {
		return reason.For(ErrBackup, "the first one continues backup %s of database %s; begin with the complete one", h[0].Base, h[0].Database)
	}
	for i := 1; i < len(h); i++ {
		if h[i].Base != h[i-1].ID || h[i].Database != h[0].Database || h[i].Since != h[i-1].Until {
			return reason.For(ErrBackup, "backup %d continues %q, and the one before it is %s; list them oldest first",
				i+1, h[i].Base, h[i-1].ID)
		}
	}
	return nil
}
