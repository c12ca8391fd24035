package nfc_test

import (
	"slices"
	"testing"

	"github.com/fronyai/frony-db/internal/nfc"
)

const (
	composed   = "\uc778\uc0ac\ud300.md"                               // 인사팀
	decomposed = "\u110b\u1175\u11ab\u1109\u1161\u1110\u1175\u11b7.md" // the same, as file systems decompose it
	mixed      = "\uc778\u1109\u1161\ud300.md"                         // a folder of one and a file of the other
	ascii      = "report-2024 (final).md"
)

func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, composed string
		others       []string
	}{
		{composed, composed, []string{decomposed}},
		{decomposed, composed, []string{composed}},
		{mixed, composed, []string{composed, decomposed}},
		{ascii, ascii, nil},
		{"", "", nil},
		{"보고서\xff", "보고서\xff", []string{"\u1107\u1169\u1100\u1169\u1109\u1165\xff"}},
	} {
		if got := nfc.Compose(c.in); got != c.composed {
			t.Errorf("Compose(%+q) = %+q", c.in, got)
		}
		if got := nfc.Others(c.in); !slices.Equal(got, c.others) {
			t.Errorf("Others(%+q) = %+q", c.in, got)
		}
		if !nfc.Equal(c.in, c.composed) || nfc.Equal(c.in, c.composed+"x") {
			t.Errorf("Equal is wrong about %+q", c.in)
		}
	}
}
