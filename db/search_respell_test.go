package db

import (
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/builtin"
)

// A question with a slip of the keyboard finds what it would without, and says so.
func TestSlips(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), &Options{Embedder: builtin.New()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "slips", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Upsert(t.Context(), Document{ID: "leave", Text: "연차휴가 신청은 인사팀에 한다"}, Document{ID: "pods", Text: "Kubernetes schedules pods"}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"연차휸가": "leave", "dusck": "leave", "kuberentes": "pods", "쿠버네티스": "pods"} {
		var trace Trace
		m, err := c.Search(t.Context(), Query{Text: text, K: 1, Mode: Hybrid, Trace: &trace})
		if err != nil || len(m) != 1 || m[0].Document.ID != want {
			t.Errorf("%s: found %v, %v", text, m, err)
		}
		told := strings.Contains(strings.Join(trace.Warnings, " "), "searched as")
		if told != (text != "쿠버네티스") {
			t.Errorf("%s: warnings %q", text, trace.Warnings)
		}
	}
}
