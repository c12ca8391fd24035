package opensearch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// Types of OpenSearch's errors.
const (
	kindConflict = "version_conflict_engine_exception"
	kindNoIndex  = "index_not_found_exception"
	kindExists   = "resource_already_exists_exception"
	kindBlocked  = "cluster_block_exception"
)

// refusal is an answer that is none of success.
type refusal struct {
	status       int
	kind, reason string
}

func (r *refusal) Error() string {
	if r.kind == "" {
		return fmt.Sprintf("OpenSearch: %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("OpenSearch: %s: %s", r.kind, r.reason)
}

// failure is the form of OpenSearch's errors.
type failure struct {
	Type      string    `json:"type"`
	Reason    string    `json:"reason"`
	RootCause []failure `json:"root_cause"`
	Failed    []struct {
		Reason failure `json:"reason"`
	} `json:"failed_shards"`
}

// refused reads an error. What failed in the shards says more than that they did.
func refused(status int, body []byte) *refusal {
	var answer struct {
		Error failure `json:"error"`
	}
	r := &refusal{status: status}
	if json.Unmarshal(body, &answer) == nil {
		f := answer.Error
		if len(f.Failed) > 0 {
			f = f.Failed[0].Reason
		} else if len(f.RootCause) > 0 && f.RootCause[0].Type != "" {
			f = f.RootCause[0]
		}
		r.kind, r.reason = f.Type, f.Reason
	}
	return r
}

// errChanged is returned by a write that must begin again from the comparison.
var errChanged = errors.New("a document was changed meanwhile")

// errConflict is returned by a write that was made to nothing, since what it was for has
// changed.
var errConflict = errors.New("changed meanwhile")

// failed adds the operation and its input to an error, translates OpenSearch's errors to
// those of db and engine, and says what to do.
func failed(op, input string, err error) error {
	if err == nil {
		return nil
	}
	hint := ""
	r, refused := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, errUnknown):
		err = fmt.Errorf("%w: %w", engine.ErrUnknownOutcome, err)
		hint = "look what is there, or send it again"
	case refused && (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden && r.kind != kindBlocked):
		hint = "check user and password in the URL, and the user's permissions on its indices"
	case refused && r.kind == kindNoIndex: // it was dropped
		err = fmt.Errorf("%w: %w", db.ErrNoCollection, err)
	case refused && r.kind == kindBlocked && r.status == http.StatusForbidden:
		err = fmt.Errorf("%w: %w", db.ErrDiskFull, err)
		hint = "a node has reached its flood stage: give it room, and OpenSearch lifts the block"
	case refused && (r.status == http.StatusTooManyRequests || r.status >= 500):
		err = fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
		hint = "GET /_cluster/health and GET /_cat/shards of OpenSearch say more"
	case errors.Is(err, errTransport):
		err = fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
		hint = "is OpenSearch running there, and does it accept connections from here (opensearchs:// for TLS)?"
	case errors.Is(err, errStale):
		err = fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
	case errors.Is(err, errConflict), errors.Is(err, errChanged), errors.Is(err, errAborted):
		err = fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
		hint = "others write the same documents all the time; send it again"
	}
	err = db.Wrap(op, input, err)
	if e, ok := errors.AsType[*db.Error](err); ok && e.Hint == "" {
		e.Hint = hint
	}
	return err
}
