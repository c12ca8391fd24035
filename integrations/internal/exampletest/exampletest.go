// Package exampletest runs the examples, which answer the same questions with each
// framework.
package exampletest

import (
	"bytes"
	"context"
	"io"
	"testing"
)

const want = `전입신고는 언제까지 해야 하나요?
  이사한 날부터 14일 안에 전입신고를 해야 한다.
부산 겨울 날씨는 어떤가요?
  부산의 겨울은 따뜻하지만 바닷바람이 세다.
`

// Run runs an example twice in one directory: the second time everything is there already.
func Run(t *testing.T, run func(ctx context.Context, dir string, w io.Writer) error) {
	t.Helper()
	dir := t.TempDir()
	for range 2 {
		var out bytes.Buffer
		if err := run(t.Context(), dir, &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("the answers are\n%s\nwant\n%s", out.String(), want)
		}
	}
}
