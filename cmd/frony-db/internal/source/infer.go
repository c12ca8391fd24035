package source

import (
	"fmt"
	"regexp"
	"strings"
)

// fit counts the cells of a column by the narrowest type that they have.
type fit struct {
	cells int
	comma int // numbers with commas, such as "1,000" and "1,5"
	count map[Type]int
	line  map[Type]int64  // of the first
	first map[Type]string // the first
}

// infer chooses the types of columns without one from the first rows: int, float or
// bool if all cells fit it, else string. Only numbers in their canonical form count,
// so "007" and "+82" stay strings. Among numbers and booleans NA and its like are no
// value. A column of text that has many numbers is noted: its author may have meant
// numbers.
func infer(columns []column, rows []tableRow, opts *Options, notes *notes) {
	for i := range columns {
		c := &columns[i]
		if c.role != roleOther || c.kind != "" {
			continue
		}
		c.inferred = true
		f := fit{count: map[Type]int{}, line: map[Type]int64{}, first: map[Type]string{}}
		for _, row := range rows {
			if row.err == nil && len(row.fields) == len(columns) && !opts.isNull(c.name, row.fields[i]) {
				f.see(row.fields[i], row.line)
			}
		}
		c.kind = f.kind()
		if 5*f.comma >= f.cells && f.comma > 0 {
			notes.whole("column %q has numbers with commas, such as %q in line %d, and is read as strings", c.name, clip(f.first[commas]), f.line[commas])
			continue
		}
		if numbers := f.count[Int] + f.count[Float]; c.kind == String && 5*max(numbers, f.count[Bool]) >= f.cells && max(numbers, f.count[Bool]) > 0 {
			notes.whole("column %q mixes types and is read as strings: %s; name its type, or what means no value", c.name, f.kinds())
		}
	}
}

// commas are numbers with commas among the kinds of a fit. Whether "1,500" is a thousand
// and more, or one and a half, nobody can tell.
const commas Type = "number with commas"

var numberWithCommas = regexp.MustCompile(`^\s*[-+]?\d+(?:,\d+)+(?:\.\d+)?\s*$`)

func (f *fit) see(cell string, line int64) {
	kind := String
	switch {
	case strings.TrimSpace(cell) == "", usualNull(cell):
		return
	case isInt(cell):
		kind = Int
	case isFloat(cell):
		kind = Float
	case isBool(cell):
		kind = Bool
	}
	f.cells++
	if kind == String && numberWithCommas.MatchString(cell) {
		if f.comma++; f.comma == 1 {
			f.line[commas], f.first[commas] = line, cell
		}
	}
	if f.count[kind]++; f.count[kind] == 1 {
		f.line[kind], f.first[kind] = line, cell
	}
}

// kind is the type that all cells have.
func (f *fit) kind() Type {
	switch {
	case f.cells == 0:
		return String
	case f.count[Int] == f.cells:
		return Int
	case f.count[Int]+f.count[Float] == f.cells:
		return Float
	case f.count[Bool] == f.cells:
		return Bool
	}
	return String
}

// kinds names the types and where each is first.
func (f *fit) kinds() string {
	var out []string
	for _, t := range []Type{Int, Float, Bool, String} {
		if f.count[t] > 0 {
			out = append(out, fmt.Sprintf("%s first in line %d (%q)", t, f.line[t], clip(f.first[t])))
		}
	}
	return strings.Join(out, ", ")
}
