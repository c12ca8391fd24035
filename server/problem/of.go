package problem

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

// sentinels are the statuses and codes of errors, and the field that is usually at
// fault. An error that is not here is the server's own fault.
var sentinels = []struct {
	err    error
	status int
	code   string
	param  string
}{
	{db.ErrNoCollection, http.StatusNotFound, "no_collection", "collection"},
	{db.ErrNotFound, http.StatusNotFound, "not_found", "id"},
	{db.ErrExists, http.StatusConflict, "exists", "id"},
	{db.ErrDuplicateID, http.StatusBadRequest, "duplicate_id", "id"},
	{db.ErrInvalidID, http.StatusBadRequest, "invalid_id", "id"},
	{db.ErrInvalidText, http.StatusBadRequest, "invalid_text", "text"},
	{db.ErrInvalidEmbedding, http.StatusBadRequest, "invalid_embedding", "embedding"},
	{db.ErrInvalidMetadata, http.StatusBadRequest, "invalid_metadata", "metadata"},
	{db.ErrInvalidFilter, http.StatusBadRequest, "invalid_filter", "filter"},
	{filter.ErrSyntax, http.StatusBadRequest, "invalid_filter", "filter"},
	{filter.ErrValue, http.StatusBadRequest, "invalid_filter", "filter"},
	{filter.ErrLimit, http.StatusBadRequest, "limit_exceeded", "filter"},
	{api.ErrCursor, http.StatusBadRequest, "invalid_cursor", "cursor"},
	{db.ErrInvalidQuery, http.StatusBadRequest, "invalid_query", ""},
	{db.ErrInvalidName, http.StatusBadRequest, "invalid_name", "name"},
	{db.ErrInvalidOptions, http.StatusBadRequest, "invalid_options", ""},
	{db.ErrNoEmbedder, http.StatusBadRequest, "no_embedder", "text"},
	{db.ErrReembedding, http.StatusConflict, "reembedding", "collection"},
	{db.ErrNoReembed, http.StatusConflict, "no_reembed", "collection"},
	{db.ErrNoText, http.StatusConflict, "no_text", "collection"},
	{db.ErrAliased, http.StatusConflict, "aliased", "collection"},
	{db.ErrNoAlias, http.StatusNotFound, "no_alias", "alias"},
	{db.ErrCollectionExists, http.StatusConflict, "collection_exists", "as"},
	{db.ErrBackup, http.StatusBadRequest, "invalid_backup", ""},
	{db.ErrDamaged, http.StatusConflict, "damaged", ""},
	{db.ErrModelMismatch, http.StatusConflict, "model_mismatch", "collection"},
	{db.ErrBatchTooLarge, http.StatusRequestEntityTooLarge, "batch_too_large", "documents"},
	{db.ErrResultsTooLarge, http.StatusBadRequest, "answer_too_large", ""},
	{db.ErrLimit, http.StatusConflict, "limit_exceeded", ""},
	{db.ErrDiskFull, http.StatusInsufficientStorage, "disk_full", ""},
	{db.ErrOutside, http.StatusForbidden, "outside", "documents"},
	{engine.ErrUnsupported, http.StatusNotImplemented, "unsupported", ""},
	{engine.ErrUnknownOutcome, http.StatusGatewayTimeout, "unknown_outcome", ""},
	{engine.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", ""},
	{db.ErrReadOnly, http.StatusForbidden, "read_only", ""},
	{db.ErrClosed, http.StatusServiceUnavailable, "stopping", ""},
	{context.Canceled, StatusClosed, "cancelled", ""},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout", ""},
}

// hints say what to do about an error that has no hint of its own, by its code.
var hints = map[string]string{
	"invalid_metadata": "values are strings, numbers, booleans, times, lists of strings or numbers, and objects of these",
	"unavailable":      "nothing was written; try again later",
	"unknown_outcome":  "upserts of documents with ids, replacements, updates and deletes can be sent again; before an insert, look for its ids",
}

// Of translates an error that has a code, and returns nil for any other.
func Of(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*api.FieldError](err); ok {
		return ofField(e)
	}
	for _, c := range sentinels {
		if !errors.Is(err, c.err) {
			continue
		}
		message, field := api.Message(err)
		p := Refuse(c.status, c.code, "%s", message).At(cmp.Or(c.param, field))
		if e, ok := errors.AsType[*db.Error](err); ok && e.Hint != "" {
			p.Detail.Message = strings.TrimSuffix(message, "; "+e.Hint)
			p.Detail.Hint = e.Hint
		}
		if p.Detail.Hint == "" {
			p.Detail.Hint = hints[c.code]
		}
		if e, ok := errors.AsType[*filter.ParseError](err); ok && e.Hint != "" {
			p.Detail.Hint = e.Hint
		}
		if c.status == http.StatusServiceUnavailable {
			p.retry = 1
		}
		return p
	}
	return nil
}

// ofField translates the error of a field, which is always the request's fault.
func ofField(e *api.FieldError) *Problem {
	p := Of(e.Err)
	if p == nil {
		p = Refuse(http.StatusBadRequest, "invalid_request", "%s", e.Err)
	}
	p = p.At(e.Field)
	if e.Hint != "" {
		p = p.Hint(e.Hint)
	}
	// The JSON form of a filter names the place, and the language inside of it too.
	p.Detail.Message = strings.Replace(p.Detail.Message, "filter: filter: ", "filter: ", 1)
	return p
}
