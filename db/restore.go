package db

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/fronyai/frony-db/db/internal/store"
)

// RestoreOptions say how a backup is restored. The zero value is the default.
type RestoreOptions struct {
	// MaxBytes is what a backup may become when it is decompressed; 0 is a
	// thousand times its own size.
	MaxBytes int64
	// Logger receives what is worth knowing. Nil is silent.
	Logger *slog.Logger
}

// ReadBackupInfo reads the beginning of a backup: all but the counts and sums,
// which are known at its end.
func ReadBackupInfo(r io.Reader) (BackupInfo, error) {
	a, err := newArchiveReader(r, 0)
	if err != nil {
		return BackupInfo{}, wrap("read backup", "", err)
	}
	defer a.close()
	info, err := a.header()
	return info, wrap("read backup", "", err)
}

func (a *archiveReader) header() (info BackupInfo, err error) {
	kind, b, err := a.next()
	if err != nil {
		return info, err
	}
	if kind != blockHeader || json.Unmarshal(b, &info) != nil || info.ID == "" {
		return info, because(ErrBackup, "it has no header")
	}
	return info, nil
}

// VerifyBackup reads a backup to its end and checks every sum and count.
func VerifyBackup(ctx context.Context, r io.Reader, o *RestoreOptions) (BackupInfo, error) {
	if o == nil {
		o = &RestoreOptions{}
	}
	a, err := newArchiveReader(r, o.MaxBytes)
	if err != nil {
		return BackupInfo{}, wrap("verify backup", "", err)
	}
	defer a.close()
	info, err := a.header()
	if err == nil {
		info, err = a.read(ctx, info, &restoring{})
	}
	return info, wrap("verify backup", "", err)
}

// Restore makes a new database in dir from a complete backup and those that add
// to it, in the order in which they were made. dir must be missing or empty. The
// database is built beside it, verified, and renamed into place: dir is never
// half of a database.
//
// The restored database has a name of its own: later backups of it begin with a
// complete one. It returns ErrBackup, which says what is wrong with which
// backup, and ErrNotDatabase if dir holds something.
func Restore(ctx context.Context, dir string, o *RestoreOptions, backups ...io.Reader) (BackupInfo, error) {
	if o == nil {
		o = &RestoreOptions{}
	}
	info, err := restore(ctx, filepath.Clean(dir), o, backups)
	return info, wrap("restore", dir, err)
}

func restore(ctx context.Context, dir string, o *RestoreOptions, backups []io.Reader) (info BackupInfo, err error) {
	switch entries, err := os.ReadDir(dir); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return info, err
	case len(entries) > 0:
		return info, because(ErrNotDatabase, "the directory is not empty; name a new one")
	}
	if len(backups) == 0 {
		return info, because(ErrBackup, "there is none")
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return info, unwritable(err)
	}
	temp, err := os.MkdirTemp(parent, ".frony-restore-")
	if err != nil {
		return info, unwritable(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	for _, sub := range []string{storeDir, derivedDir} {
		if err := os.Mkdir(filepath.Join(temp, sub), 0o755); err != nil {
			return info, err
		}
	}
	if info, err = load(ctx, filepath.Join(temp, storeDir), o, backups); err != nil {
		return info, err
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	if err := writeFile(filepath.Join(temp, markerFile), fmt.Appendf(nil, "frony-db %d\n%x\n", markerVersion, id)); err != nil {
		return info, err
	}
	if err := errors.Join(os.Chmod(temp, 0o755), syncDir(temp)); err != nil {
		return info, err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return info, err
	}
	if err := os.Rename(temp, dir); err != nil {
		return info, err
	}
	return info, syncDir(parent)
}

// load fills a store. The newest backup comes first: it says which nodes there
// are, and each of them is taken from the newest backup that has it.
func load(ctx context.Context, dir string, o *RestoreOptions, backups []io.Reader) (info BackupInfo, err error) {
	l, err := store.NewLoader(dir, store.Options{Logger: o.Logger})
	if err != nil {
		return info, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	readers := make([]*archiveReader, len(backups))
	defer func() {
		for _, a := range readers {
			if a != nil {
				a.close()
			}
		}
	}()
	headers := make([]BackupInfo, len(backups))
	for i, r := range backups {
		if readers[i], err = newArchiveReader(r, o.MaxBytes); err != nil {
			return info, fmt.Errorf("backup %d: %w", i+1, err)
		}
		if headers[i], err = readers[i].header(); err != nil {
			return info, fmt.Errorf("backup %d: %w", i+1, err)
		}
	}
	if err := chained(headers); err != nil {
		return info, err
	}
	s := &restoring{loader: l, newest: true}
	for i, r := range slices.Backward(readers) {
		got, err := r.read(ctx, headers[i], s)
		if err != nil {
			return info, fmt.Errorf("backup %d: %w", i+1, err)
		}
		if s.newest {
			info = got
		}
		s.newest = false
	}
	for _, c := range s.collections {
		if n := len(c.missing); n > 0 {
			return info, because(ErrBackup, "%d documents of collection %q are in none of the backups", n, c.Info.Name)
		}
	}
	st, err := l.Finish()
	if err != nil {
		return info, err
	}
	return info, s.check(st)
}

// chained says whether each backup adds to the one before.
func chained(h []BackupInfo) error {
	if h[0].Base != "" {
		return because(ErrBackup, "the first one adds to %s, of %s; begin with the complete one", h[0].Base, h[0].Database)
	}
	for i := 1; i < len(h); i++ {
		if h[i].Base != h[i-1].ID || h[i].Database != h[0].Database || h[i].Since != h[i-1].Until {
			return because(ErrBackup, "number %d adds to %q, and the one before is %s; give them in the order in which they were made",
				i+1, h[i].Base, h[i-1].ID)
		}
	}
	return nil
}

// restoring is what is known while backups are read, the newest first. Without
// a loader it only checks.
type restoring struct {
	loader      *store.Loader
	newest      bool
	collections map[uint32]*restored
}

type restored struct {
	archivedCollection
	dims    int
	missing map[uint32]bool // live nodes that no backup has had yet
}

// read reads one backup after its header.
func (a *archiveReader) read(ctx context.Context, header BackupInfo, s *restoring) (BackupInfo, error) {
	var cur *restored // nil: the collection is not there any more
	var lines []BackupCollection
	last := uint32(0)
	for {
		if err := ctx.Err(); err != nil {
			return header, err
		}
		kind, b, err := a.next()
		if err != nil {
			return header, err
		}
		if kind != blockCollection && kind != blockManifest && len(lines) == 0 {
			return header, because(ErrBackup, "a block %q comes before any collection", kind)
		}
		switch kind {
		case blockCollection:
			var c archivedCollection
			if err := json.Unmarshal(b, &c); err != nil {
				return header, because(ErrBackup, "description of a collection: %v", err)
			}
			lines = append(lines, BackupCollection{Name: c.Info.Name})
			last = 0
			if cur, err = s.collection(c); err != nil {
				return header, err
			}
		case blockLive:
			err = eachLive(b, &last, func(node uint32) error {
				lines[len(lines)-1].Live++
				return s.live(cur, node)
			})
		case blockDocuments:
			err = eachDocument(b, func(node uint32, record, vector []byte) error {
				lines[len(lines)-1].Documents++
				return s.document(cur, node, record, vector)
			})
		case blockManifest:
			return a.manifest(header, b, lines)
		default:
			err = because(ErrBackup, "a block of unknown type %q", kind)
		}
		if err != nil {
			return header, err
		}
		lines[len(lines)-1].SHA256 = hex.EncodeToString(a.part.Sum(nil)) // so far
	}
}

// manifest compares what the backup says of itself with what was read.
func (a *archiveReader) manifest(header BackupInfo, b []byte, lines []BackupCollection) (m BackupInfo, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return m, because(ErrBackup, "manifest: %v", err)
	}
	docs := 0
	for i, line := range lines {
		docs += line.Documents
		if i >= len(m.Collections) || m.Collections[i] != line {
			return m, because(ErrBackup, "collection %q is not what the manifest says", line.Name)
		}
	}
	if m.ID != header.ID || len(m.Collections) != len(lines) || m.Documents != docs || m.Bytes != a.n ||
		m.SHA256 != hex.EncodeToString(a.all.Sum(nil)) {
		return m, because(ErrBackup, "it is not what its manifest says")
	}
	return m, a.end()
}

func (s *restoring) collection(c archivedCollection) (*restored, error) {
	if s.loader == nil {
		return nil, nil
	}
	if !s.newest {
		return s.collections[c.Info.ID], nil
	}
	if s.collections == nil {
		s.collections = make(map[uint32]*restored)
	}
	if err := checkName(c.Info.Name); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	set, err := decodeSettings(c.Info)
	if err != nil || set.Dims < 1 || set.Dims > maxDims || set.HeadDims < 1 || set.HeadDims > set.Dims {
		return nil, because(ErrBackup, "settings of collection %q", c.Info.Name)
	}
	if s.collections[c.Info.ID] != nil {
		return nil, because(ErrBackup, "collection %d is there twice", c.Info.ID)
	}
	r := &restored{archivedCollection: c, dims: set.Dims, missing: make(map[uint32]bool)}
	s.collections[c.Info.ID] = r
	return r, s.loader.Collection(c.Info, c.State)
}

func (s *restoring) live(c *restored, node uint32) error {
	if c == nil || !s.newest {
		return nil
	}
	if node >= c.State.Next {
		return because(ErrBackup, "node %d of collection %q is not below %d", node, c.Info.Name, c.State.Next)
	}
	c.missing[node] = true
	return nil
}

func (s *restoring) document(c *restored, node uint32, record, vector []byte) error {
	if c == nil || !c.missing[node] {
		return nil // deleted since, or a newer backup had it
	}
	r, err := store.DecodeRecord(record, store.WithAll)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if len(vector) != 4*c.dims {
		return because(ErrBackup, "vector of document %q has %d bytes, want %d", r.ID, len(vector), 4*c.dims)
	}
	if err := checkID(r.ID, maxIDBytes); err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	delete(c.missing, node)
	return s.loader.Put(c.Info.ID, node, r.ID, record, vector)
}

// check holds the new store to its invariants.
func (s *restoring) check(st *store.Store) error {
	v := st.View(nil)
	defer v.Close()
	for _, c := range s.collections {
		var fault error
		err := v.Check(c.Info.ID, c.dims, func(f store.Fault) {
			if fault == nil {
				fault = because(ErrBackup, "collection %q, node %d %s: %s", c.Info.Name, f.Node, f.ID, f.Detail)
			}
		})
		if err := errors.Join(err, fault); err != nil {
			return err
		}
	}
	return nil
}

// eachLive calls f for the nodes of a list, which goes on from last.
func eachLive(b []byte, last *uint32, f func(node uint32) error) error {
	for len(b) > 0 {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > 1<<32-1-uint64(*last) {
			return because(ErrBackup, "list of nodes")
		}
		*last += uint32(n)
		if err := f(*last); err != nil {
			return err
		}
		b = b[k:]
	}
	return nil
}

func eachDocument(b []byte, f func(node uint32, record, vector []byte) error) error {
	for len(b) > 0 {
		node, k := binary.Uvarint(b)
		if k <= 0 || node > 1<<32-1 {
			return because(ErrBackup, "number of a node")
		}
		b = b[k:]
		var parts [2][]byte
		for i := range parts {
			n, k := binary.Uvarint(b)
			if k <= 0 || n > uint64(len(b)-k) {
				return because(ErrBackup, "a document ends within its block")
			}
			parts[i], b = b[k:k+int(n)], b[k+int(n):]
		}
		if err := f(uint32(node), parts[0], parts[1]); err != nil {
			return err
		}
	}
	return nil
}
