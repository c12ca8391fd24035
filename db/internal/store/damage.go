package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// openBadger opens Badger, and adds the way out to its errors.
func openBadger(o badger.Options) (*badger.DB, error) {
	bdb, err := badger.OpenManaged(o)
	if o.ReadOnly && err != nil && strings.Contains(err.Error(), badger.ErrTruncateNeeded.Error()) { // Badger does not wrap it
		return nil, fmt.Errorf("%w: it was not closed cleanly, and its log must be recovered first: open it for writing once", ErrReadOnly)
	}
	if _, ok := errors.AsType[*fs.PathError](err); err != nil && !ok {
		err = fmt.Errorf("%w: %w; restore a backup", ErrCorrupt, err)
	}
	return bdb, err
}
