package main

import (
	"bytes"
	"testing"
)

func TestExample(t *testing.T) {
	dir := t.TempDir()
	want := `전입신고는 언제까지 해야 하나요?
  이사한 날부터 14일 안에 전입신고를 해야 한다.
부산 겨울 날씨는 어떤가요?
  부산의 겨울은 따뜻하지만 바닷바람이 세다.
`
	for range 2 { // the second time everything is there already
		var out bytes.Buffer
		if err := run(t.Context(), dir, &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("the answers are\n%s\nwant\n%s", out.String(), want)
		}
	}
}
