package engine_test

import (
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/enginetest"
)

func TestLocal(t *testing.T) {
	enginetest.Run(t, enginetest.Engine{
		Open: func(t *testing.T, opts *db.Options) engine.DB {
			t.Helper()
			d, err := engine.Open(t.Context(), t.TempDir(), opts)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			return d
		},
		Maintains: true, BacksUp: true, Remodels: true, SelfQueries: true, Names: true, Joins: true, Respells: true, Recall: 0.99,
	})
}
