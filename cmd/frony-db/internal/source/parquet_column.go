package source

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetColumn is a leaf of a Parquet schema and its role.
type parquetColumn struct {
	name string
	role role
	list bool
	// element is the definition level of a list's elements. One less means an empty
	// list, two less that there is none.
	element int
	most    int  // definition level of a value that is not null
	json    bool // the value is JSON text
	kind    parquet.Kind
	value   func(parquet.Value) (any, error)
	float32 func(parquet.Value) float32 // nil unless the values are numbers
}

// parquetColumns determines the roles of a schema's leaves. It returns ErrColumn for a
// column that metadata cannot hold.
func parquetColumns(root *parquet.Column, halves []bool, opts *Options) ([]parquetColumn, error) {
	p := planner{opts: opts, halves: halves, roles: map[role]string{}}
	for _, c := range root.Columns() {
		r := opts.role(c.Name())
		if r == roleOther && !opts.reads(c.Name()) {
			r = roleIgnored
		}
		if slices.Contains(p.seen, c.Name()) {
			p.fault("%w %q appears twice", ErrColumn, c.Name())
		} else if other, ok := p.roles[r]; ok && r.once() {
			p.fault("%w %q and column %q are for the same; name one of them (%s)", ErrColumn, other, c.Name(), r.flag())
		}
		p.roles[r] = c.Name()
		p.seen = append(p.seen, c.Name())
		at := parquetColumn{name: c.Name(), role: r}
		if r == roleMetadata && !c.Leaf() { // a struct, whose fields are metadata
			at = parquetColumn{}
		}
		p.walk(c, at)
	}
	for _, name := range opts.Columns {
		if !slices.Contains(p.seen, name) {
			p.fault("%w %q is not among %q", ErrColumn, name, p.seen)
		}
	}
	if !slices.ContainsFunc(p.out, func(c parquetColumn) bool { return c.role == roleText || c.role == roleEmbedding }) {
		p.fault("%w %q for the text is not among %q; name it with --text-field", ErrColumn, opts.textName(), p.seen)
	} else if err := opts.checkNamed(p.seen); err != nil {
		p.faults = append(p.faults, err)
	}
	return p.out, errors.Join(p.faults...)
}

type planner struct {
	opts   *Options
	halves []bool // leaves that are float16
	seen   []string
	roles  map[role]string // the last column of each
	out    []parquetColumn
	faults []error
}

func (p *planner) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// walk descends to the leaves of c; at carries what it met on the way.
func (p *planner) walk(c *parquet.Column, at parquetColumn) {
	unsupported := func(what string) {
		if at.role != roleIgnored {
			p.fault("%w %q is %s, which metadata cannot hold; choose the columns to read without it", ErrColumn, at.name, what)
			at.role = roleIgnored
		}
	}
	if c.Repeated() {
		if at.list {
			unsupported("a list of lists")
		}
		at.list, at.element = true, c.MaxDefinitionLevel()
	}
	if c.Leaf() {
		p.addLeaf(c, at, unsupported)
		return
	}
	switch logical(c).(type) {
	case *format.MapType:
		unsupported("a map")
	case *format.VariantType:
		unsupported("a variant")
	}
	_, isList := logical(c).(*format.ListType)
	within := at.list || isList // "list" and "element" are not the user's names
	if at.list && len(c.Columns()) != 1 {
		unsupported("a list of structs")
	}
	for _, child := range c.Columns() {
		next := at
		if !within {
			if next.name != "" {
				next.name += "."
			}
			next.name += child.Name()
		} else if at.list && !child.Leaf() && !isListStep(child) {
			unsupported("a list of structs")
			next.role = at.role
		}
		p.walk(child, next)
	}
}

// isListStep reports whether c is a list inside a list, for which walk has a better
// message.
func isListStep(c *parquet.Column) bool {
	_, ok := logical(c).(*format.ListType)
	return ok || c.Repeated()
}

func (p *planner) addLeaf(c *parquet.Column, at parquetColumn, unsupported func(string)) {
	at.value, at.kind, at.most = parquetValue(c, p.opts.Timezone), c.Type().Kind(), c.MaxDefinitionLevel()
	at.float32 = toFloat32(c)
	if i := len(p.out); i < len(p.halves) && p.halves[i] && at.kind == parquet.FixedLenByteArray {
		at.value = func(v parquet.Value) (any, error) { return finite(float64(float16(v.ByteArray()))) }
		at.float32 = func(v parquet.Value) float32 { return float16(v.ByteArray()) }
	}
	_, at.json = logical(c).(*format.JsonType)
	if at.role == roleEmbedding && (!at.list || at.float32 == nil) {
		p.fault("%w %q must be a list of numbers to be an embedding", ErrColumn, at.name)
	}
	if at.value == nil {
		unsupported("of type " + c.Type().String())
		at.role = roleIgnored
	}
	p.out = append(p.out, at)
}

func logical(c *parquet.Column) format.LogicalTypeValue {
	if t := c.Type().LogicalType(); t != nil {
		return t.Value
	}
	return nil
}

// put stores the values of one row. Null has no value.
func (c *parquetColumn) put(rec *Record, meta *metadata, values []parquet.Value) error {
	if c.role == roleIgnored || len(values) == 0 {
		return nil
	}
	for _, v := range values {
		if !v.IsNull() && v.Kind() != c.kind {
			return fmt.Errorf("column %q: a value of type %s among those of type %s", c.name, v.Kind(), c.kind)
		}
	}
	if c.list {
		return c.strings(meta, values)
	}
	if values[0].IsNull() {
		return nil
	}
	v, err := c.value(values[0])
	switch f, isFloat := v.(float64); {
	case err != nil:
		return fmt.Errorf("column %q: %w", c.name, err)
	case v == nil: // a float that is no number, which is null for pandas and R
		meta.note("column %q: NaN is read as no value", c.name)
		return nil
	case isFloat && (c.role == roleID || c.role == roleChunk) && f == math.Trunc(f) && math.Abs(f) < exactFloat:
		meta.note("column %q: floats that are whole are read as integers", c.name)
		v = int64(f)
	case isFloat && f == math.Trunc(f) && math.Abs(f) >= exactFloat && math.Abs(f) < math.MaxInt64:
		meta.note("column %q: floats above 2^53; if they were integers, the program that wrote the file has rounded them", c.name)
	}
	if c.role == roleOther && !c.json {
		return meta.add(c.name, v)
	}
	if n, ok := v.(int64); ok && (c.role == roleID || c.role == roleChunk) {
		v = strconv.FormatInt(n, 10)
	}
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("column %q must hold strings, not %T", c.name, v)
	}
	if c.role == roleOther {
		if text == "" {
			return nil
		}
		dec := jsontext.NewDecoder(bytes.NewBufferString(text))
		return (&column{name: c.name}).json(dec, func() error { return meta.readJSON(dec, c.name, 1) })
	}
	return (&column{name: c.name, role: c.role}).put(rec, meta, text)
}

// elements calls f with each value of a list, and reports whether there is a list: an
// empty list is a value, null is not.
func (c *parquetColumn) elements(values []parquet.Value, f func(i int, v parquet.Value) error) (bool, error) {
	if len(values) == 1 && values[0].DefinitionLevel() < c.element {
		return values[0].DefinitionLevel() == c.element-1, nil
	}
	for i, v := range values {
		if v.IsNull() {
			return true, fmt.Errorf("column %q: element %d is null", c.name, i)
		}
		if err := f(i, v); err != nil {
			return true, fmt.Errorf("column %q: element %d: %w", c.name, i, err)
		}
	}
	return true, nil
}

func (c *parquetColumn) strings(meta *metadata, values []parquet.Value) error {
	out, numbers, scalars := []string{}, []any{}, false
	there, err := c.elements(values, func(_ int, v parquet.Value) error {
		x, err := c.value(v)
		if err != nil {
			return err
		}
		switch x := x.(type) {
		case string:
			out = append(out, x)
		case nil:
			return errors.New("NaN is not a value")
		default:
			scalars = true
			out = append(out, fmt.Sprint(x))
			if _, ok := x.(bool); !ok {
				numbers = append(numbers, x)
			}
		}
		return nil
	})
	if err != nil || !there {
		return err
	}
	if c.role != roleOther {
		return fmt.Errorf("column %q must hold single values, not lists", c.name)
	}
	if list, ok := numberList(numbers, len(out)); ok && scalars {
		return meta.add(c.name, list)
	}
	if scalars {
		meta.note("column %q holds lists of booleans, or of numbers that no float holds: their elements are stored as strings", c.name)
	}
	return meta.add(c.name, out)
}
