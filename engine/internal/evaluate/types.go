package evaluate

import (
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

// The types of a field's values, as engines note them.
const (
	typeBool    = "boolean"
	typeNumber  = "number"
	typeTime    = "time"
	typeString  = "string"
	typeStrings = "strings"
	typeNumbers = "numbers"
)

// Types are all types of values, as TypeOf names them.
var Types = []string{typeBool, typeNumber, typeTime, typeString, typeStrings, typeNumbers}

// TypeOf is the type of a value of metadata.
func TypeOf(v any) string {
	switch v.(type) {
	case []string:
		return typeStrings
	case []int64, []float64:
		return typeNumbers
	}
	val, err := filter.ValueOf(v)
	if err != nil {
		return typeString
	}
	switch val.Type() {
	case filter.TypeBool:
		return typeBool
	case filter.TypeNumber:
		return typeNumber
	case filter.TypeTime:
		return typeTime
	case filter.TypeString:
	}
	return typeString
}

// Example is a value of a type.
func Example(kind string) any {
	switch kind {
	case typeBool:
		return true
	case typeNumber:
		return int64(1)
	case typeTime:
		return time.Unix(0, 0).UTC()
	case typeStrings:
		return []string{"x"}
	case typeNumbers:
		return []int64{1}
	}
	return "x"
}
