package db

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fronyai/frony-db/db/internal/archive"
	"github.com/fronyai/frony-db/db/internal/move"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

var (
	// errValue begins the description of a metadata value that cannot be stored.
	errValue = errors.New("unsupported value")

	// ErrNotFound is returned when a document id is not in the collection.
	ErrNotFound = errors.New("document not found")
	// ErrExists is returned by Insert and InsertChunks when a document id is taken.
	ErrExists = store.ErrExists
	// ErrDuplicateID is returned when an id occurs twice in one batch.
	ErrDuplicateID = errors.New("document id occurs twice in the batch")
	// ErrInvalidID is returned for an id that is too long, is not UTF-8 or has
	// control characters.
	ErrInvalidID = errors.New("invalid document id")
	// ErrInvalidText is returned for a text that is empty, too long or not UTF-8.
	ErrInvalidText = errors.New("invalid text")
	// ErrInvalidEmbedding is returned for an embedding whose number of dimensions is
	// not the collection's, or that has NaN, infinite or only zero components.
	ErrInvalidEmbedding = errors.New("invalid embedding")
	// ErrInvalidMetadata is returned for metadata of an unsupported type or size.
	ErrInvalidMetadata = errors.New("invalid metadata")
	// ErrInvalidFilter is returned for a filter that exceeds the limits.
	ErrInvalidFilter = errors.New("invalid filter")
	// ErrInvalidQuery is returned for a query without a text or an embedding, with
	// both, or with a field out of range.
	ErrInvalidQuery = errors.New("invalid query")
	// ErrInvalidOptions is returned when options contradict each other or the
	// collection that they open.
	ErrInvalidOptions = errors.New("invalid options")
	// ErrInvalidName is returned for a collection name that can't be used.
	ErrInvalidName = errors.New("invalid collection name")
	// ErrNoCollection is returned when a collection does not exist.
	ErrNoCollection = store.ErrNoCollection
	// ErrCollectionExists is returned by RestoreCollection, Copy, Rename and SetAlias when
	// the name is taken.
	ErrCollectionExists = store.ErrCollectionExists
	// ErrAliased is returned by Drop for a collection that aliases lead to, and by Drop and
	// Rename for a name that is an alias.
	ErrAliased = store.ErrAliased
	// ErrNoAlias is returned when an alias does not exist.
	ErrNoAlias = store.ErrNoAlias
	// ErrNoEmbedder is returned when a text must be embedded and the collection
	// has no embedder.
	ErrNoEmbedder = errors.New("no embedder")
	// ErrModelMismatch is returned when a collection is opened with a model other
	// than the one that it was filled with.
	ErrModelMismatch = errors.New("embedding model does not match the collection")
	// ErrReembedding is returned when a collection's model is already being changed,
	// to another model or by another call, or the change is not confirmed.
	ErrReembedding = errors.New("the collection's model is being changed")
	// ErrNoReembed is returned when there is no change of the model to confirm or
	// roll back.
	ErrNoReembed = errors.New("the collection's model is not being changed")
	// ErrNoText is returned when documents must be embedded again and have only a
	// precomputed embedding.
	ErrNoText = move.ErrNoText
	// ErrBatchTooLarge is returned when a batch does not fit one transaction.
	ErrBatchTooLarge = store.ErrTooLarge
	// ErrResultsTooLarge is returned by a search whose results take more memory than
	// Query.MaxBytes.
	ErrResultsTooLarge = errors.New("results too large")
	// ErrLocked is returned by Open when another process has the database open.
	ErrLocked = store.ErrLocked
	// ErrNotEmpty is returned by Restore for a directory that holds something.
	ErrNotEmpty = errors.New("the directory is not empty")
	// ErrNotDatabase is returned by Open for a directory that holds other files.
	ErrNotDatabase = errors.New("not a frony-db database")
	// ErrFormat is returned by Open for a database that a newer version wrote.
	ErrFormat = store.ErrFormat
	// ErrReadOnly is returned by writes to a database opened read-only, and by
	// Open for a directory that can't be written to.
	ErrReadOnly = store.ErrReadOnly
	// ErrDiskFull is returned when too little space is left to write safely.
	// Nothing was written.
	ErrDiskFull = store.ErrDiskFull
	// ErrCorrupt is returned when the store is damaged: by a read of a damaged
	// document, and by Open if a file is too damaged to open the database.
	ErrCorrupt = store.ErrCorrupt
	// ErrOutside is returned by a restricted collection for documents that do not meet
	// its filter, and for what is about the whole collection: see Collection.Restrict.
	ErrOutside = errors.New("outside what this access is restricted to")
	// ErrLimit is returned when a limit of the database is reached.
	ErrLimit = errors.New("limit reached")
	// ErrBackup is returned for a file that is not a backup, for a backup that is
	// damaged or incomplete, and for one that does not continue the one before it.
	ErrBackup = archive.ErrInvalid
	// ErrDamaged is returned by Backup, VerifyBackup and Restore, which have done their
	// work but for damaged documents. BackupInfo names these.
	ErrDamaged = errors.New("documents are damaged")
	// ErrClosed is returned after Close.
	ErrClosed = store.ErrClosed
)

// Error says which operation failed, on which input, why, and what to do about it.
type Error struct {
	Op    string // "insert", "search", …
	Input string // the document, field, collection or path at fault
	Err   error  // one of the package's errors, or a wrapped error from below
	Hint  string // what to do, or empty
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Input != "" {
		b.WriteString(" ")
		b.WriteString(e.Input)
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Named is the text of an error in which fields of queries and options are called what
// name calls them, such as ef_search for EfSearch. It is for programs whose users write no
// Go.
func Named(err error, name func(field string) string) string { return reason.Named(err, name) }

// wrap adds the operation and its input to a cause. A cause that is an Error
// without an operation keeps its own input and hint.
func wrap(op, input string, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return &Error{Op: op, Input: input, Err: err}
	case e.Op != "":
		return err
	case input == "":
		return &Error{Op: op, Input: e.Input, Err: e.Err, Hint: e.Hint}
	case e.Input == "":
		return &Error{Op: op, Input: input, Err: e.Err, Hint: e.Hint}
	}
	return &Error{Op: op, Input: input, Err: fmt.Errorf("%s: %w", e.Input, e.Err), Hint: e.Hint}
}
