package db

import (
	"testing"

	"github.com/fronyai/frony-db/db/internal/index"
)

// idOf returns the store's number of the current version.
func idOf(c *Collection) uint32 { return c.current.Load().ID() }

// snapshotPath returns the path of the collection's snapshot.
func snapshotPath(c *Collection) string { return index.Path(c.db.derivedDir(), idOf(c), "snapshot") }

// repair relinks the neighbours of deleted nodes, so that their numbers are reused.
func repair(t *testing.T, c *Collection) {
	t.Helper()
	if _, err := c.current.Load().Repair(); err != nil {
		t.Error(err)
	}
}
