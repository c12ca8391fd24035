package filter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/internal/nfc"
)

// Type is what a value is compared as. Values of different types are never
// equal, less or greater.
type Type uint8

// The types of single values. Their order is the order of Value.AppendKey.
const (
	TypeBool   Type = iota + 1
	TypeNumber      // int64 or float64
	TypeTime        // a time.Time, or a string that ParseTime reads
	TypeString      // any other string
)

// String names the type.
func (t Type) String() string {
	switch t {
	case TypeBool:
		return "bool"
	case TypeNumber:
		return "number"
	case TypeTime:
		return "time"
	case TypeString:
		return "string"
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// A Value is one value in a filter, or of a document's field. Two Values are ==
// when they are the same literal; Compare says whether they are equal.
type Value struct {
	typ   Type
	float bool    // of TypeNumber: num is meant, not i
	nanos int32   // of TypeTime
	i     int64   // of TypeNumber; of TypeBool 0 or 1; of TypeTime seconds since 1970
	num   float64 // of TypeNumber, if float: not a whole number of int64
	text  string  // of TypeString and TypeTime, as written but composed (NFC)
}

// Text is a string that is a string whatever it looks like, and no time: an id, for
// instance. It must be composed (NFC) and valid.
type Text string

// ValueOf makes a Value of a string, a bool, a number of any Go type, a
// json.Number or a time.Time, or of a type made from these; a Value is itself. Anything else, a
// NaN, an infinity, a time outside the years 0 to 9999 and invalid UTF-8 are
// ErrValue.
func ValueOf(x any) (Value, error) {
	v := classify(x)
	if v.typ != 0 {
		return v, nil
	}
	switch x := x.(type) {
	case nil:
		return v, fmt.Errorf("%w: nil: use EXISTS to ask for a field", ErrValue)
	case string:
		return v, fmt.Errorf("%w: %q is not valid UTF-8", ErrValue, x)
	case float32, float64:
		return v, fmt.Errorf("%w: %v is not a finite number", ErrValue, x)
	case json.Number:
		if f, err := strconv.ParseFloat(string(x), 64); err == nil && rounded(string(x), f) {
			return v, fmt.Errorf("%w: integer %.40s is beyond 64 bits; write it with a decimal point", ErrValue, string(x))
		}
		return v, fmt.Errorf("%w: %q is not a number", ErrValue, string(x))
	case time.Time:
		return v, fmt.Errorf("%w: the year %d is not in 0 to 9999", ErrValue, x.UTC().Year())
	}
	return v, fmt.Errorf("%w: %T: want a string, bool, number or time.Time", ErrValue, x)
}

// classify is ValueOf for the path of every document: the zero Value is
// whatever cannot be compared.
func classify(x any) Value {
	switch x := x.(type) {
	case Value:
		return x
	case string:
		return ofString(x)
	case Text:
		return Value{typ: TypeString, text: string(x)}
	case int64:
		return ofInt(x)
	case float64:
		return ofFloat(x)
	case bool:
		return ofBool(x)
	case time.Time:
		return ofTime(x)
	case int:
		return ofInt(int64(x))
	case json.Number:
		return ofNumber(string(x))
	case nil:
		return Value{}
	}
	switch r := reflect.ValueOf(x); r.Kind() {
	case reflect.String:
		return ofString(r.String())
	case reflect.Bool:
		return ofBool(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return ofInt(r.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if u := r.Uint(); u > math.MaxInt64 {
			return ofFloat(float64(u))
		}
		return ofInt(int64(r.Uint()))
	case reflect.Float32, reflect.Float64:
		return ofFloat(r.Float())
	default:
		return Value{}
	}
}

func ofInt(i int64) Value { return Value{typ: TypeNumber, i: i} }

func ofBool(b bool) Value {
	if b {
		return Value{typ: TypeBool, i: 1}
	}
	return Value{typ: TypeBool}
}

// ofFloat keeps whole numbers as int64, so that a number has one form.
func ofFloat(f float64) Value {
	switch {
	case math.IsNaN(f), math.IsInf(f, 0):
		return Value{}
	case f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64:
		return ofInt(int64(f))
	}
	return Value{typ: TypeNumber, float: true, num: f}
}

// rounded reports whether f is not the integer that s writes, which is beyond 64
// bits. An integer that is how f is written counts as f.
func rounded(s string, f float64) bool {
	if strings.ContainsAny(s, ".eE") || strconv.FormatFloat(f, 'f', -1, 64) == s {
		return false
	}
	want, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return true
	}
	got, accuracy := new(big.Float).SetFloat64(f).Int(nil)
	return accuracy != big.Exact || got.Cmp(want) != 0
}

// ofNumber reads a number as JSON writes it.
func ofNumber(s string) Value {
	if !strings.ContainsAny(s, ".eE") {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return ofInt(i)
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || rounded(s, f) {
		return Value{}
	}
	return ofFloat(f)
}

func ofString(s string) Value {
	if !utf8.ValidString(s) {
		return Value{}
	}
	s = nfc.Compose(s)
	if t, ok := ParseTime(s, nil); ok {
		return Value{typ: TypeTime, text: s, i: t.Unix(), nanos: int32(t.Nanosecond())}
	}
	return Value{typ: TypeString, text: s}
}

func ofTime(t time.Time) Value {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return Value{}
	}
	return Value{typ: TypeTime, text: t.Format(time.RFC3339Nano), i: t.Unix(), nanos: int32(t.Nanosecond())}
}

// Type is what v is compared as; 0 for the zero Value.
func (v Value) Type() Type { return v.typ }

// Text is a string as it was written, but composed (NFC); a time.Time is written in
// RFC 3339. It is empty for bools and numbers.
func (v Value) Text() string { return v.text }

// Any is the value as a bool, int64, float64, string or time.Time (UTC).
func (v Value) Any() any {
	switch v.typ {
	case TypeBool:
		return v.i != 0
	case TypeNumber:
		if v.float {
			return v.num
		}
		return v.i
	case TypeTime:
		return time.Unix(v.i, int64(v.nanos)).UTC()
	case TypeString:
		return v.text
	}
	return nil
}

// Compare returns -1, 0 or +1 as v is less than, equal to or greater than w,
// and false if they are of different types. false comes before true here,
// though filters have no order on bools.
func (v Value) Compare(w Value) (int, bool) {
	if v.typ != w.typ || v.typ == 0 {
		return 0, false
	}
	return v.order(w), true
}

// order is a total order over all values: by type, then within the type.
func (v Value) order(w Value) int {
	if c := cmp.Compare(v.typ, w.typ); c != 0 {
		return c
	}
	switch v.typ {
	case TypeNumber:
		return v.orderNumber(w)
	case TypeString:
		return strings.Compare(v.text, w.text)
	default:
		return cmp.Or(cmp.Compare(v.i, w.i), cmp.Compare(v.nanos, w.nanos))
	}
}

// orderNumber compares by value without rounding. A float here is a fraction,
// which is below 2^53, or beyond the range of int64: so an int64 is comparable
// with its floor, or its sign decides.
func (v Value) orderNumber(w Value) int {
	switch {
	case v.float && w.float:
		return cmp.Compare(v.num, w.num)
	case w.float:
		return -w.orderNumber(v)
	case !v.float:
		return cmp.Compare(v.i, w.i)
	case v.num >= math.MaxInt64:
		return +1
	case v.num < math.MinInt64:
		return -1
	}
	if c := cmp.Compare(int64(math.Floor(v.num)), w.i); c != 0 {
		return c
	}
	return +1 // above its floor
}
