package remote

import (
	"testing"

	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// The contract of embedder.Embedder holds whoever is asked.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			embeddertest.Run(t, open(t, newServer(t, 24).options(p)))
		})
	}
}
