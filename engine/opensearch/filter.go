package opensearch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// longestKey is how much of a value's key is indexed. Of longer ones that begin alike
// only equality is known; what compares with such a key is evaluated here.
const longestKey = 512

// columnsOf are a document's fields, the values of those that are no lists, and the
// elements of lists, each with its field.
func columnsOf(d *db.Document) (fields, values, lists []string) {
	for name, v := range d.Columns() {
		fields = append(fields, name)
		switch v := v.(type) {
		case string:
			values = append(values, column(name, v))
		case []string:
			for _, key := range v {
				lists = append(lists, column(name, key))
			}
		}
	}
	for _, list := range [][]string{fields, values, lists} {
		slices.Sort(list)
	}
	return slices.Compact(fields), values, slices.Compact(lists)
}

// column is a key of a field: those of one field have a beginning that no other has, and
// the order of their values.
func column(name, key string) string {
	if len(key) > longestKey {
		sum := sha256.Sum256([]byte(key))
		key = key[:longestKey] + "#" + hex.EncodeToString(sum[:16])
	}
	return columnOf(name) + key
}

func columnOf(name string) string { return strconv.Itoa(len(name)) + ":" + name + "=" }

// live are the documents that a reader of a state sees and that have not expired.
func (s *state) live(where ...object) object {
	return s.visible([]object{{"range": object{"expires": object{"lte": time.Now().UnixMicro()}}}}, where)
}

// counted are those of which the words are counted: all that a reader sees, expired or
// not.
func (s *state) counted(where ...object) object { return s.visible(nil, where) }

func (s *state) visible(not, where []object) object {
	if hidden := s.hidden(); len(hidden) > 0 {
		not = append(not, object{"terms": object{"tx": hidden}})
	}
	for _, d := range s.Done {
		not = append(not, anyOf("_id", d.Gone)...)
	}
	b := object{"filter": append([]object{{"range": object{"tx": object{"lt": s.Next}}}}, where...)}
	if len(not) > 0 {
		b["must_not"] = not
	}
	return object{"bool": b}
}

// anyOf are the queries that together say that a field has one of some values.
func anyOf(field string, values []string) []object {
	var out []object
	for part := range slices.Chunk(values, mostTerms) {
		out = append(out, object{"terms": object{field: part}})
	}
	return out
}

func or(parts []object) object {
	if len(parts) == 0 {
		return object{"match_none": object{}}
	}
	return object{"bool": object{"should": parts, "minimum_should_match": 1}}
}

// selection are the live documents that a reader sees and that meet a filter: those that
// a query finds and that meet the rest of the filter, which the query cannot say.
type selection struct {
	state *state
	query object
	rest  filter.Expr
	named bool
}

// where returns the documents that meet a filter within what the collection is
// restricted to.
func (c *Collection) where(ctx context.Context, s *state, where filter.Expr) (*selection, error) {
	where, err := c.Within(where)
	if err != nil {
		return nil, err
	}
	return c.meeting(ctx, s, where)
}

// meeting is where for a filter that has been checked.
func (c *Collection) meeting(ctx context.Context, s *state, where filter.Expr) (*selection, error) {
	named := false
	if slices.Contains(where.Fields(), "id") {
		n, err := c.counts(ctx, s.live(object{"term": object{"columns": "id"}}))
		if err != nil {
			return nil, err
		}
		named = n > 0
	}
	in, rest := evaluate.Split(where, named, sayable)
	return &selection{s, s.live(said(in, named)), rest, named}, nil
}

// whole reports whether the query says all of it.
func (s *selection) whole() bool { return s.rest.Kind() == filter.KindAll }

// narrowed returns the selection with another condition.
func (s *selection) narrowed(by ...object) *selection {
	n := *s
	n.query = object{"bool": object{"filter": append([]object{s.query}, by...)}}
	return &n
}

// keep returns the documents that meet the rest of the filter. They have their metadata.
func (s *selection) keep(docs []stored) ([]stored, error) {
	if s.whole() {
		return docs, nil
	}
	met := evaluate.NewBatch[int](s.named)
	for i := range docs {
		met.Add(i, &docs[i].Document)
	}
	at, err := met.Meeting(s.rest)
	if err != nil {
		return nil, err
	}
	out := make([]stored, len(at))
	for i, n := range at {
		out[i] = docs[n]
	}
	return out, nil
}

// listed returns a selection that a query says alone: documents that meet the rest of the
// filter are named by their slots. All that meet the query are read for it.
func (c *Collection) listed(ctx context.Context, s *selection) (*selection, error) {
	if s.whole() {
		return s, nil
	}
	var slots []string
	err := c.each(ctx, s, reading{fields: db.FieldsNone}, func(d *stored) error {
		slots = append(slots, d.slot)
		return nil
	})
	return s.narrowed(or(anyOf("_id", slots))), err
}

// sayable reports whether a query can say exactly what a condition on a field means.
func sayable(c filter.Condition, field string) bool {
	for _, v := range c.Values {
		if len(db.ColumnKey(v)) > longestKey {
			return false
		}
	}
	return evaluate.Ordered(c, field)
}

// said says a filter that is sayable.
func said(e filter.Expr, named bool) object {
	var parts []object
	for _, p := range e.Args() {
		parts = append(parts, said(p, named))
	}
	switch e.Kind() {
	case filter.KindNone:
		return object{"match_none": object{}}
	case filter.KindAnd:
		return object{"bool": object{"filter": parts}}
	case filter.KindOr:
		return or(parts)
	case filter.KindNot:
		return not(parts[0])
	case filter.KindCondition:
		return condition(e, evaluate.Meant(e.Condition().Field, named))
	default:
		return object{"match_all": object{}}
	}
}

func not(q object) object { return object{"bool": object{"must_not": q}} }

// condition says a condition on a field.
func condition(e filter.Expr, field string) object {
	if field == filter.FieldID {
		return onID(e.Condition())
	}
	if field == filter.FieldSource {
		e = e.AsText()
	}
	c := e.Condition()
	var keys []string
	for _, v := range c.Values {
		if key := db.ColumnKey(v); key != "" {
			keys = append(keys, key)
		}
	}
	equal := func(in string) object {
		columns := make([]string, len(keys))
		for i, key := range keys {
			columns[i] = column(field, key)
		}
		return or(anyOf(in, columns))
	}
	switch c.Op {
	case filter.OpExists:
		return object{"term": object{"columns": field}}
	case filter.OpEq, filter.OpIn:
		return equal("values")
	case filter.OpNe:
		return not(equal("values"))
	case filter.OpContains:
		if v := c.Values[0]; v.Type() == filter.TypeTime || v.Type() == filter.TypeString {
			keys = []string{db.ColumnKey(filter.Text(v.Text()))} // an element of a list is no time
		}
		return equal("lists")
	default:
		if len(keys) == 0 {
			return object{"match_none": object{}}
		}
		return ordered(c, field, keys[0])
	}
}

// ordered says that a value is before or behind the one that has a key.
func ordered(c filter.Condition, field, key string) object {
	// The keys of a type begin with its number, in two digits.
	kind := uint8(c.Values[0].Type())
	first, last := columnOf(field)+fmt.Sprintf("%02x", kind), columnOf(field)+fmt.Sprintf("%02x", kind+1)
	bound := columnOf(field) + key
	var r object
	switch c.Op {
	case filter.OpLt:
		r = object{"gte": first, "lt": bound}
	case filter.OpLe:
		r = object{"gte": first, "lte": bound}
	case filter.OpGt:
		r = object{"gt": bound, "lt": last}
	default:
		r = object{"gte": bound, "lt": last}
	}
	return object{"range": object{"values": r}}
}

// onID says a condition on ids, of which all are strings.
func onID(c filter.Condition) object {
	if c.Op == filter.OpExists {
		return object{"match_all": object{}}
	}
	var ids []string
	for _, v := range c.Values {
		if t := v.Type(); t == filter.TypeString || t == filter.TypeTime {
			ids = append(ids, v.Text())
		}
	}
	is := or(anyOf("key", ids))
	if c.Op == filter.OpNe {
		return not(is)
	}
	return is
}
