package attr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/internal/similar"
)

// Warnings says what in a filter is probably a mistake, since no document can meet it:
// fields that no document has, values of a type that the field never has, and ranges of
// times over strings that only look like times. It knows nothing of an empty index.
func (x *Index) Warnings(e filter.Expr) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	w := warner{x: x, said: make(map[string]bool)}
	w.walk(e)
	return w.out
}

// Unknown says which of fields no document has. It knows nothing of an empty index.
func (x *Index) Unknown(fields ...string) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	w := warner{x: x, said: make(map[string]bool)}
	for _, name := range fields {
		if column := columnOf(name); x.nodes > 0 && column != SourceColumn && x.columns[column] == nil {
			w.say("no document has the field %q%s", name, x.similar(name))
		}
	}
	return w.out
}

type warner struct {
	x    *Index
	out  []string
	said map[string]bool
}

func (w *warner) say(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !w.said[s] {
		w.said[s] = true
		w.out = append(w.out, s)
	}
}

func (w *warner) walk(e filter.Expr) {
	if e.Kind() != filter.KindCondition {
		for _, a := range e.Args() {
			w.walk(a)
		}
		return
	}
	c := e.Condition()
	field := meant(c.Field, w.x.columns["id"] != nil)
	if field == filter.FieldID || field == filter.FieldSource {
		w.name(c)
		return
	}
	if col := w.x.columns[field]; col != nil {
		w.compare(c, col)
		return
	}
	if w.x.nodes > 0 {
		w.say("no document has the field %q%s", field, w.x.similar(field))
	}
}

// name is about a condition on ids or sources.
func (w *warner) name(c filter.Condition) {
	for _, v := range c.Values {
		if t := v.Type(); t != filter.TypeString && t != filter.TypeTime {
			w.say("%s is a string: write %s in quotes", c.Field, v)
		}
	}
	if c.Op == filter.OpContains {
		w.say("CONTAINS looks into lists; for a text inside %s write %s LIKE \"%%text%%\"", c.Field, c.Field)
	}
}

// compare is about a condition on a column.
func (w *warner) compare(c filter.Condition, col *column) {
	strings := col.kinds[kind(filter.TypeString)] + col.kinds[kind(filter.TypeTime)]
	switch c.Op {
	case filter.OpExists:
		return
	case filter.OpContains:
		switch {
		case col.kinds[kindStrings]+col.kinds[kindNumbers] > 0:
		case strings > 0:
			w.say("%q holds %s, and CONTAINS looks into lists; for a text inside a string write LIKE \"%%text%%\"", c.Field, col.holds())
		default:
			w.say("%q holds %s, and CONTAINS looks into lists", c.Field, col.holds())
		}
		return
	case filter.OpStartsWith, filter.OpLike, filter.OpILike:
		if strings == 0 {
			w.say("%q holds %s, and %v looks at strings", c.Field, col.holds(), c.Op)
		}
		return
	default:
	}
	for _, v := range c.Values {
		t := v.Type()
		if t == filter.TypeTime && c.Op != filter.OpEq && c.Op != filter.OpNe && c.Op != filter.OpIn {
			if s, ok := col.looseTime(); ok {
				w.say("%q holds strings that look like times and are none, such as %q: no range of times finds them; store them as 2024-05-31", c.Field, s)
				continue
			}
		}
		if col.kinds[t] == 0 {
			w.say("%q holds %s, and is compared with the %v %s", c.Field, col.holds(), t, v)
		}
	}
}

// holds names the types of the column's values.
func (c *column) holds() string {
	names := [kinds]string{
		filter.TypeBool: "booleans", filter.TypeNumber: "numbers", filter.TypeTime: "times", filter.TypeString: "strings",
		kindStrings: "lists of strings", kindNumbers: "lists of numbers",
	}
	var held []string
	for k, n := range c.kinds {
		if n > 0 && names[k] != "" {
			held = append(held, names[k])
		}
	}
	return strings.Join(held, " and ")
}

// looseMost bounds the strings that a warning looks at.
const looseMost = 256

// looseTime returns a string of the column that looks like a time and is none.
func (c *column) looseTime() (string, bool) {
	if c.kinds[kind(filter.TypeString)] == 0 {
		return "", false
	}
	looked := 0
	for _, e := range c.dict {
		s, ok := e.(filter.Text)
		if !ok {
			continue
		}
		if filter.LooksLikeTime(string(s)) {
			return string(s), true
		}
		if looked++; looked == looseMost {
			break
		}
	}
	return "", false
}

// similar is a hint at the field that was probably meant.
func (x *Index) similar(name string) string {
	if name == "source" {
		return "; the source of a document is _source"
	}
	var names []string
	for _, field := range slices.Sorted(maps.Keys(x.columns)) {
		if field == SourceColumn || field == IDColumn {
			continue
		}
		if strings.EqualFold(field, name) || strings.HasSuffix(field, "."+name) {
			return fmt.Sprintf("; did you mean %q?", field)
		}
		names = append(names, field)
	}
	best := similar.Name(name, names)
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
