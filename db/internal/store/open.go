package store

import (
	"fmt"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// openBadger opens Badger, and adds the way out to its errors.
func openBadger(o badger.Options) (*badger.DB, error) {
	var bdb *badger.DB
	var err error
	if broken := guard(func() { bdb, err = badger.OpenManaged(o) }); broken != nil {
		return nil, broken
	}
	if o.ReadOnly && err != nil && strings.Contains(err.Error(), badger.ErrTruncateNeeded.Error()) { // Badger does not wrap it
		return nil, fmt.Errorf("%w: it was not closed cleanly, and its log must be recovered first: open it for writing once", ErrReadOnly)
	}
	if err != nil {
		if system := systemError(err); system != nil {
			return nil, system
		}
		err = fmt.Errorf("%w: %w; restore a backup", ErrCorrupt, err)
	}
	return bdb, err
}
