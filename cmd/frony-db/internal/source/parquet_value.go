package source

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetValue returns a function that converts a leaf's values to metadata: string,
// bool, int64 or float64. Dates and times become RFC 3339 text, in UTC if they have no
// zone. It returns nil for types without such a form, and for a physical type that
// contradicts the logical one, because the library would read a number as an address.
func parquetValue(c *parquet.Column, local *time.Location) func(parquet.Value) (any, error) {
	kind := c.Type().Kind()
	if _, null := logical(c).(*format.NullType); !null && !slices.Contains(physical(logical(c)), kind) {
		return nil
	}
	switch l := logical(c).(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		return text
	case *format.NullType:
		return func(parquet.Value) (any, error) { return nil, errors.New("a value in a null column") }
	case *format.DecimalType:
		return decimal(kind, int(l.Scale))
	case *format.DateType:
		return func(v parquet.Value) (any, error) {
			return time.Unix(int64(v.Int32())*24*60*60, 0).UTC().Format(time.DateOnly), nil
		}
	case *format.TimeType:
		return timeOfDay(kind, &l.Unit)
	case *format.TimestampType:
		if l.IsAdjustedToUTC || local == nil {
			return timestamp(&l.Unit)
		}
		return localTimestamp(&l.Unit, local)
	case *format.IntType:
		return integer(kind, l.IsSigned)
	case *format.UUIDType:
		return func(v parquet.Value) (any, error) {
			id, err := uuid.FromBytes(v.ByteArray())
			return id.String(), err
		}
	case nil:
		return plain(kind)
	}
	return nil
}

// physical returns the physical types that a logical type may have.
func physical(l format.LogicalTypeValue) []parquet.Kind {
	switch l.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		return []parquet.Kind{parquet.ByteArray, parquet.FixedLenByteArray}
	case *format.DecimalType:
		return []parquet.Kind{parquet.Int32, parquet.Int64, parquet.ByteArray, parquet.FixedLenByteArray}
	case *format.DateType:
		return []parquet.Kind{parquet.Int32}
	case *format.TimeType, *format.IntType:
		return []parquet.Kind{parquet.Int32, parquet.Int64}
	case *format.TimestampType:
		return []parquet.Kind{parquet.Int64}
	case *format.UUIDType:
		return []parquet.Kind{parquet.FixedLenByteArray}
	}
	return []parquet.Kind{
		parquet.Boolean, parquet.Int32, parquet.Int64, parquet.Int96, parquet.Float, parquet.Double,
		parquet.ByteArray, parquet.FixedLenByteArray,
	}
}

// plain is for columns with only a physical type.
func plain(kind parquet.Kind) func(parquet.Value) (any, error) {
	switch kind {
	case parquet.Boolean:
		return func(v parquet.Value) (any, error) { return v.Boolean(), nil }
	case parquet.Int32, parquet.Int64:
		return integer(kind, true)
	case parquet.Float:
		return func(v parquet.Value) (any, error) { return finite(float64(v.Float())) }
	case parquet.Double:
		return func(v parquet.Value) (any, error) { return finite(v.Double()) }
	case parquet.ByteArray: // many writers omit that it is text
		return text
	case parquet.Int96:
		return int96
	default:
		return nil
	}
}

func text(v parquet.Value) (any, error) {
	b := v.ByteArray()
	if !utf8.Valid(b) {
		return nil, errors.New("the value is not valid UTF-8")
	}
	return string(b), nil
}

// finite returns nil for NaN.
func finite(f float64) (any, error) {
	if math.IsNaN(f) {
		return nil, nil
	}
	if math.IsInf(f, 0) {
		return nil, fmt.Errorf("%v is not a finite number", f)
	}
	return f, nil
}

// float16 reads an IEEE 754 half, little-endian.
func float16(b []byte) float32 {
	if len(b) != 2 {
		return float32(math.NaN())
	}
	h := uint32(b[0]) | uint32(b[1])<<8
	sign, exp, frac := h>>15<<31, h>>10&0x1f, h&0x3ff
	switch exp {
	case 0: // zero or subnormal
		f := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// halves reports which leaves hold float16, a logical type that the library drops.
func halves(schema []format.SchemaElement) []bool {
	var out []bool
	for i := range schema {
		e := &schema[i]
		if n := e.NumChildren; n.Valid && n.V > 0 {
			continue
		}
		_, half := e.LogicalType.Value.(*format.Float16Type)
		out = append(out, half && e.TypeLength.V == 2)
	}
	return out
}

// toFloat32 returns a function that converts a leaf's values to float32, or nil if they
// are not numbers.
func toFloat32(c *parquet.Column) func(parquet.Value) float32 {
	switch l := logical(c).(type) {
	case *format.IntType:
		if !l.IsSigned && c.Type().Kind() == parquet.Int32 {
			return func(v parquet.Value) float32 { return float32(v.Uint32()) }
		}
	case nil:
	default:
		return nil
	}
	switch c.Type().Kind() {
	case parquet.Float:
		return parquet.Value.Float
	case parquet.Double:
		return func(v parquet.Value) float32 { return float32(v.Double()) }
	case parquet.Int32:
		return func(v parquet.Value) float32 { return float32(v.Int32()) }
	case parquet.Int64:
		return func(v parquet.Value) float32 { return float32(v.Int64()) }
	default:
		return nil
	}
}

func integer(kind parquet.Kind, signed bool) func(parquet.Value) (any, error) {
	switch {
	case kind == parquet.Int32 && signed:
		return func(v parquet.Value) (any, error) { return int64(v.Int32()), nil }
	case kind == parquet.Int32:
		return func(v parquet.Value) (any, error) { return int64(v.Uint32()), nil }
	case signed:
		return func(v parquet.Value) (any, error) { return v.Int64(), nil }
	}
	return func(v parquet.Value) (any, error) {
		if v.Uint64() > math.MaxInt64 {
			return nil, fmt.Errorf("integer %d is beyond 64 bits with a sign", v.Uint64())
		}
		return v.Int64(), nil
	}
}

// decimal converts whole numbers that fit to int64, and others to the nearest float64.
func decimal(kind parquet.Kind, scale int) func(parquet.Value) (any, error) {
	return func(v parquet.Value) (any, error) {
		n := new(big.Int)
		switch kind {
		case parquet.Int32:
			n.SetInt64(int64(v.Int32()))
		case parquet.Int64:
			n.SetInt64(v.Int64())
		default: // big-endian, two's complement
			b := v.ByteArray()
			n.SetBytes(b)
			if len(b) > 0 && b[0] >= 0x80 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		if scale == 0 && n.IsInt64() {
			return n.Int64(), nil
		}
		f, err := strconv.ParseFloat(n.String()+"e"+strconv.Itoa(-scale), 64)
		if err != nil {
			return nil, fmt.Errorf("decimal %s is beyond a 64-bit float", clip(n.String()))
		}
		return f, nil
	}
}

// step is a unit of time, nanoseconds if the file names none.
func step(u *format.TimeUnit) time.Duration {
	if u.Value == nil {
		return time.Nanosecond
	}
	return u.Value.Duration()
}

func timestamp(u *format.TimeUnit) func(parquet.Value) (any, error) {
	unit := step(u)
	perSecond := int64(time.Second / unit)
	return func(v parquet.Value) (any, error) {
		n := v.Int64()
		t := time.Unix(n/perSecond, n%perSecond*int64(unit)).UTC()
		return rfc3339(t)
	}
}

// localTimestamp reads the clock of a zone that the file doesn't name.
func localTimestamp(u *format.TimeUnit, local *time.Location) func(parquet.Value) (any, error) {
	unit := step(u)
	perSecond := int64(time.Second / unit)
	return func(v parquet.Value) (any, error) {
		n := v.Int64()
		t := time.Unix(n/perSecond, n%perSecond*int64(unit)).UTC()
		return rfc3339(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), local))
	}
}

func rfc3339(t time.Time) (any, error) {
	if y := t.Year(); y < 0 || y > 9999 {
		return nil, fmt.Errorf("the time is in the year %d, beyond RFC 3339", y)
	}
	return t.Format(time.RFC3339Nano), nil
}

func timeOfDay(kind parquet.Kind, u *format.TimeUnit) func(parquet.Value) (any, error) {
	unit := step(u)
	return func(v parquet.Value) (any, error) {
		n := v.Int64()
		if kind == parquet.Int32 {
			n = int64(v.Int32())
		}
		return time.Unix(0, n*int64(unit)).UTC().Format("15:04:05.999999999"), nil
	}
}

// int96 converts the timestamps of old Spark and Impala versions: nanoseconds of the
// day, then the Julian day.
func int96(v parquet.Value) (any, error) {
	const unixEpoch = 2440588 // as a Julian day
	w := v.Int96()
	nanos := int64(uint64(w[1])<<32 | uint64(w[0]))
	return rfc3339(time.Unix((int64(w[2])-unixEpoch)*24*60*60, nanos).UTC())
}
