package api_test

import (
	"testing"
	"time"

	"github.com/fronyai/frony-db/api"
)

func TestValueString(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		"": nil, "서울": "서울", "true": true, "9007199254740993": int64(1)<<53 + 1, "2": 2.0, "1e+300": 1e300, "[a b]": []string{"a", "b"},
		"2024-05-01T00:00:00.000000007Z": time.Date(2024, 5, 1, 0, 0, 0, 7, time.UTC),
	} {
		if got := (api.Value{V: v}).String(); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}
