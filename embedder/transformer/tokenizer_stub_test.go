//go:build !native || !cgo

package transformer

import (
	"errors"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer"
)

func TestBytePairs(t *testing.T) {
	t.Parallel()
	_, err := Open(bytePairModel(t), nil)
	if !errors.Is(err, tokenizer.ErrUnsupported) || !strings.Contains(err.Error(), "model.type") || !strings.Contains(err.Error(), "-tags native") {
		t.Errorf("got %v, want ErrUnsupported that says what reads it", err)
	}
}
