package client

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

var (
	// ErrUnavailable is returned when the servers that the server's storage engine depends
	// on, PostgreSQL or OpenSearch, cannot be reached or refuse for now, also after the
	// retries. Nothing was written: the call can be repeated later.
	ErrUnavailable = engine.ErrUnavailable
	// ErrUnknownOutcome is returned by a write whose answer from the storage engine was
	// lost: each of its documents may have been written or not. An upsert is safe to
	// repeat if its documents have ids (without, those of the first call may stay beside
	// those of the second), and so are replacements, updates and deletes, whose counts may
	// then be lower. An insert may fail with db.ErrExists because of itself: look for its
	// ids, or repeat it as an upsert.
	ErrUnknownOutcome = engine.ErrUnknownOutcome
	// ErrUnsupported is returned for what the server's storage engine does not do. The
	// error's hint says what to use instead.
	ErrUnsupported = engine.ErrUnsupported
)

// Error is the server's answer to a request that it refused. errors.Is matches it
// with the errors of package db and of this one.
type Error struct {
	Status    int
	Code      string
	Message   string
	Param     string
	Hint      string
	RequestID string
}

func (e *Error) Error() string {
	s := e.Message
	if e.Hint != "" && !strings.Contains(s, e.Hint) {
		s += "; " + e.Hint
	}
	return s
}

// Is makes errors.Is(err, db.ErrNotFound) work.
func (e *Error) Is(target error) bool { return target != nil && codes[e.Code] == target }

// codeAnswerTooLarge is the code of an answer with more bytes than the server allows.
const codeAnswerTooLarge = "answer_too_large"

// codes are the errors of packages db and engine by the codes that the server has for them.
var codes = map[string]error{
	"no_collection": db.ErrNoCollection, "not_found": db.ErrNotFound, "exists": db.ErrExists, "duplicate_id": db.ErrDuplicateID,
	"invalid_id": db.ErrInvalidID, "invalid_text": db.ErrInvalidText, "invalid_embedding": db.ErrInvalidEmbedding,
	"invalid_metadata": db.ErrInvalidMetadata, "invalid_filter": db.ErrInvalidFilter, "invalid_query": db.ErrInvalidQuery,
	"invalid_name": db.ErrInvalidName, "invalid_options": db.ErrInvalidOptions, "no_embedder": db.ErrNoEmbedder,
	"reembedding": db.ErrReembedding, "no_reembed": db.ErrNoReembed, "no_text": db.ErrNoText, "collection_exists": db.ErrCollectionExists,
	"invalid_backup": db.ErrBackup, "aliased": db.ErrAliased, "no_alias": db.ErrNoAlias, "damaged": db.ErrDamaged,
	"model_mismatch": db.ErrModelMismatch, "batch_too_large": db.ErrBatchTooLarge, "too_large": db.ErrBatchTooLarge, "limit_exceeded": db.ErrLimit,
	codeAnswerTooLarge: db.ErrLimit,
	"disk_full":        db.ErrDiskFull, "read_only": db.ErrReadOnly, "stopping": db.ErrClosed, "outside": db.ErrOutside,
	"unavailable": ErrUnavailable, "unknown_outcome": ErrUnknownOutcome, "unsupported": ErrUnsupported,
}

// failure reads the body of an error. Of a body that is not the server's, such as a
// proxy's page, it tells only the status.
func failure(res *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	var v api.ProblemBody
	if err != nil || json.Unmarshal(b, &v) != nil || v.Error.Code == "" {
		return &Error{Status: res.StatusCode, Code: "http", Message: "the server answered " + res.Status}
	}
	return newError(res.StatusCode, &v.Error)
}

func newError(status int, e *api.ProblemDetail) *Error {
	return &Error{status, e.Code, e.Message, e.Param, e.Hint, e.RequestID}
}
