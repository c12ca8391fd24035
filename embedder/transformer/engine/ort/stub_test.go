//go:build !native || !cgo

package ort

import (
	"errors"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/engine/enginetest"
)

func TestNotBuilt(t *testing.T) {
	t.Parallel()
	if _, _, err := New("model.onnx", enginetest.Tiny, nil); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v, want ErrNotBuilt", err)
	}
}
