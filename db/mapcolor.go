package db

import (
	"cmp"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
)

const (
	legendValues = 10 // colors that can be told apart
	legendRanges = 8
)

// The Colors of documents that have none of Legend.
const (
	colorOther = -1
	colorNone  = -2
)

// color fills Legend and Colors with what the documents have: ranges, if most of their
// values are numbers or times and more than colors can tell, or the most frequent values.
func (m *Map) color(groups []attr.Group) {
	m.Colors = make([]int, len(groups))
	count := map[string]int{}
	var ordered []filter.Value // the numbers, or the times
	for _, t := range []filter.Type{filter.TypeNumber, filter.TypeTime} {
		var of []filter.Value
		for _, g := range groups {
			if v := g.Value(); v.Type() == t {
				of = append(of, v)
			}
		}
		if len(of) > len(ordered) {
			ordered = of
		}
	}
	has := 0
	values := map[string]filter.Value{}
	for i, g := range groups {
		m.Colors[i] = colorNone
		if g.Key == "" {
			continue
		}
		m.Colors[i] = colorOther
		has++
		if v := g.Value(); v.Type() != 0 { // no list
			count[g.Key]++
			values[g.Key] = v
		}
	}
	if len(count) > legendValues && 2*len(ordered) > has {
		m.ranges(groups, ordered)
		return
	}
	keys := make([]string, 0, len(count))
	for key := range count {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	at := map[string]int{}
	for i, key := range keys[:min(legendValues, len(keys))] {
		at[key] = i
		m.Legend = append(m.Legend, MapColor{Value: plain(values[key]), Documents: count[key]})
	}
	for i, g := range groups {
		if c, ok := at[g.Key]; ok {
			m.Colors[i] = c
		}
	}
}

// ranges makes the legend of ranges with about as many documents each.
func (m *Map) ranges(groups []attr.Group, ordered []filter.Value) {
	slices.SortFunc(ordered, compareOrdered)
	kind := ordered[0].Type()
	var ends []filter.Value // of each range
	for i := range legendRanges {
		end := ordered[(i+1)*len(ordered)/legendRanges-1]
		if len(ends) == 0 || compareOrdered(ends[len(ends)-1], end) < 0 {
			ends = append(ends, end)
		}
	}
	from := 0
	for _, end := range ends {
		to, _ := slices.BinarySearchFunc(ordered, end, func(a, b filter.Value) int {
			if compareOrdered(a, b) <= 0 {
				return -1
			}
			return 1
		})
		m.Legend = append(m.Legend, MapColor{From: plain(ordered[from]), To: plain(end), Documents: to - from})
		from = to
	}
	for i, g := range groups {
		if v := g.Value(); v.Type() == kind {
			m.Colors[i], _ = slices.BinarySearchFunc(ends, v, compareOrdered)
		}
	}
}

// compareOrdered orders two numbers or two times.
func compareOrdered(a, b filter.Value) int {
	if t, ok := a.Any().(time.Time); ok {
		u, _ := b.Any().(time.Time)
		return t.Compare(u)
	}
	return cmp.Compare(number(a), number(b))
}

// number is a number as a float64: exact enough for a color.
func number(v filter.Value) float64 {
	switch x := v.Any().(type) {
	case int64:
		return float64(x)
	case float64:
		return x
	}
	return 0
}
