package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/fronyai/frony-db/db"
)

// Value is a single value of a field, whose number keeps its type: a float is written
// with a point or an exponent.
type Value struct {
	V any // nil, or a string, bool, int64 or float64; a time.Time is written as a string
}

// String is the value as people read it: empty for nil, and without the point that
// MarshalJSON gives a float.
func (v Value) String() string {
	switch x := v.V.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case time.Time:
		return x.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v.V)
}

// MarshalJSON writes the value.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.V == nil {
		return []byte("null"), nil
	}
	b, err := db.Metadata{"v": v.V}.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return b[len(`{"v":`) : len(b)-1], nil
}

// UnmarshalJSON reads a value.
func (v *Value) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v.V); err != nil {
		return err
	}
	if n, ok := v.V.(json.Number); ok {
		v.V = number(n)
	}
	return nil
}
