package tokenizer

import (
	"testing"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/tokenizertest"
)

// goldens lie in testdata; tools/tokenizer makes them.
func goldens() tokenizertest.Goldens { return tokenizertest.In("testdata") }

func goldenTokenizer(tb testing.TB, name string) *Tokenizer {
	tb.Helper()
	return parse(tb, goldens().File(tb, name))
}

func parse(tb testing.TB, data []byte) *Tokenizer {
	tb.Helper()
	tok, err := Parse(data)
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// TestGoldens compares every id with Hugging Face tokenizers'.
func TestGoldens(t *testing.T) {
	t.Parallel()
	tokenizertest.Run(t, goldens(), func(tb testing.TB, data []byte) tokenizertest.Tokenizer { return parse(tb, data) }, nil)
}
