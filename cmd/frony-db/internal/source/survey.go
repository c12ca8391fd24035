package source

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

// Bounds of a survey.
const (
	surveyNames = 1000 // fields that are followed
	surveyTimes = 20   // strings of a field that are looked at
)

// survey follows the metadata of one file: which fields mix types, and which have
// strings that look like times and are none.
type survey struct {
	fields map[string]*surveyed
	names  []string // in the order of their first appearance
}

// surveyed is what is known of a field.
type surveyed struct {
	kinds   []string // in the order of their first appearance
	lines   []int64  // of the first of each
	last    string   // the kind of the last value
	strings int
	loose   string // a string that looks like a time
}

func (s *survey) see(rec *Record) {
	for name, v := range rec.Metadata {
		f := s.fields[name]
		if f == nil {
			if len(s.names) == surveyNames {
				continue
			}
			if s.fields == nil {
				s.fields = map[string]*surveyed{}
			}
			f = &surveyed{}
			s.fields[name] = f
			s.names = append(s.names, name)
		}
		f.see(v, rec.Line)
	}
}

func (f *surveyed) see(v any, line int64) {
	kind := "string"
	switch v := v.(type) {
	case string:
		if f.strings < surveyTimes {
			if f.strings++; f.loose == "" && filter.LooksLikeTime(v) {
				f.loose = v
			}
		}
	case bool:
		kind = "boolean"
	case []string, []int64, []float64:
		kind = "list"
	default:
		kind = "number"
	}
	if kind == f.last {
		return
	}
	f.last = kind
	if !slices.Contains(f.kinds, kind) {
		f.kinds, f.lines = append(f.kinds, kind), append(f.lines, line)
	}
}

// note adds what was found to the notes.
func (s *survey) note(n *notes) {
	for _, name := range s.names {
		f := s.fields[name]
		if len(f.kinds) > 1 {
			var parts []string
			for i, kind := range f.kinds {
				parts = append(parts, fmt.Sprintf("%s first in line %d", kind, f.lines[i]))
			}
			n.whole("field %q mixes types: %s; a comparison finds only those of its own type", name, strings.Join(parts, ", "))
		}
		if f.loose != "" {
			n.whole("field %q has strings such as %q, which look like times and are not read as such: no range of times finds them", name, clip(f.loose))
		}
	}
}

// localTimes gives the times of a record that name no zone the one of the options.
func (o *Options) localTimes(rec *Record, n *notes) {
	for name, v := range rec.Metadata {
		s, ok := v.(string)
		if !ok {
			continue
		}
		if t, ok := filter.ParseTime(s, o.Timezone); ok && zoneless(s) {
			rec.Metadata[name] = t.Format(time.RFC3339Nano)
			n.value(rec.Line, "field %q: times without a zone are taken as %s", name, o.Timezone)
		}
	}
}

// zoneless reports whether a time names no zone.
func zoneless(s string) bool {
	utc, _ := filter.ParseTime(s, nil)
	other, ok := filter.ParseTime(s, time.FixedZone("", 3600))
	return ok && !utc.Equal(other)
}
