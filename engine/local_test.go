package engine_test

import (
	"testing"

	"github.com/fronyai/frony-db/engine/enginetest"
)

func TestLocal(t *testing.T) {
	enginetest.Run(t, enginetest.Engine{
		Open: enginetest.Local, Maintains: true, BacksUp: true, Remodels: true, SelfQueries: true, Names: true, Joins: true, Respells: true, Recall: 0.99,
	})
}
