package chunk

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// field is a field of front matter as written: "name: value" and the lines that belong to
// it.
type field struct {
	name  string
	value string   // on the line of the name
	more  []string // further lines
}

var fieldLine = regexp.MustCompile(`^([\pL\pN_][\pL\pN_ .\-]{0,63}):(?:[ \t]+(.*))?$`)

// hasField reports whether any line looks like a field.
func hasField(text string) bool {
	for line := range strings.Lines(text) {
		if fieldLine.MatchString(strings.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// looseFields reads front matter that is not YAML as a whole, field by field. It reports
// false if a line belongs to no field, because dropping it would lose it.
func looseFields(text string) (map[string]any, bool) {
	list, ok := splitFields(text)
	if !ok {
		return nil, false
	}
	meta := map[string]any{}
	for _, f := range list {
		own, ok, err := yamlFields(f.yaml())
		if err != nil || !ok || len(own) == 0 {
			own = map[string]any{}
			if v := f.text(); v != nil {
				own[f.name] = v
			}
		}
		for name, v := range own {
			if before, twice := meta[name]; twice {
				v = append(asList(before), asList(v)...)
			}
			meta[name] = v
		}
	}
	return meta, len(meta) <= maxFields
}

// splitFields finds the fields and the lines of each.
func splitFields(text string) (list []field, ok bool) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			continue
		}
		var last *field
		if len(list) > 0 {
			last = &list[len(list)-1]
		}
		indented := len(trimmed) < len(line)
		item := trimmed == "-" || strings.HasPrefix(trimmed, "- ")
		match := fieldLine.FindStringSubmatch(trimmed)
		switch {
		case match != nil && (!indented || last == nil || last.value != ""):
			list = append(list, field{name: strings.TrimSpace(match[1]), value: strings.TrimSpace(match[2])})
		case last != nil && (indented || item):
			last.more = append(last.more, line)
		default:
			return nil, false
		}
	}
	return list, len(list) > 0
}

// yaml is the field as YAML, in which tabs can't indent.
func (f *field) yaml() string {
	lines := append([]string{f.name + ": " + f.value}, f.more...)
	for i := range lines {
		rest := strings.TrimLeft(lines[i], " \t")
		lines[i] = strings.ReplaceAll(lines[i][:len(lines[i])-len(rest)], "\t", "  ") + rest
	}
	return strings.Join(lines, "\n") + "\n"
}

// text is the field's value as written: a list if its lines are items.
func (f *field) text() any {
	var items []string
	for _, line := range f.more {
		line = strings.TrimSpace(line)
		item, ok := strings.CutPrefix(line, "-")
		if !ok || f.value != "" {
			return strings.TrimSpace(strings.Join(append([]string{f.value}, trimAll(f.more)...), " "))
		}
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	switch {
	case items != nil:
		return items
	case f.value == "":
		return nil
	}
	return f.value
}

func trimAll(lines []string) []string {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

// asList is a value as a list of texts.
func asList(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case string:
		return []string{v}
	}
	return []string{fmt.Sprint(v)}
}
