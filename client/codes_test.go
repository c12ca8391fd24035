package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/problem"
)

// The server has a code for each error of packages db and engine, and the client turns
// the code into the same error.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		db.ErrNoCollection, db.ErrNotFound, db.ErrExists, db.ErrDuplicateID, db.ErrInvalidID, db.ErrInvalidText, db.ErrInvalidEmbedding,
		db.ErrInvalidMetadata, db.ErrInvalidFilter, db.ErrInvalidQuery, db.ErrInvalidName, db.ErrInvalidOptions, db.ErrNoEmbedder,
		db.ErrModelMismatch, db.ErrBatchTooLarge, db.ErrLimit, db.ErrDiskFull, db.ErrReadOnly, db.ErrClosed, db.ErrOutside,
		db.ErrReembedding, db.ErrNoReembed, db.ErrNoText, db.ErrCollectionExists, db.ErrBackup, db.ErrDamaged,
		db.ErrAliased, db.ErrNoAlias, client.ErrUnavailable, client.ErrUnknownOutcome, client.ErrUnsupported,
	} {
		p := problem.Of(fmt.Errorf("search: %w", err))
		if p == nil {
			t.Errorf("%v has no code", err)
			continue
		}
		if e := (&client.Error{Code: p.Detail.Code}); !errors.Is(e, err) {
			t.Errorf("%v has the code %s, which the client does not know", err, p.Detail.Code)
		}
	}
}
