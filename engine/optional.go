package engine

import (
	"context"
	"io"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

// Maintainer is a DB that verifies, repairs and compacts itself when told to.
type Maintainer interface {
	Compact(ctx context.Context) (db.CompactReport, error)
	Doctor(ctx context.Context, o *db.DoctorOptions) (db.DoctorReport, error)
}

// Namer is a DB whose collections have other names besides, and are renamed and copied.
type Namer interface {
	Resolve(name string) string
	Aliases(ctx context.Context) ([]db.Alias, error)
	SetAlias(ctx context.Context, alias, collection string) (previous string, err error)
	DropAlias(ctx context.Context, alias string) error
	Rename(ctx context.Context, from, to string) error
	Copy(ctx context.Context, from, to string) (db.CopyReport, error)
}

// Loader is a DB that fills an empty collection faster if nobody searches it meanwhile.
type Loader interface {
	// Load calls fill, which writes documents to the collection, and returns when they can
	// be searched as fast as others. It may be called for any collection.
	Load(ctx context.Context, collection string, fill func() error) error
}

// Joiner is a DB that searches several of its collections at once.
type Joiner interface {
	Select(ctx context.Context, pattern string, sees func(name string) bool) ([]string, error)
	// SearchAll is db.SearchAll of collections of this DB.
	SearchAll(ctx context.Context, q db.Query, collections ...Collection) ([]db.Match, error)
}

// Backuper is a DB that makes backups, and restores collections from them.
type Backuper interface {
	Backup(ctx context.Context, w io.Writer, o *db.BackupOptions) (db.BackupInfo, error)
	RestoreCollection(ctx context.Context, name string, o *db.RestoreCollectionOptions, backups ...io.Reader) (db.BackupCollection, error)
}

// Remodeler is a Collection whose model can be changed while it is in use.
type Remodeler interface {
	Reembed(ctx context.Context, e embedder.Embedder, o *db.ReembedOptions) (db.ReembedReport, error)
	Confirm(ctx context.Context) error
	Rollback(ctx context.Context, o *db.RollbackOptions) (db.ReembedReport, error)
}

// SelfQuerier is a Collection that searches for its documents by their own vectors.
type SelfQuerier interface {
	Reachability(ctx context.Context, from uint32, n int) (db.Reachability, error)
}

// Mapper is a Collection that lays its documents out on a plane.
type Mapper interface {
	Map(ctx context.Context, q db.MapQuery) (db.Map, error)
}

// Monitor is a DB that depends on other servers. Health returns nil if they can be
// written to and read, and why not otherwise.
type Monitor interface {
	Health(ctx context.Context) error
}

// Delegator is a DB or Collection that leaves an operation ("backup", "doctor", …) to
// other programs, and says to which.
type Delegator interface {
	Instead(op string) string
}

// As returns v, a DB or a Collection, as the T that an operation needs. Otherwise it
// returns ErrUnsupported, with what to use instead.
func As[T any](v any, op string) (T, error) {
	t, ok := v.(T)
	if ok {
		return t, nil
	}
	e := &db.Error{Op: op, Err: ErrUnsupported}
	if d, ok := v.(Delegator); ok {
		e.Hint = d.Instead(op)
	}
	return t, e
}
