package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// bare is an engine that leaves everything optional to others.
type bare struct{ engine.DB }

func (bare) Instead(op string) string { return "use pg_dump for a " + op }

func TestAs(t *testing.T) {
	d, err := db.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	whole := engine.Local(d)
	if _, err := engine.As[engine.Backuper](whole, "backup"); err != nil {
		t.Error(err)
	}
	_, err = engine.As[engine.Backuper](bare{whole}, "backup")
	if !errors.Is(err, engine.ErrUnsupported) || !strings.Contains(err.Error(), "use pg_dump for a backup") {
		t.Errorf("a backup of an engine without one: %v", err)
	}
}
