package attr

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// An entry of a dictionary is a value in the form that filters compare, so that no
// condition parses it again: a filter.Text for a string, or the value itself for what is
// compared as it is. A value whose equals may look different is an *odd: a time, which
// has many forms, and a string that is not composed.
type odd struct {
	raw    any // as it is stored
	cmp    any // a filter.Value
	key    string
	time   uint64 // what comes first in the order of times, or 0 for another type
	shared bool   // others of the column may equal it
}

// entryOf makes an entry of a value. With texts no string is a time.
func entryOf(v any, texts bool) any {
	switch v := v.(type) {
	case string:
		if texts {
			composed := nfc.Compose(v)
			if composed == v {
				return filter.Text(v)
			}
			return oddOf(v, filter.Text(strings.ToValidUTF8(composed, "\ufffd")))
		}
		if val, err := filter.ValueOf(v); err == nil && val.Type() == filter.TypeString && val.Text() == v {
			return filter.Text(v)
		}
		return oddOf(v, v)
	case time.Time:
		return oddOf(v, v)
	}
	return v
}

func oddOf(raw, as any) *odd {
	v, _ := filter.ValueOf(as) // what cannot be compared equals nothing
	o := &odd{raw: raw, cmp: v, key: string(v.AppendKey(nil))}
	if v.Type() == filter.TypeTime {
		o.time = binary.BigEndian.Uint64([]byte(o.key[1:])) // seconds; the first of all years is above 0
	}
	return o
}

// raw is the stored value of an entry.
func raw(entry any) any {
	switch e := entry.(type) {
	case filter.Text:
		return string(e)
	case *odd:
		return e.raw
	}
	return entry
}

// compared is what filters compare of an entry.
func compared(entry any) any {
	if e, ok := entry.(*odd); ok {
		return e.cmp
	}
	return entry
}

// kind is what an entry is compared as: a filter.Type, or a list.
type kind uint8

const (
	kindStrings = kind(filter.TypeString) + 1 + iota
	kindNumbers
	kinds
)

func kindOf(entry any) kind {
	switch e := entry.(type) {
	case filter.Text:
		return kind(filter.TypeString)
	case bool:
		return kind(filter.TypeBool)
	case int64, float64:
		return kind(filter.TypeNumber)
	case *odd:
		if e.time != 0 {
			return kind(filter.TypeTime)
		}
		return kind(e.cmp.(filter.Value).Type())
	case []int64, []float64:
		return kindNumbers
	}
	return kindStrings
}

// learn notes the entry at a position.
func (c *column) learn(p uint32) {
	e := c.dict[p-1]
	c.kinds[kindOf(e)]++
	if e, ok := e.(*odd); ok {
		if c.equal == nil {
			c.equal = make(map[string][]uint32)
		}
		c.equal[e.key] = append(c.equal[e.key], p)
		if all := c.equal[e.key]; len(all) > 1 {
			for _, q := range all[len(all)-2:] {
				c.dict[q-1].(*odd).shared = true
			}
		}
	}
}

// unlearn forgets the entry at a position.
func (c *column) unlearn(p uint32) {
	e := c.dict[p-1]
	c.kinds[kindOf(e)]--
	if e, ok := e.(*odd); ok {
		left := slices.DeleteFunc(c.equal[e.key], func(q uint32) bool { return p == q })
		if c.equal[e.key] = left; len(left) == 0 {
			delete(c.equal, e.key)
		}
	}
}

var negativeZero = math.Copysign(0, -1)

// find appends the positions of the values that equal v.
func (c *column) find(dst []uint32, v filter.Value) []uint32 {
	var buf [64]byte
	look := func(x any) {
		if p, ok := c.lookup[string(store.AppendValue(buf[:0], x))]; ok {
			dst = append(dst, p)
		}
	}
	switch x := v.Any().(type) {
	case bool:
		look(x)
	case int64:
		look(x)
		if f := float64(x); f < 1<<63 && int64(f) == x {
			look(f)
		}
		if x == 0 {
			look(negativeZero)
		}
	case float64: // a fraction, or beyond the integers
		look(x)
	case string:
		if p, ok := c.lookup[string(store.AppendValue(buf[:0], x))]; ok && kindOf(c.dict[p-1]) == kind(filter.TypeString) {
			if _, isOdd := c.dict[p-1].(*odd); !isOdd {
				dst = append(dst, p)
			}
		}
	}
	if len(c.equal) > 0 {
		dst = append(dst, c.equal[string(v.AppendKey(buf[:0]))]...)
	}
	return dst
}
