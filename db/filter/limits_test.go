package filter

import (
	"errors"
	"strings"
	"testing"
)

// The documented default limits: each is reached, and not passed.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	if got, want := (Limits{}).withDefaults(), (Limits{MaxLength: 4 << 20, MaxDepth: 32, MaxConditions: 1000, MaxValues: 10_000}); got != want {
		t.Errorf("defaults %+v, want %+v", got, want)
	}
	conditions := func(n int) string { return strings.Repeat("a = 1 AND ", n-1) + "a = 1" }
	values := func(n int) string { return "a IN (" + strings.Repeat("1, ", n-1) + "1)" }
	length := func(n int) string { return `a = "` + strings.Repeat("x", n-len(`a = ""`)) + `"` }
	for name, c := range map[string]struct {
		text func(int) string
		most int
	}{"conditions": {conditions, 1000}, "values": {values, 10_000}, "length": {length, 4 << 20}} {
		if _, err := Parse(c.text(c.most)); err != nil {
			t.Errorf("%s at the limit: %v", name, err)
		}
		if _, err := Parse(c.text(c.most + 1)); !errors.Is(err, ErrLimit) {
			t.Errorf("%s over the limit: %v", name, err)
		}
	}
}
