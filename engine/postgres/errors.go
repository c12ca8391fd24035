package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fronyai/frony-db/db"
)

// Codes of PostgreSQL's errors.
const (
	codeUnique         = "23505"
	codeSerialization  = "40001"
	codeDeadlock       = "40P01"
	codeWrongPassword  = "28P01"
	codeNoRole         = "28000"
	codeNoDatabase     = "3D000"
	codeNoTable        = "42P01"
	codeNotAllowed     = "42501"
	codeNoFile         = "58P01" // of an extension
	codeNotSupported   = "0A000" // an extension that is not available
	codeDiskFull       = "53100"
	codeOutOfMemory    = "53200"
	codeReadOnly       = "25006"
	codeUntranslatable = "22021" // a character that the encoding does not have
)

// errChanged is returned by a transaction that must begin again from the comparison.
var errChanged = errors.New("a document was changed meanwhile")

// conflict reports whether a transaction that failed may succeed when it runs again.
func conflict(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == codeSerialization || e.Code == codeDeadlock || e.Code == codeUnique)
}

// failed adds the operation and its input to an error, translates PostgreSQL's errors to
// db's, and says what to do.
func failed(op, input string, err error) error {
	if err == nil {
		return nil
	}
	hint := ""
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		hint = "is PostgreSQL running there, and does it accept connections from here?"
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case codeWrongPassword, codeNoRole:
			hint = "check user and password in the URL, or set PGUSER and PGPASSWORD"
		case codeNoDatabase:
			hint = "create it with CREATE DATABASE, or name another in the URL"
		case codeNotAllowed:
			hint = "the user needs CREATE on the database; an administrator can run CREATE EXTENSION vector and CREATE SCHEMA frony for it"
		case codeNoFile, codeNotSupported:
			hint = "install pgvector 0.8 or newer on the server: https://github.com/pgvector/pgvector"
		case codeDiskFull:
			err = fmt.Errorf("%w: %w", db.ErrDiskFull, err)
		case codeReadOnly:
			err = fmt.Errorf("%w: %w", db.ErrReadOnly, err)
		case codeUntranslatable:
			err = fmt.Errorf("%w: %w", db.ErrInvalidText, err)
			hint = "PostgreSQL cannot store the character U+0000; leave it out"
		case codeNoTable: // it was dropped
			err = fmt.Errorf("%w: %w", db.ErrNoCollection, err)
		}
	}
	if err.Error() == "closed pool" {
		err = db.ErrClosed
	}
	err = db.Wrap(op, input, err)
	if e, ok := errors.AsType[*db.Error](err); ok && e.Hint == "" {
		e.Hint = hint
	}
	return err
}
