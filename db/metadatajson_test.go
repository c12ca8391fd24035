package db

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"
)

func TestMetadataJSON(t *testing.T) {
	t.Parallel()
	m := Metadata{
		"i": int64(1) << 60, "f": 1e6, "g": 0.1, "h": float32(2), "x": 1e300, "b": true, "s": "<한글>\n", "l": []string{"a"},
		"t": time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC),
	}
	b, err := json.Marshal(m)
	want := `{"b":true,"f":1e+06,"g":0.1,"h":2.0,"i":1152921504606846976,"l":["a"],"s":"\u003c한글\u003e\n","t":"2024-02-29T01:02:03.000004Z","x":1e+300}`
	if err != nil || string(b) != want {
		t.Errorf("%s %v\nwant %s", b, err, want)
	}
	if b, err := json.Marshal(Metadata(nil)); err != nil || string(b) != "null" {
		t.Errorf("nil: %s %v", b, err)
	}
	if _, err := json.Marshal(Metadata{"n": math.NaN()}); !errors.Is(err, ErrInvalidMetadata) {
		t.Errorf("NaN: %v", err)
	}
}
